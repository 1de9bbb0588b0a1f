/**
 * One watermark out of several: the lowest of all channels that have a say, which never falls.
 *
 * A channel that is idle has no say. Once active again it has one when it has caught up with what was given out, so that
 * it cannot take back what has been promised. The rules are those of Flink's `StatusWatermarkValve`.
 *
 * INV-WV-1 what is given out rises strictly. INV-WV-2 no watermark is given out while idle, but for the one that all
 * channels have left behind when the last of them goes idle. Tests: test/core/watermark-valve.test.ts.
 */

/** Who hears of the combined watermark. */
export interface WatermarkTarget {
  watermark(timestamp: number): void
  watermarkStatus(idle: boolean): void
}

export class WatermarkValve {
  readonly #watermarks: number[]
  readonly #idle: boolean[]
  /** Those that have a say. */
  readonly #aligned: boolean[]
  readonly #target: WatermarkTarget
  #active: number
  #given = Number.NEGATIVE_INFINITY

  constructor(channels: number, target: WatermarkTarget) {
    this.#watermarks = new Array<number>(channels).fill(Number.NEGATIVE_INFINITY)
    this.#idle = new Array<boolean>(channels).fill(false)
    this.#aligned = new Array<boolean>(channels).fill(true)
    this.#active = channels
    this.#target = target
  }

  /** The last one given out; minus infinity before there was one. */
  get current(): number {
    return this.#given
  }

  get idle(): boolean {
    return this.#active === 0
  }

  watermark(channel: number, timestamp: number): void {
    const before = this.#watermarks[channel]!
    if (this.#idle[channel] || timestamp <= before) return
    this.#watermarks[channel] = timestamp
    if (!this.#aligned[channel]) this.#aligned[channel] = timestamp >= this.#given
    // The lowest can only have risen when this one was the lowest, or has a say again.
    if (before <= this.#given) this.#giveLowest()
  }

  status(channel: number, idle: boolean): void {
    if (this.#idle[channel] === idle) return
    this.#idle[channel] = idle
    if (idle) this.#becameIdle(channel)
    else this.#becameActive(channel)
  }

  #becameIdle(channel: number): void {
    this.#aligned[channel] = false
    this.#active--
    if (this.#active > 0) {
      this.#giveLowest()
      return
    }
    // The last to go idle may have held back the others, which said more before they went idle.
    if (this.#watermarks[channel] === this.#given) this.#give(Math.max(...this.#watermarks))
    this.#target.watermarkStatus(true)
  }

  #becameActive(channel: number): void {
    this.#active++
    this.#aligned[channel] = this.#watermarks[channel]! >= this.#given
    if (this.#active === 1) this.#target.watermarkStatus(false)
  }

  #giveLowest(): void {
    let lowest = Number.POSITIVE_INFINITY
    for (let channel = 0; channel < this.#watermarks.length; channel++) {
      if (this.#aligned[channel]) lowest = Math.min(lowest, this.#watermarks[channel]!)
    }
    if (lowest !== Number.POSITIVE_INFINITY) this.#give(lowest)
  }

  #give(timestamp: number): void {
    if (timestamp <= this.#given) return
    this.#given = timestamp
    this.#target.watermark(timestamp)
  }
}
