/** What a test feeds to an operator, and the batches that it is cut into, as channels would. */
import { type RecordBatch, recordBatch } from '../core/elements.ts'

/** A record to feed; `timestamp` is its event time in milliseconds. */
export interface HarnessRecord {
  readonly value: unknown
  readonly timestamp?: number
}

/** Batches of at most `size` records, each with timestamps for all of its records or for none. */
export function cutIntoBatches(records: readonly HarnessRecord[], size: number): RecordBatch[] {
  const batches: RecordBatch[] = []
  for (let start = 0; start < records.length; ) {
    const stamped = records[start]!.timestamp !== undefined
    let end = start
    while (end < records.length && end - start < size && (records[end]!.timestamp !== undefined) === stamped) end++
    const part = records.slice(start, end)
    const values = part.map(({ value }) => value)
    batches.push(
      stamped
        ? recordBatch(
            values,
            part.map(({ timestamp }) => timestamp!),
          )
        : recordBatch(values),
    )
    start = end
  }
  return batches
}
