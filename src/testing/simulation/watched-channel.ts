/** A channel that tells what goes through it, and that can be held up for a while. */
import { Channel, type OutputGate } from '../../actors/channel.ts'
import type { Barrier, RecordBatch, StreamElement } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import type { Fact } from '../checkers/facts.ts'

export interface ChannelWatch {
  readonly attempt: number
  /** The channel as facts name it. */
  readonly label: string
  readonly tell: (fact: Fact) => void
  /** The checkpoint that its attempt restores from. */
  readonly restored?: number | undefined
}

export class WatchedChannel extends Channel {
  readonly label: string
  readonly #watch: ChannelWatch
  readonly #wakeConsumer: () => void
  /** How many records were taken before each batch that was taken. */
  readonly #places = new WeakMap<RecordBatch, number>()
  #sent = 0
  #consumed = 0
  #clogged = false

  constructor(id: string, capacity: number, gate: OutputGate, wakeConsumer: () => void, watch: ChannelWatch) {
    super(id, capacity, gate, wakeConsumer)
    this.label = watch.label
    this.#watch = watch
    this.#wakeConsumer = wakeConsumer
  }

  get clogged(): boolean {
    return this.#clogged
  }

  clog(): void {
    this.#clogged = true
  }

  unclog(): void {
    this.#clogged = false
    if (this.size > 0) this.#wakeConsumer()
  }

  override push(element: StreamElement): void {
    this.#tellPushed(element)
    this.put(element)
  }

  /** What a channel does with an element that it is told to take; a mutant does something else. */
  protected put(element: StreamElement): void {
    super.push(element)
  }

  /** What a channel gives next; a mutant gives something else. */
  protected give(): StreamElement | undefined {
    return super.shift()
  }

  override pushAhead(barrier: Barrier): void {
    const { attempt, label: channel, tell } = this.#watch
    tell({ type: 'barrier.sent', attempt, channel, checkpointId: barrier.checkpointId, overtakes: true })
    super.pushAhead(barrier)
  }

  override restore(batches: readonly RecordBatch[]): void {
    const { attempt, label: channel, tell, restored = 0 } = this.#watch
    const before = this.#sent
    for (const batch of batches) this.#number(batch)
    const records = this.#sent - before
    if (records > 0) tell({ type: 'channel.restored', attempt, channel, records, checkpointId: restored })
    super.restore(batches)
  }

  override takeRecorded(checkpointId: CheckpointId): readonly RecordBatch[] {
    const batches = super.takeRecorded(checkpointId)
    const { attempt, label: channel, tell } = this.#watch
    const [first] = batches
    if (first === undefined) return batches
    // By their place among what is taken, for what is restored late comes before what was sent meanwhile.
    const sequence = this.#places.get(first) ?? this.#consumed
    const records = batches.reduce((sum, { values }) => sum + values.length, 0)
    tell({ type: 'channel.recorded', attempt, channel, checkpointId, sequence, records })
    return batches
  }

  #number(batch: RecordBatch): void {
    this.#sent += batch.values.length
  }

  override shift(): StreamElement | undefined {
    if (this.#clogged) return undefined
    const element = this.give()
    if (element !== undefined) this.#tellTaken(element)
    return element
  }

  #tellPushed(element: StreamElement): void {
    const { attempt, label: channel, tell } = this.#watch
    switch (element.type) {
      case 'batch': {
        const records = element.values.length
        tell({ type: 'sent', attempt, channel, sequence: this.#sent, records })
        this.#number(element)
        return
      }
      case 'barrier':
        tell({ type: 'barrier.sent', attempt, channel, checkpointId: element.checkpointId, overtakes: false })
        return
      case 'watermark':
        tell({ type: 'watermark.sent', attempt, channel, timestamp: element.timestamp })
        return
      default:
    }
  }

  #tellTaken(element: StreamElement): void {
    const { attempt, label: channel, tell } = this.#watch
    switch (element.type) {
      case 'batch': {
        const records = element.values.length
        tell({ type: 'consumed', attempt, channel, sequence: this.#consumed, records })
        this.#places.set(element, this.#consumed)
        this.#consumed += records
        return
      }
      case 'barrier': {
        const { checkpointId, overtook } = element
        tell({ type: 'barrier.consumed', attempt, channel, checkpointId, overtakes: overtook !== undefined })
        return
      }
      case 'end-of-partition':
        tell({ type: 'channel.ended', attempt, channel })
        return
      default:
    }
  }
}
