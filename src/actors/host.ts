/**
 * What the kernel needs of the world around it, and nothing more: time, entropy, a way to run I/O, a log.
 *
 * The real host lets the event loop decide when a timer fires and an operation ends; the simulated one decides by
 * seed. Either way the result comes back as a message, so actors cannot tell them apart.
 */
import type { TimerHandle } from '../core/clock.ts'
import type { Random } from '../core/random.ts'

export type LogLevel = 'info' | 'warn' | 'error'

export interface Host {
  now(): number
  monotonicMs(): number
  readonly random: Random
  setTimer(delayMs: number, fire: () => void): TimerHandle
  /** Runs an operation; exactly one of the callbacks is called, never before this call returns. */
  runIo<T>(label: string, task: () => PromiseLike<T>, done: (value: T) => void, failed: (error: unknown) => void): void
  /** The kernel has something to do again. */
  ready(): void
  log(level: LogLevel, message: string): void
}
