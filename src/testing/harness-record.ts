/** What a test sets an operator up with and feeds to it, and the batches that it is cut into, as channels would. */
import type { StateBackend } from '../backends/state-backend.ts'
import { decodeValue } from '../core/codec.ts'
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { decodeDivided, type OperatorItemsFacts } from '../core/operator-state.ts'
import type { OutputTag } from '../operators/output-tag.ts'

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

/** What an operator would be restored from, as bytes, so that nothing is shared with the instance it was taken of. */
export interface HarnessSnapshot {
  readonly state: Uint8Array
  /** The lists in `state`, when it can be divided; left out when it is whole. */
  readonly lists?: readonly OperatorItemsFacts[]
  /** Segments of keyed state; of each, what belongs to the subtask that is restored is taken. */
  readonly keyed: readonly Uint8Array[]
}

export interface OperatorHarnessOptions {
  /** The key function of the input, of both inputs if `key2` is absent; required by a keyed operator. */
  readonly key?: (value: never) => unknown
  readonly key2?: (value: never) => unknown
  readonly restored?: HarnessSnapshot
  /** Processing time at the start, in milliseconds; 0 by default. */
  readonly startMs?: number
  readonly seed?: number
  readonly name?: string
  readonly uid?: string
  readonly batchRecords?: number
  /** 0 by default: watermarks are made behind every batch. */
  readonly autoWatermarkIntervalMs?: number
  readonly checkpointing?: boolean
  readonly subtaskIndex?: number
  readonly parallelism?: number
  readonly maxParallelism?: number
  readonly backend?: StateBackend
  /** Tags of the side outputs to collect. A tag not listed is dropped, as in a job where nobody reads it. */
  readonly sideOutputs?: readonly OutputTag<unknown>[]
}

/** The state that belongs to no key, decoded again. */
export function restoredState(restored: HarnessSnapshot | undefined): unknown {
  if (restored === undefined) return undefined
  return restored.lists === undefined ? decodeValue(restored.state) : decodeDivided(restored.state, restored.lists)
}
