/**
 * Talks to the REST API of a session. Owns addresses, the token, and turning bad answers back into `StreamError`s; each
 * command knows its own paths.
 */
import type { TimerHandle } from '../core/clock.ts'
import { errorCodes } from '../core/error-codes.ts'
import { type ErrorCode, messageOf, StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { endStatuses, type JobStatus } from '../core/job-status.ts'
import { limits } from '../core/limits.ts'
import type { Configuration } from '../job/configuration.ts'
import { configurationKeys as keys } from '../job/configuration-keys.ts'
import { versionHeader } from '../rest/app.ts'
import { errorCodeHeader } from '../rest/error-response.ts'
import { type CliContext, wait } from './context.ts'
import { UsageError } from './flags.ts'

type Json = Readonly<Record<string, unknown>>

/** What answers at an address: nothing, a session that takes jobs, or something else. `silent`: it takes connections and says nothing. */
export type Found = 'nothing' | 'session' | 'other' | 'silent'

export class RestClient {
  readonly url: string
  readonly #context: CliContext
  readonly #token: string | undefined
  readonly #timeoutMs: number

  constructor(context: CliContext, configuration: Configuration, target: string | undefined) {
    this.#context = context
    this.#token = configuration.get(keys.token)
    this.#timeoutMs = configuration.get(keys.clientTimeout)
    this.url = target === undefined ? configuredUrl(configuration) : urlOf(target)
  }

  /** Is the session on this machine, so that its paths are ours? */
  get isLocal(): boolean {
    return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(new URL(this.url).hostname)
  }

  /** The body of an answer. Fails with `SESSION_UNREACHABLE`, or with the code that the session gave. */
  async request<T extends object = Json>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<T> {
    const response = await this.#send(method, `/v1${path}`, body)
    const text = await response.text()
    const json = parse(text)
    if (response.ok && json !== undefined) return json as T
    throw new StreamError(codeOf(response), `${firstError(json) ?? `${this.url} answered ${response.status}`}`)
  }

  /**
   * The result of an operation that `path` polls. Fails with the failure of the operation, with `REQUEST_TIMEOUT` when it
   * takes longer than `client.timeout`; it then goes on, and `next` says how to hear of its end.
   */
  async result(path: string, next = `GET ${this.url}/v1${path} tells its end`): Promise<Json> {
    const { operation } = await this.#poll<Polled>(path, ({ status }) => status.id === 'COMPLETED', next)
    return succeeded(operation ?? {})
  }

  /** The result of an operation as it is now; undefined while it is under way. Fails with the failure of the operation. */
  async look(path: string): Promise<Json | undefined> {
    const { status, operation } = await this.request<Polled>('GET', path)
    return status.id === 'COMPLETED' ? succeeded(operation ?? {}) : undefined
  }

  /** The status of a job once it is `wanted`. Fails with `REQUEST_TIMEOUT` when that takes longer than `client.timeout`. */
  async statusOf(jobId: JobId, wanted: (status: JobStatus) => boolean): Promise<JobStatus> {
    const path = `/jobs/${jobId}/status`
    const next = `GET ${this.url}/v1${path} tells its status`
    return (await this.#poll<{ status: JobStatus }>(path, ({ status }) => wanted(status), next)).status
  }

  /**
   * The status with which a job has ended; undefined when its session has gone with it, as that of an attached `run` does.
   * Fails with `REQUEST_TIMEOUT` when that takes longer than `client.timeout`.
   */
  async endOf(jobId: JobId): Promise<JobStatus | undefined> {
    try {
      return await this.statusOf(jobId, (status) => endStatuses.includes(status))
    } catch (error) {
      if (error instanceof StreamError && error.code === 'SESSION_UNREACHABLE') return undefined
      throw error
    }
  }

  /** Asks until the answer is `last`, less and less often. */
  async #poll<T extends object>(path: string, last: (answer: T) => boolean, next: string): Promise<T> {
    const { clock } = this.#context
    const started = clock.monotonicMs()
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      const answer = await this.request<T>('GET', path)
      if (last(answer)) return answer
      if (clock.monotonicMs() - started >= this.#timeoutMs) throw this.#timedOut(next)
      await wait(clock, pauseMs)
    }
  }

  /** Who is there? Waits `limits.probeTimeoutMs` at most. */
  async probe(): Promise<Found> {
    const gaveUp = new AbortController()
    let timer: TimerHandle | undefined
    const silent = new Promise<Found>((resolve) => {
      timer = this.#context.clock.setTimer(limits.probeTimeoutMs, () => resolve('silent'))
    })
    try {
      return await Promise.race([this.#look(gaveUp.signal), silent])
    } finally {
      timer?.clear()
      gaveUp.abort()
    }
  }

  async #look(signal: AbortSignal): Promise<Found> {
    let response: Response
    try {
      response = await this.#send('GET', '/v1/config', undefined, signal)
    } catch (error) {
      return isRefused(error) ? 'nothing' : 'other'
    }
    const json = parse(await response.text().catch(() => ''))
    const features = json?.features as { readonly 'web-submit'?: unknown } | undefined
    return response.ok && response.headers.has(versionHeader) && features?.['web-submit'] === true ? 'session' : 'other'
  }

  async #send(method: string, path: string, body?: object, signal: AbortSignal | null = null): Promise<Response> {
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
    }
    try {
      const init = { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
      return await this.#context.fetch(`${this.url}${path}`, init)
    } catch (cause) {
      const why = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause)
      throw new StreamError(
        'SESSION_UNREACHABLE',
        `No session answers at ${this.url} (${why}): start one with \`tidemark start\`, or name another with -m host:port.`,
        { cause },
      )
    }
  }

  #timedOut(next: string): StreamError {
    return new StreamError(
      'REQUEST_TIMEOUT',
      `No result within ${this.#timeoutMs / 1_000} s. The operation goes on; ${next}. ` +
        'To wait longer: -Dclient.timeout=<duration>.',
    )
  }
}

interface Polled {
  readonly status: { readonly id: string }
  readonly operation?: Json
}

function succeeded(operation: Json): Json {
  const failure = (operation['failure-cause'] ?? operation.failureCause) as Readonly<Record<string, string>> | undefined
  if (failure === undefined) return operation
  const { location } = operation
  throw new StreamError(knownCode(failure.class) ?? 'CHECKPOINT_FAILED', String(failure['stack-trace']), {
    details: typeof location === 'string' ? { path: location } : {},
  })
}

const knownCode = (text: string | null | undefined): ErrorCode | undefined =>
  typeof text === 'string' && Object.hasOwn(errorCodes, text) ? (text as ErrorCode) : undefined

const codeOf = (response: Response): ErrorCode =>
  knownCode(response.headers.get(errorCodeHeader)) ?? (response.ok ? 'SESSION_UNREACHABLE' : 'REQUEST_INVALID')

const firstError = (json: Json | undefined): string | undefined => {
  const errors = json?.errors
  return Array.isArray(errors) && errors.length > 0 ? String(errors[0]) : undefined
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** Refused connections say that nobody listens; anything else that goes wrong says that somebody does. */
export function isRefused(error: unknown): boolean {
  const codes = new Set<unknown>()
  for (let at = error; at instanceof Error; at = at.cause) {
    codes.add((at as NodeJS.ErrnoException).code)
    if (at instanceof AggregateError) for (const one of at.errors) codes.add((one as NodeJS.ErrnoException).code)
  }
  return codes.has('ECONNREFUSED')
}

function configuredUrl(configuration: Configuration): string {
  const port = configuration.get(keys.port)
  const address = configuration.get(keys.address)
  if (port <= 0) {
    const origin = configuration.find(keys.port)?.origin
    throw new UsageError(
      `"rest.port" is ${port} (${origin}), which says nothing about where a session is: use -m host:port.`,
    )
  }
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The base of an address such as `host:port`, `[::1]:8081` or a URL. Fails with `UsageError`. */
export function urlOf(target: string): string {
  const text = /^https?:\/\//.test(target) ? target : `http://${target}`
  if (!URL.canParse(text) || !/^https?:\/\/(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?\/?$/i.test(text)) {
    throw new UsageError(`"${target}" is not the address of a session: expected host:port.`)
  }
  return text.replace(/\/$/, '')
}
