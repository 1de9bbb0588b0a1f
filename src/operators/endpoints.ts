/**
 * The contracts of sources and sinks, for users and connectors.
 *
 * A source reader is polled for batches and never blocks: when it has nothing yet it answers `waiting` and calls
 * `context.wake()` once it has. Its position is part of every checkpoint, so that after a restore it goes on exactly
 * there. A sink writer sees batches, takes part in checkpoints, and makes its effects visible when one completes.
 */
import type { SnapshotKind } from '../core/elements.ts'
import type { CheckpointId, JobId, OperatorId } from '../core/ids.ts'
import type { OperatorFactory } from './operator.ts'

export interface EndpointContext {
  readonly jobId: JobId
  readonly jobName: string
  readonly operatorId: OperatorId
  readonly operatorName: string
  /** The uid that the program gave it. */
  readonly uid?: string | undefined
  readonly subtaskIndex: number
  readonly parallelism: number
  /**
   * Which owner of the job this is: rises with every process that takes the job over. `attempt` counts within it, so
   * both together, compared in this order, tell who is older of two writers that may be alive at once.
   */
  readonly epoch: number
  readonly attempt: number
  readonly checkpointing: boolean
  /** The time of day in milliseconds since 1970; it jumps when the clock of the machine is set. */
  now(): number
  /** Milliseconds by a clock that nobody sets, for what is to happen so often or so long. */
  monotonicMs(): number
  random(): number
  log(level: 'info' | 'warn', message: string): void
}

export interface SourceReaderContext extends EndpointContext {
  /** Tells the runtime that `poll` is worth calling again. May be called from any callback, any number of times. */
  wake(): void
  /** The same after so many milliseconds. A later call takes the place of an earlier one. */
  wakeAfter(delayMs: number): void
}

/** What `poll` found: records, nothing yet, or the end for good. */
export type SourcePoll<T> =
  | {
      readonly type: 'records'
      readonly values: readonly T[]
      readonly timestamps?: readonly number[]
      /** Where all of them come from, when several splits are read at the same time. */
      readonly split?: string
    }
  | { readonly type: 'waiting' }
  | { readonly type: 'end' }

export interface SourceReader<T> {
  /** At most `max` records, never blocking. A throw fails the job (restart strategy applies). */
  poll(max: number): SourcePoll<T>
  /**
   * For a reader that reads several splits at the same time: those that it has not come to the end of. Each has a watermark of
   * its own, and the lowest counts, from when the split is named here, before it has brought a record, until it is no longer.
   * Asked for after each poll; the same array as before when nothing has changed. One that reads its splits one after the other
   * leaves it out.
   */
  splits?(): readonly string[]
  /**
   * Brings no records of these splits, and of all others again: they are too far ahead of other sources
   * (`withWatermarkAlignment`). Left out, the source is not polled while the split that is furthest behind is too far ahead.
   */
  pauseSplits?(paused: readonly string[]): void
  /**
   * The position after the last polled record: a `DividedState` of splits, which can be given to other subtasks when the
   * parallelism changes, or another value that the codec can encode, which cannot.
   */
  snapshot(): unknown
  notifyCompleted?(checkpoint: CheckpointId): void
  close(): void | Promise<void>
}

export interface Source<T> {
  /** Shown in plans and as the default name: `lines`, `collection`, … */
  readonly kind: string
  readonly bounded: boolean
  /** Can it read again from a restored position? If not, restarts lose records; said in docs and log. */
  readonly replayable: boolean
  /** Fixed parallelism of a source that cannot be split; undefined when any number of subtasks may read it. */
  readonly parallelism?: number
  /**
   * `restored` is an earlier `snapshot()` of the same subtask index, or a `DividedState` with the splits that are this
   * subtask's now, perhaps of several others; undefined when nothing is restored. Throws with a stable code.
   */
  createReader(context: SourceReaderContext, restored: unknown): SourceReader<T>
}

export interface SinkSnapshot {
  /**
   * State of the writer, names of pending files and the like: a `DividedState`, so that other subtasks can finish what this
   * one began, or another value that the codec can encode, with which the parallelism cannot change.
   */
  readonly state: unknown
  readonly durable?: () => Promise<void>
}

export interface SinkWriter<T> {
  write(values: readonly T[]): void
  /** No record follows. Without checkpoints the writer now makes everything visible. May finish in its own time. */
  endOfData(): void | Promise<void>
  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): SinkSnapshot
  notifyCompleted(checkpoint: CheckpointId): void | Promise<void>
  notifyAborted?(checkpoint: CheckpointId): void
  close(): void | Promise<void>
}

export interface Sink<T> {
  readonly kind: string
  readonly stateful: boolean
  /** `restored` is the `state` of an earlier `snapshot` of the same subtask index, a `DividedState` with what is this subtask's now, or undefined. */
  createWriter(context: EndpointContext, restored: unknown): SinkWriter<T>
}

/** The factory of a source node: the head of its chain, polled instead of fed. */
export interface SourceFactory extends OperatorFactory {
  readonly source: Source<unknown>
}

export const isSourceFactory = (factory: object): factory is SourceFactory => 'source' in factory
