/**
 * The timer of a barrier that may wait only for some time: from when it is known here (queued in an input, or triggered)
 * until so long after its trigger. One at a time, since one unaligned checkpoint is taken at a time: a newer one replaces.
 *
 * Owns the timer, not what follows from it: that is the chart's, which also hears of time-outs that came too late.
 */
import type { CheckpointId } from '../core/ids.ts'
import type { BarrierFacts, SubtaskEvent } from '../machines/subtask/protocol.ts'
import type { Self } from './kernel.ts'

export const alignmentTimer = 'alignment-timeout'

export class AlignmentTimeout {
  readonly #self: Self
  readonly #inputs: number
  #checkpointId = 0 as CheckpointId

  /** A source, which has no inputs, waits for no barrier. */
  constructor(self: Self, inputs: number) {
    this.#self = self
    this.#inputs = inputs
  }

  expect({ checkpointId, timestamp, alignment }: BarrierFacts): void {
    if (alignment?.type !== 'aligned-with-timeout' || this.#inputs === 0 || checkpointId < this.#checkpointId) return
    this.#checkpointId = checkpointId
    const over = timestamp + alignment.timeoutMs
    this.#self.setTimer(alignmentTimer, Math.max(0, over - this.#self.host.now()))
  }

  fired(): SubtaskEvent {
    return { type: 'alignment.timed-out', checkpointId: this.#checkpointId }
  }
}
