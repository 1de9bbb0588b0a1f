/**
 * The time of a keyed operator: its timers of both kinds, how far its watermark has come, and the firing of what is due.
 *
 * Owns when timers fire, in turns of `limits.timersPerTurn`, and handing the watermark on behind them. Does not own what a
 * timer does, nor what it emits: the handler does. Tests: test/operators/timer-service.test.ts.
 *
 * INV-TS-1 a watermark is handed on when every event-time timer of up to its time has fired. INV-TS-2 the watermark of an
 * operator never falls, also after a restore.
 */
import type { KeyedStateBackend, TimerQueue } from '../backends/state-backend.ts'
import { endOfTime } from '../core/elements.ts'
import { limits } from '../core/limits.ts'
import type { OperatorContext } from './operator.ts'

export type TimeDomain = 'event-time' | 'processing-time'

/** The names of the timers in a snapshot: what a factory with timers says in `timers`. */
export const timerNames: readonly TimeDomain[] = ['processing-time', 'event-time']

export interface TimerHandler {
  /** Under the key of the timer, which is the current one. */
  timer(timestamp: number, domain: TimeDomain): void
  /** Some have fired: hands on what they emitted. */
  flush(): void
}

export class TimerService {
  readonly event: TimerQueue
  readonly processing: TimerQueue
  readonly #context: Pick<OperatorContext, 'output' | 'requestProcessingTime'>
  readonly #handler: TimerHandler
  #watermark: number
  /** Not everything that the watermark has made due has fired. */
  #firing = false
  /** The event-time timer that fires, or has fired last. */
  #firedAt = Number.NEGATIVE_INFINITY

  /**
   * `watermark` is the restored one. Timers that are overdue fire at once: also those of event time that were still to fire when
   * the snapshot was taken, so that no record comes before them that would have come behind.
   */
  constructor(
    context: Pick<OperatorContext, 'output' | 'requestProcessingTime'>,
    state: KeyedStateBackend,
    handler: TimerHandler,
    watermark = Number.NEGATIVE_INFINITY,
  ) {
    this.#context = context
    this.#handler = handler
    this.#watermark = watermark
    this.processing = state.timers('processing-time')
    this.event = state.timers('event-time')
    this.#firing = (this.event.next() ?? Number.POSITIVE_INFINITY) <= watermark
    this.#requestNext()
  }

  get watermark(): number {
    return this.#watermark
  }

  get unfinished(): boolean {
    return this.#firing
  }

  /** For the current key. */
  registerProcessingTime(atMs: number): void {
    if (this.processing.add(atMs)) this.#context.requestProcessingTime(atMs)
  }

  /**
   * Has a timer that the program registers now still to come? Behind the last watermark only up to `until`, and no time twice:
   * who registers the next one whenever one fires would never end.
   */
  mayRegisterEventTime(atMs: number, until = Number.NEGATIVE_INFINITY): boolean {
    return this.#watermark < endOfTime || (atMs <= until && atMs > this.#firedAt)
  }

  advanceWatermark(timestamp: number): void {
    if (timestamp <= this.#watermark) return
    this.#watermark = timestamp
    this.#firing = true
    this.proceed()
  }

  /** Goes on with what the watermark has made due. */
  proceed(): void {
    if (!this.#firing) return
    this.#firing = !this.#fire(this.event, 'event-time', this.#watermark, limits.timersPerTurn)
    if (!this.#firing) this.#context.output.watermark(this.#watermark)
  }

  /**
   * Fires what is due, earliest first. No more than were registered at the start: a callback that registers a timer
   * in the past gets it in the next call, so that it cannot hold the subtask for ever.
   */
  processingTime(now: number): void {
    this.#fire(this.processing, 'processing-time', now, Math.min(this.processing.size, limits.timersPerTurn))
    this.#requestNext()
  }

  /** Did it come to the end of what is due? */
  #fire(queue: TimerQueue, domain: TimeDomain, until: number, most: number): boolean {
    let left = most
    for (; left > 0; left--) {
      const timestamp = queue.poll(until)
      if (timestamp === undefined) break
      if (domain === 'event-time') this.#firedAt = timestamp
      this.#handler.timer(timestamp, domain)
    }
    this.#handler.flush()
    return left > 0
  }

  #requestNext(): void {
    const next = this.processing.next()
    if (next !== undefined) this.#context.requestProcessingTime(next)
  }
}
