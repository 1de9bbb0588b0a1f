/** A channel that tells what goes through it, and that can be held up for a while. */
import { Channel, type OutputGate } from '../../actors/channel.ts'
import type { StreamElement } from '../../core/elements.ts'
import type { Fact } from '../checkers/facts.ts'

export interface ChannelWatch {
  readonly attempt: number
  /** The channel as facts name it. */
  readonly label: string
  readonly tell: (fact: Fact) => void
}

export class WatchedChannel extends Channel {
  readonly label: string
  readonly #watch: ChannelWatch
  readonly #wakeConsumer: () => void
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
    super.push(element)
  }

  override shift(): StreamElement | undefined {
    if (this.#clogged) return undefined
    const element = super.shift()
    if (element !== undefined) this.#tellTaken(element)
    return element
  }

  #tellPushed(element: StreamElement): void {
    const { attempt, label: channel, tell } = this.#watch
    switch (element.type) {
      case 'batch': {
        const records = element.values.length
        tell({ type: 'sent', attempt, channel, sequence: this.#sent, records })
        this.#sent += records
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
        this.#consumed += records
        return
      }
      case 'barrier':
        tell({ type: 'barrier.consumed', attempt, channel, checkpointId: element.checkpointId, overtakes: false })
        return
      case 'end-of-partition':
        tell({ type: 'channel.ended', attempt, channel })
        return
      default:
    }
  }
}
