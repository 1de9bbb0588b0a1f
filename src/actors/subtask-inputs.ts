/**
 * The inputs of a subtask: its channels, which of them are blocked by an alignment, and whose turn it is.
 *
 * INV-IN-1 a blocked channel gives no element (S3). INV-IN-2 a barrier that was put ahead is taken before
 * anything else, and also when nothing else may be taken because an output is full. INV-IN-3 what was restored is taken
 * before anything that has come since, on whichever channel: at another parallelism the records of one key, once of one
 * channel, may come on two.
 */
import type { Barrier, RecordBatch, StreamElement } from '../core/elements.ts'
import type { CheckpointId } from '../core/ids.ts'
import type { PausableClock } from '../core/pausable-clock.ts'
import type { Channel } from './channel.ts'

export class SubtaskInputs {
  readonly #channels: readonly Channel[]
  readonly #inputOf: readonly (0 | 1)[]
  readonly #blocked: boolean[]
  readonly #clock: PausableClock | undefined
  #next = 0
  /** Barriers put ahead that are not yet taken. */
  #ahead = 0
  /** The unaligned checkpoint whose channel state is collected, and of which channels what is consumed belongs to it. */
  #recording: { readonly checkpointId: CheckpointId; readonly channels: Set<number> } | undefined
  /** Restored batches that are not yet taken: of all channels, and of each. */
  #restored = 0
  readonly #restoredOf: number[]
  /** The channel that `take` took from last. */
  channel = 0

  /** `queued` hears of barriers when they are queued behind other elements; `clock` is held back while a channel is blocked. */
  constructor(
    channels: readonly Channel[],
    inputOf: readonly (0 | 1)[],
    queued: (barrier: Barrier) => void = () => {},
    clock?: PausableClock,
  ) {
    this.#clock = clock
    this.#channels = channels
    this.#inputOf = inputOf
    this.#blocked = channels.map(() => false)
    this.#restoredOf = channels.map(() => 0)
    for (const channel of channels) channel.watchBarriers({ ahead: () => void this.#ahead++, queued })
  }

  get count(): number {
    return this.#channels.length
  }

  inputOf(channel: number): 0 | 1 {
    return this.#inputOf[channel]!
  }

  block(channel: number): void {
    if (!this.#blocked.includes(true)) this.#clock?.pause()
    this.#blocked[channel] = true
  }

  isBlocked(channel: number): boolean {
    return this.#blocked[channel] === true
  }

  unblockAll(): void {
    if (this.#blocked.includes(true)) this.#clock?.resume()
    this.#blocked.fill(false)
  }

  /** The next element of the channels that are not blocked, in turn; `channel` says which. */
  take(): StreamElement | undefined {
    if (this.#ahead > 0) {
      const barrier = this.takeAhead()
      if (barrier !== undefined) return barrier
    }
    if (this.#restored > 0) {
      const channels = this.#restoredChannels()
      if (channels.length > 0) return this.#takeRestored(channels)
    }
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

  /** Those with restored batches that may be taken. */
  #restoredChannels(): readonly number[] {
    return this.#restoredOf.flatMap((left, channel) => (left > 0 && !this.#blocked[channel] ? [channel] : []))
  }

  /** They stand at the head of their channels, but for barriers put ahead. Nothing else is taken meanwhile. */
  #takeRestored(channels: readonly number[]): StreamElement | undefined {
    for (const channel of channels) {
      const element = this.#channels[channel]!.shift()
      // A channel may hold back what it has.
      if (element === undefined) continue
      if (element.type === 'batch') {
        this.#restoredOf[channel]!--
        this.#restored--
      }
      this.channel = channel
      return element
    }
    return undefined
  }

  /** A barrier that was put ahead on a channel that is not blocked. */
  takeAhead(): StreamElement | undefined {
    if (this.#ahead === 0) return undefined
    for (const [channel, one] of this.#channels.entries()) {
      const front = this.#blocked[channel] ? undefined : one.peek()
      if (front?.type !== 'barrier' || front.overtook === undefined) continue
      const barrier = one.shift()
      // A channel may hold back what it shows.
      if (barrier === undefined) continue
      this.#ahead--
      this.channel = channel
      return barrier
    }
    return undefined
  }

  /** A barrier of a kind that `may` pass, or what takes one back, that is next on a channel that is not blocked. */
  takeControl(may: (barrier: Barrier) => boolean): StreamElement | undefined {
    const ahead = this.takeAhead()
    if (ahead !== undefined) return ahead
    for (const [channel, one] of this.#channels.entries()) {
      const front = this.#blocked[channel] ? undefined : one.peek()
      if (front?.type === 'barrier' ? !may(front) : front?.type !== 'cancel-checkpoint') continue
      const element = one.shift()
      if (element === undefined) continue
      this.channel = channel
      return element
    }
    return undefined
  }

  /** Puts the barriers of a checkpoint that are queued before everything else. */
  promote(checkpointId: CheckpointId): void {
    for (const channel of this.#channels) channel.promote(checkpointId)
  }

  /** Keeps what this barrier, taken just now, had overtaken; its channel owes the checkpoint no more. */
  recordOvertaken(barrier: Barrier): void {
    const channel = this.#channels[this.channel]!
    for (const batch of channel.overtaken(barrier)) channel.record(barrier.checkpointId, batch)
    if (this.#recording?.checkpointId !== barrier.checkpointId) return
    this.#recording.channels.delete(this.channel)
    if (this.#recording.channels.size === 0) this.#recording = undefined
  }

  /** From now on keeps what is consumed from these channels. */
  recordInputs(checkpointId: CheckpointId, channels: readonly number[]): void {
    this.#recording = { checkpointId, channels: new Set(channels) }
  }

  /** A batch was taken from `channel`. */
  consumed(batch: RecordBatch): void {
    if (this.#recording?.channels.has(this.channel)) {
      this.#channels[this.channel]!.record(this.#recording.checkpointId, batch)
    }
  }

  /** The channel state of a checkpoint, by channel; it is forgotten here. */
  takeRecorded(checkpointId: CheckpointId): readonly (readonly RecordBatch[])[] {
    if (this.#recording?.checkpointId === checkpointId) this.#recording = undefined
    return this.#channels.map((channel) => channel.takeRecorded(checkpointId))
  }

  /** Puts channel state back, before what has come since. */
  restore(channel: number, batches: readonly RecordBatch[]): void {
    this.#channels[channel]!.restore(batches)
    this.#restoredOf[channel]! += batches.length
    this.#restored += batches.length
  }
}
