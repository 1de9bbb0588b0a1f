/**
 * Divides a subtask's time between its records and the snapshot that is being written: half for each as long as there are
 * records, all of it for the snapshot when there are none. Without it a slice of a snapshot between any two batches
 * would leave the records a twentieth of the time where a batch is cheap, and the snapshot a tenth where it is not.
 * Tests: test/actors/write-share.test.ts.
 */
import { limits } from '../core/limits.ts'

const behindMsMax = limits.sliceMs

export class WriteShare {
  readonly #monotonicMs: () => number
  #writtenMs = 0
  #movedMs = 0

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  /**
   * One turn: while something is being written a slice, if it is due, and a move, unless the snapshot is far behind; a slice in any case when there was
   * nothing to move. False when there was nothing to move.
   */
  turn(writing: boolean, slice: () => void, move: () => boolean): boolean {
    if (!writing) {
      this.#writtenMs = 0
      this.#movedMs = 0
      return move()
    }
    const due = this.#writtenMs <= this.#movedMs
    if (due) this.#write(slice)
    if (this.#movedMs - this.#writtenMs > behindMsMax) return true
    const startMs = this.#monotonicMs()
    const moved = move()
    this.#movedMs += this.#monotonicMs() - startMs
    if (!moved && !due) this.#write(slice)
    return moved
  }

  #write(slice: () => void): void {
    const startMs = this.#monotonicMs()
    slice()
    this.#writtenMs += this.#monotonicMs() - startMs
  }
}
