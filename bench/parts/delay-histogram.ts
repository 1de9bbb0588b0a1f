/** How long things took, in steps of 10 µs up to a second: an increment per value, so that counting disturbs little. */
const stepMs = 0.01
const steps = 100_000

export class DelayHistogram {
  count = 0
  readonly #counts = new Uint32Array(steps + 1)

  add(delayMs: number): void {
    this.count++
    const step = Math.min(steps, Math.max(0, Math.floor(delayMs / stepMs)))
    this.#counts[step]!++
  }

  /** The upper end of the step in which this share of all values is reached. */
  percentileMs(percent: number): number {
    const rank = Math.ceil((this.count * percent) / 100)
    let seen = 0
    for (let step = 0; step <= steps; step++) {
      seen += this.#counts[step]!
      if (seen >= rank) return (step + 1) * stepMs
    }
    return 0
  }
}
