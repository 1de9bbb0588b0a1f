/** The earliest processing time that each operator of a chain waits for, and the earliest of all, asked for once. */
export class WakeUps {
  /** By position; infinity when an operator waits for nothing. */
  readonly #times: number[]
  readonly #ask: (atMs: number) => void
  #earliest = Number.POSITIVE_INFINITY
  #firing = false

  constructor(count: number, ask: (atMs: number) => void) {
    this.#times = new Array(count).fill(Number.POSITIVE_INFINITY)
    this.#ask = ask
  }

  request(position: number, atMs: number): void {
    if (atMs >= this.#times[position]!) return
    this.#times[position] = atMs
    if (!this.#firing) this.#askFor(atMs)
  }

  /**
   * Calls `wake` once for each operator that is due and `may` be woken, then asks for the earliest of what is left or new. Who is
   * due and may not stays so until the next call.
   */
  fire(now: number, wake: (position: number) => void, may: (position: number) => boolean = () => true): void {
    this.#firing = true
    this.#earliest = Number.POSITIVE_INFINITY
    try {
      for (let position = 0; position < this.#times.length; position++) {
        if (this.#times[position]! > now || !may(position)) continue
        this.#times[position] = Number.POSITIVE_INFINITY
        wake(position)
      }
    } finally {
      this.#firing = false
    }
    this.#askFor(Math.min(...this.#times.filter((atMs, position) => atMs > now || may(position))))
  }

  #askFor(atMs: number): void {
    if (atMs >= this.#earliest) return
    this.#earliest = atMs
    this.#ask(atMs)
  }
}
