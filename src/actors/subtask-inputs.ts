/**
 * The inputs of a subtask: its channels, which of them are blocked by an alignment, whose turn it is, and the minimum
 * watermark of each input.
 *
 * INV-IN-1 a blocked channel gives no element (S3). INV-IN-2 the watermark of an input never falls, and is that of its
 * slowest channel; a channel that has ended does not hold it back.
 */
import type { StreamElement } from '../core/elements.ts'
import { maxWatermark } from '../core/elements.ts'
import type { Channel } from './channel.ts'

export class SubtaskInputs {
  readonly #channels: readonly Channel[]
  readonly #inputOf: readonly (0 | 1)[]
  readonly #blocked: boolean[]
  readonly #watermarks: number[]
  readonly #current: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  #next = 0
  /** The channel that `take` took from last. */
  channel = 0

  constructor(channels: readonly Channel[], inputOf: readonly (0 | 1)[]) {
    this.#channels = channels
    this.#inputOf = inputOf
    this.#blocked = channels.map(() => false)
    this.#watermarks = channels.map(() => Number.NEGATIVE_INFINITY)
  }

  inputOf(channel: number): 0 | 1 {
    return this.#inputOf[channel]!
  }

  block(channel: number): void {
    this.#blocked[channel] = true
  }

  unblockAll(): void {
    this.#blocked.fill(false)
  }

  /** The next element of the channels that are not blocked, in turn; `channel` says which. */
  take(): StreamElement | undefined {
    const count = this.#channels.length
    for (let tried = 0; tried < count; tried++) {
      const channel = this.#next
      this.#next = channel + 1 === count ? 0 : channel + 1
      if (this.#blocked[channel]) continue
      const element = this.#channels[channel]!.shift()
      if (element !== undefined) {
        this.channel = channel
        return element
      }
    }
    return undefined
  }

  /** Notes a watermark; returns the input's new minimum if it has risen, else undefined. */
  watermark(channel: number, timestamp: number): number | undefined {
    if (timestamp <= this.#watermarks[channel]!) return undefined
    this.#watermarks[channel] = timestamp
    const input = this.inputOf(channel)
    let minimum = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#channels.length; i++) {
      if (this.#inputOf[i] === input) minimum = Math.min(minimum, this.#watermarks[i]!)
    }
    if (minimum <= this.#current[input]) return undefined
    this.#current[input] = minimum
    return minimum
  }

  ended(channel: number): number | undefined {
    return this.watermark(channel, maxWatermark.timestamp)
  }
}
