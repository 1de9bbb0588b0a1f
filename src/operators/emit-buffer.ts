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
  #values: unknown[] = []
  #timestamps: number[] | undefined

  constructor(output: Output, limit: number) {
    this.#output = output
    this.#limit = limit
  }

  push(value: unknown, timestamp: number | undefined): void {
    if (timestamp !== undefined) {
      // A batch has timestamps for all of its records or for none, so a change starts a new one.
      if (this.#timestamps === undefined) {
        this.flush()
        this.#timestamps = []
      }
      this.#timestamps.push(timestamp)
    } else if (this.#timestamps !== undefined) this.flush()
    if (this.#values.push(value) >= this.#limit) this.flush()
  }

  flush(): void {
    const values = this.#values
    if (values.length === 0) return
    const timestamps = this.#timestamps
    this.#values = []
    this.#timestamps = undefined
    this.#output.emit(recordBatch(values, timestamps))
  }
}
