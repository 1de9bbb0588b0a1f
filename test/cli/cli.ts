/**
 * A command line whose outside is made here: streams kept as text, a clock that jumps to its next timer when everybody
 * waits, and a network on which REST APIs over fake sessions live.
 */
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { runCommandLine } from '../../src/cli/command-line.ts'
import type { CliContext } from '../../src/cli/context.ts'
import { type TimerHandle, VirtualClock } from '../../src/core/clock.ts'
import { Random } from '../../src/core/random.ts'
import type { SessionOptions } from '../../src/job/session-options.ts'
import { createRestApp, type RestAppOptions } from '../../src/rest/app.ts'
import { portInUse } from '../../src/rest/server.ts'
import { FakeSession } from '../rest/fake-session.ts'

export const fixtures = join(import.meta.dirname, 'fixtures')

/** Lets the event loop go round once. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.once('message', () => {
      port1.close()
      resolve()
    })
    port2.postMessage(undefined)
  })

export class JumpingClock extends VirtualClock {
  override setTimer(delayMs: number, fire: () => void): TimerHandle {
    const timer = super.setTimer(delayMs, fire)
    void turn().then(() => {
      const due = this.nextDueMs()
      if (due !== undefined) this.advanceTo(due)
    })
    return timer
  }
}

type App = { request(url: string, init: RequestInit): Response | Promise<Response> }

export const makeCli = (overrides: Partial<CliContext> = {}) => {
  const clock = new JumpingClock(1_000_000)
  const network = new Map<string, App>()
  const [out, err]: [string[], string[]] = [[], []]
  const sessions: FakeSession[] = []
  const sessionOptions: SessionOptions[] = []
  const exits: number[] = []
  const hearers = new Set<() => void>()

  const connect = async (url: string, init: RequestInit) => {
    const app = network.get(new URL(url).host)
    if (app !== undefined) return app.request(url, init)
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    throw new TypeError('fetch failed', { cause })
  }
  const context: CliContext = {
    cwd: fixtures,
    env: {},
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    fetch: connect,
    clock,
    random: new Random(3),
    version: '9.9.9',
    createSession: (options) => {
      sessionOptions.push(options)
      sessions.push(new FakeSession(clock))
      return sessions.at(-1)!
    },
    startRestServer: async (options) => {
      const { address = '127.0.0.1', port } = options
      const host = `${address}:${port === 0 ? 4567 : port}`
      if (network.has(host)) throw portInUse(address, port)
      network.set(host, createRestApp({ ...options, loopback: true }))
      return {
        port,
        url: `http://${host}`,
        collected: async () => undefined,
        close: async () => void network.delete(host),
      }
    },
    importModule: (url) => import(/* @vite-ignore */ url),
    onInterrupt: (hear) => {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
    isProcessAlive: () => false,
    exit: (code) => void exits.push(code),
    ...overrides,
  }
  /** A session that listens elsewhere; on the default port unless told otherwise. */
  const serve = (host = '127.0.0.1:8081', options: Partial<RestAppOptions> = {}) => {
    const session = new FakeSession(clock)
    const base = { session, clock, random: new Random(5), version: '9.9.9', loopback: true, roots: ['/'] }
    network.set(host, createRestApp({ ...base, ...options }))
    return session
  }
  return {
    context,
    clock,
    network,
    sessions,
    sessionOptions,
    exits,
    serve,
    run: (...words: readonly string[]) => runCommandLine(words, context),
    interrupt: () => {
      for (const hear of hearers) hear()
    },
    out: () => out.join(''),
    err: () => err.join(''),
  }
}

/** Waits until something is there, letting others go on. */
export async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (let round = 0; round < 10_000; round++) {
    const found = look()
    if (found !== undefined && found !== false) return found
    await turn()
  }
  throw new Error('never came')
}
