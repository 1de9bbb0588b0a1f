/**
 * How long something was able to happen: milliseconds that stand still while anybody holds it back.
 *
 * Several may hold it back at once; it goes on when the last of them lets go.
 */
export class PausableClock {
  readonly #monotonicMs: () => number
  #holders = 0
  #pausedMs = 0
  #sinceMs = 0

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  now(): number {
    return (this.#holders > 0 ? this.#sinceMs : this.#monotonicMs()) - this.#pausedMs
  }

  pause(): void {
    if (this.#holders++ === 0) this.#sinceMs = this.#monotonicMs()
  }

  resume(): void {
    if (--this.#holders === 0) this.#pausedMs += this.#monotonicMs() - this.#sinceMs
  }
}
