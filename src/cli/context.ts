/**
 * Everything outside that a command touches: streams, environment, network, time, signals, and what it starts. Handed
 * in, so that commands can be called in a test as they are.
 */
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { Session } from '../job/session.ts'
import type { SessionOptions } from '../job/session-options.ts'
import type { RestServer, RestServerOptions } from '../rest/server.ts'
import type { Environment } from './configuration-sources.ts'

export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  /** Is its reader behind, so that `drain` should be waited for? */
  readonly writableNeedDrain?: boolean | undefined
  on?(event: 'error', hear: (error: Error) => void): unknown
  once?(event: 'drain', hear: () => void): unknown
}

export interface CliContext {
  readonly cwd: string
  readonly env: Environment
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clock: Clock
  readonly random: Random
  readonly version: string
  createSession(options: SessionOptions): Session
  startRestServer(options: RestServerOptions): Promise<RestServer>
  importModule(url: string): Promise<unknown>
  /** Calls `hear` for each Ctrl-C or request to end, until the returned function is called. */
  onInterrupt(hear: () => void): () => void
  /** Is there a process of this number on this machine? */
  isProcessAlive(pid: number): boolean
  /** Ends the process at once. */
  exit(code: number): void
}

export const printLine = (stream: TextStream, line: string): void => void stream.write(`${line}\n`)

/** Text of others (names, messages) must not steer the terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ')

export const wait = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.setTimer(ms, resolve)
  })
