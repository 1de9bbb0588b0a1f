/** A job that `run` waits for, here or in another process: how it does, and how it ends. */

import type { Clock } from '../core/clock.ts'
import { type ErrorCode, errorCodes } from '../core/error-codes.ts'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import type { SessionJob } from '../job/session.ts'
import { wait } from './context.ts'
import type { ProgressSample } from './progress.ts'
import type { RestClient } from './rest-client.ts'

export interface JobEnd {
  readonly status: string
  readonly error: StreamError | undefined
}

export interface FollowedJob {
  readonly id: JobId
  sample(): Promise<ProgressSample | undefined>
  /** Resolves when the job has ended or is suspended. */
  readonly ended: Promise<JobEnd>
  /** Stops asking about the job; `ended` then gives `LEFT`. */
  leave(): void
}

/** A job of this process. */
export function followLocal(job: SessionJob): FollowedJob {
  const fed = new Set<string>(job.graph.edges.map(({ to }) => to))
  const restores = new Map<string, { readonly bytes: number; readonly totalBytes: number }>()
  job.events.subscribe((event) => {
    if (event.type === 'restore-progressed') restores.set(`${event.operatorName}/${event.subtaskIndex}`, event)
    else if (event.type === 'status-changed') restores.clear()
  })
  return {
    id: job.id,
    leave: () => undefined,
    ended: job.done.then(({ status, error }) => ({ status, error })),
    sample: async () => {
      let records = 0
      for (const [vertex, subtasks] of job.counts()) {
        if (!fed.has(vertex)) for (const { recordsIn } of subtasks) records += recordsIn
      }
      const last = job.checkpointStats().history.find(({ end }) => end?.type === 'completed')
      const end = last?.end?.type === 'completed' ? last.end : undefined
      const checkpoint =
        end === undefined ? undefined : { id: end.checkpointId, bytes: end.bytes, durationMs: end.durationMs }
      return { status: job.currentStatus, records, restoring: sumOf([...restores.values()]), checkpoint }
    },
  }
}

const sumOf = (restores: readonly { readonly bytes: number; readonly totalBytes: number }[]) =>
  restores.length === 0
    ? undefined
    : restores.reduce((sum, one) => ({ bytes: sum.bytes + one.bytes, totalBytes: sum.totalBytes + one.totalBytes }))

interface RemoteDetails {
  readonly state: string
  readonly vertices: readonly { readonly id: string; readonly metrics: { readonly 'read-records': number } }[]
  readonly plan: { readonly nodes: readonly { readonly id: string; readonly inputs?: readonly unknown[] }[] }
}

interface RemoteCheckpoints {
  readonly history: readonly {
    readonly id: number
    readonly status: string
    readonly state_size: number
    readonly end_to_end_duration: number
  }[]
}

interface RemoteResult {
  readonly status: { readonly id: string }
  readonly 'job-execution-result'?: {
    readonly 'application-status': string
    readonly 'failure-cause'?: { readonly class: string; readonly 'stack-trace': string }
  }
}

const pollMs = 500

interface RemoteFailures {
  readonly 'root-exception': string | null
  readonly timestamp: number | null
}

/**
 * A job of a session elsewhere. `failed` hears of each failure that it restarts from. `ended` fails with
 * `SESSION_UNREACHABLE` when the session goes away.
 */
export function followRemote(
  client: RestClient,
  id: JobId,
  clock: Clock,
  failed: (message: string) => void,
): FollowedJob {
  const sample = async (): Promise<ProgressSample> => {
    const details = await client.request<RemoteDetails>('GET', `/jobs/${id}`)
    const { history } = await client.request<RemoteCheckpoints>('GET', `/jobs/${id}/checkpoints`)
    const sources = new Set(details.plan.nodes.filter(({ inputs = [] }) => inputs.length === 0).map((node) => node.id))
    const read = details.vertices
      .filter((vertex) => sources.has(vertex.id))
      .map(({ metrics }) => metrics['read-records'])
    const last = history.find(({ status }) => status === 'COMPLETED')
    return {
      status: details.state,
      records: read.reduce((sum, records) => sum + records, 0),
      checkpoint:
        last === undefined ? undefined : { id: last.id, bytes: last.state_size, durationMs: last.end_to_end_duration },
    }
  }
  let left = false
  let failedAt: number | null = null
  const tellFailure = async () => {
    const failures = await client.request<RemoteFailures>('GET', `/jobs/${id}/exceptions?maxExceptions=1`)
    if (failures.timestamp !== failedAt) failed(`the job failed and restarts: ${failures['root-exception']}`)
    failedAt = failures.timestamp
  }
  const end = async (): Promise<JobEnd> => {
    while (!left) {
      const { status } = await client.request<{ status: string }>('GET', `/jobs/${id}/status`)
      if (['FINISHED', 'CANCELED', 'FAILED'].includes(status)) {
        const result = await client.request<RemoteResult>('GET', `/jobs/${id}/execution-result`)
        return { status, error: failureOf(result) }
      }
      if (status === 'SUSPENDED') return { status, error: undefined }
      if (status === 'RESTARTING') await tellFailure()
      await wait(clock, pollMs)
    }
    return { status: 'LEFT', error: undefined }
  }
  const leave = () => {
    left = true
  }
  return { id, sample, ended: end(), leave }
}

function failureOf(result: RemoteResult): StreamError | undefined {
  const failure = result['job-execution-result']?.['failure-cause']
  if (failure === undefined) return undefined
  const code = Object.hasOwn(errorCodes, failure.class) ? (failure.class as ErrorCode) : 'JOB_FAILED'
  return new StreamError(code, failure['stack-trace'])
}
