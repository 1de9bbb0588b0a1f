/**
 * What travels in a channel, in order: record batches, watermarks and their status, barriers, cancel markers and the two ends.
 *
 * A batch is passed by reference between subtasks of one thread, so nobody changes one after emitting it.
 * `end-of-data` says that no record follows (operators flush); barriers may still follow it, so that a final
 * checkpoint covers the end. `end-of-partition` says that nothing at all follows.
 */
import type { CheckpointId } from './ids.ts'

/** Up to `limits.batchRecords` records, as parallel arrays of the same length. */
export interface RecordBatch {
  readonly type: 'batch'
  readonly values: readonly unknown[]
  /** Event time of each record in milliseconds, or undefined when the stream has no timestamps. */
  readonly timestamps: readonly number[] | undefined
  /** Key of each record, present on a keyed channel; the same array as `values` when every record is its own key. */
  readonly keys: readonly unknown[] | undefined
  /**
   * Key group of each record, computed once by the sender to choose the subtask. Undefined on a channel that is not
   * keyed, and on a keyed one whose target has one subtask: there is nothing to choose.
   */
  readonly keyGroups: readonly number[] | undefined
}

/** `checkpoint` and `savepoint` let the job go on; the two stops end it, without or with flushing (drain). */
export type SnapshotKind = 'checkpoint' | 'savepoint' | 'stop-suspend' | 'stop-drain'

/** A savepoint refers to the checkpoint that it pins (`pointer`), or holds a copy of all its state (`self-contained`). */
export type SavepointFormat = 'pointer' | 'self-contained'

/** What is asked of a savepoint beyond its kind; a checkpoint has no use for it. */
export interface SavepointTarget {
  /** Undefined: where the job's savepoints go. */
  readonly directory: string | undefined
  readonly format: SavepointFormat
}

export const usualTarget: SavepointTarget = { directory: undefined, format: 'pointer' }

/**
 * How the barriers of one checkpoint travel. `aligned`: behind the records sent before them. `unaligned`: past them, so
 * that those records become part of the snapshot. `aligned-with-timeout`: aligned, until `timeoutMs` have gone by since
 * the checkpoint was triggered; from then on unaligned, wherever they are.
 */
export type Alignment =
  | { readonly type: 'aligned' }
  | { readonly type: 'aligned-with-timeout'; readonly timeoutMs: number }
  | { readonly type: 'unaligned' }

/** No record with a timestamp of this or earlier is expected behind it, in milliseconds. */
export interface Watermark {
  readonly type: 'watermark'
  readonly timestamp: number
}

/** An idle channel has no say in the watermark of its consumer, until it is active again. Active at first. */
export interface WatermarkStatus {
  readonly type: 'watermark-status'
  readonly idle: boolean
}

export interface Barrier {
  readonly type: 'barrier'
  readonly checkpointId: CheckpointId
  /** When the coordinator triggered it, in milliseconds. */
  readonly timestamp: number
  readonly kind: SnapshotKind
  /** Absent: aligned. */
  readonly alignment?: Alignment | undefined
  /** How many elements were queued in its channel when it was put before them; written by the channel. */
  readonly overtook?: number | undefined
}

/** Tells downstream that a checkpoint was given up: its barrier will not come on this channel. */
export interface CancelMarker {
  readonly type: 'cancel-checkpoint'
  readonly checkpointId: CheckpointId
}

export interface EndOfData {
  readonly type: 'end-of-data'
}

export interface EndOfPartition {
  readonly type: 'end-of-partition'
}

export type StreamElement =
  | RecordBatch
  | Watermark
  | WatermarkStatus
  | Barrier
  | CancelMarker
  | EndOfData
  | EndOfPartition

/** The watermark when no record is left to come: at the end of a bounded input, and of a stop with `drain`. */
export const endOfTime: number = Number.MAX_SAFE_INTEGER
export const maxWatermark: Watermark = { type: 'watermark', timestamp: endOfTime }
export const endOfData: EndOfData = { type: 'end-of-data' }
export const endOfPartition: EndOfPartition = { type: 'end-of-partition' }

export const isSavepoint = (kind: SnapshotKind): boolean => kind !== 'checkpoint'
export const isStop = (kind: SnapshotKind): kind is 'stop-suspend' | 'stop-drain' =>
  kind === 'stop-suspend' || kind === 'stop-drain'

export const recordBatch = (
  values: readonly unknown[],
  timestamps?: readonly number[],
  keys?: readonly unknown[],
  keyGroups?: readonly number[],
): RecordBatch => ({ type: 'batch', values, timestamps, keys, keyGroups })
