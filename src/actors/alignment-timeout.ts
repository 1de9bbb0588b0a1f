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
  #checkpointId: CheckpointId | undefined

  constructor(self: Self) {
    this.#self = self
  }

  expect({ checkpointId, timestamp, alignment }: BarrierFacts): void {
    if (alignment?.type !== 'aligned-with-timeout') return
    if (this.#checkpointId !== undefined && checkpointId < this.#checkpointId) return
    this.#checkpointId = checkpointId
    const over = timestamp + alignment.timeoutMs
    this.#self.setTimer(alignmentTimer, Math.max(0, over - this.#self.host.now()))
  }

  fired(): SubtaskEvent | undefined {
    return this.#checkpointId && { type: 'alignment.timed-out', checkpointId: this.#checkpointId }
  }
}
