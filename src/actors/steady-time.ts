/**
 * The time that a machine goes by: the time of day at its beginning, and from then on what a clock that is never set says has
 * passed. So an interval is as long as it should be when the machine's clock is put back or forward meanwhile.
 *
 * Owns the way back, too: what people read is the time of day.
 */
import type { Host } from './host.ts'

export class SteadyTime {
  readonly #host: Pick<Host, 'now' | 'monotonicMs'>
  readonly #offsetMs: number
  /** By how much the clock was found to be set since the beginning. */
  #setMs = 0

  constructor(host: Pick<Host, 'now' | 'monotonicMs'>) {
    this.#host = host
    this.#offsetMs = host.now() - host.monotonicMs()
  }

  /** Whole milliseconds; never goes back. */
  now(): number {
    return Math.floor(this.#host.monotonicMs() + this.#offsetMs)
  }

  /** The time of day, by the clock as it is set now, when `now()` was `atMs`. */
  timeOfDay(atMs: number): number {
    const setMs = this.#host.now() - this.now()
    // One millisecond is the rounding of two clocks.
    if (Math.abs(setMs - this.#setMs) > 1) this.#setMs = setMs
    return atMs + this.#setMs
  }
}
