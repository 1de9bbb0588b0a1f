/** Channels that do not keep their promises: for deliberate bugs. */
import type { StreamElement } from '../../src/core/elements.ts'
import { WatchedChannel } from '../../src/testing/simulation/watched-channel.ts'

/** Loses a batch now and then. */
export class LossyChannel extends WatchedChannel {
  #batches = 0

  protected override put(element: StreamElement): void {
    if (element.type === 'batch' && ++this.#batches % 7 === 0) return
    super.put(element)
  }
}

/** Gives what comes behind a batch before it, when it is of this type. */
export const hastyWith = (type: StreamElement['type']) =>
  class extends WatchedChannel {
    #kept: StreamElement | undefined

    protected override give(): StreamElement | undefined {
      const first = this.#kept ?? super.give()
      this.#kept = undefined
      if (first?.type !== 'batch') return first
      const second = super.give()
      if (second?.type !== type) {
        this.#kept = second
        return first
      }
      this.#kept = first
      return second
    }

    override get size(): number {
      return super.size + (this.#kept === undefined ? 0 : 1)
    }
  }
