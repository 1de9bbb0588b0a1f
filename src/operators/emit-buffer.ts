/**
 * Collects the records that a callback emits and hands them on as batches of at most `limit`.
 *
 * Owns no records between two calls of an operator: whoever pushes flushes before returning, so that neither a
 * watermark nor a snapshot can pass a record that is still here.
 */
import { recordBatch } from '../core/elements.ts'
import type { Output } from './operator.ts'

export class EmitBuffer {
  readonly #output: Output
  readonly #limit: number
  #length = 0
  /** As long as the last batch was, since writing into a long enough array is twice as fast as growing one. */
  #values: unknown[] = []
  #timestamps: number[] = []
  #timestamped = false

  constructor(output: Output, limit: number) {
    this.#output = output
    this.#limit = limit
  }

  push(value: unknown, timestamp: number | undefined): void {
    // A batch has timestamps for all of its records or for none, so a change starts a new one.
    if ((timestamp !== undefined) !== this.#timestamped) {
      this.flush()
      this.#timestamped = timestamp !== undefined
    }
    const at = this.#length++
    this.#values[at] = value
    if (timestamp !== undefined) this.#timestamps[at] = timestamp
    if (at + 1 >= this.#limit) this.flush()
  }

  flush(): void {
    const length = this.#length
    if (length === 0) return
    const values = this.#values
    const timestamps = this.#timestamps
    this.#length = 0
    this.#values = new Array(length)
    if (values.length > length) values.length = length
    if (!this.#timestamped) {
      this.#output.emit(recordBatch(values))
      return
    }
    this.#timestamps = new Array(length)
    if (timestamps.length > length) timestamps.length = length
    this.#output.emit(recordBatch(values, timestamps))
  }
}
