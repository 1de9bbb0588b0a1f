/**
 * What a subtask's machine hears and orders. Read this first, then `docs/protocols/subtask.md` (its table, generated),
 * `test/machines/subtask/table.test.ts`, `machine.ts`, and last `src/actors/subtask-actor.ts`.
 *
 * Glossary. *Consuming*: taking elements from inputs (a source: polling). *Aligning*: the barrier of one checkpoint has
 * come on some inputs, which are blocked, and not on others. *Ended*: all input data is processed and the operators are
 * flushed, but the subtask lives on until a checkpoint that covers its end is complete. *Suspended*: it has taken the
 * snapshot of a stop-savepoint and produces nothing more until it hears whether that completed. *Overtaken*: queued in a
 * channel when an unaligned barrier was put before it. *Recording*: the snapshot of an unaligned checkpoint is taken, and
 * what comes on inputs whose barrier is missing is kept for it, because it was sent before that barrier.
 */

import type { Alignment, SnapshotKind } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import type { SubtaskState } from '../../core/state-handles.ts'

/** A subtask's inputs are its channels, numbered from 0 in the order of its descriptor. A source has none. */
export type ChannelIndex = number

export interface SubtaskMachineInput {
  readonly channels: number
  readonly mode: 'exactly-once' | 'at-least-once'
  /** Are checkpoints taken? If not, a subtask that has ended finishes at once. */
  readonly checkpointing: boolean
  /** Is there state to load before it runs? */
  readonly restoring: boolean
  /** Had it finished when the snapshot it restores from was taken? Then it ends without consuming anything. */
  readonly restoredFinished: boolean
}

export interface BarrierFacts {
  readonly checkpointId: CheckpointId
  readonly timestamp: number
  readonly kind: SnapshotKind
  /** Absent: aligned. */
  readonly alignment?: Alignment | undefined
}

/** Timings of one snapshot in one subtask, in milliseconds but for the bytes. */
export interface SnapshotMetrics {
  /** From the trigger to the first barrier here. */
  readonly startDelayMs: number
  /** From the first barrier to the last. */
  readonly alignmentMs: number
  readonly syncMs: number
  readonly asyncMs: number
  readonly bytes: number
}

export type DeclineReason =
  | 'CHECKPOINT_DECLINED'
  | 'CHECKPOINT_DECLINED_TASK_NOT_READY'
  | 'CHECKPOINT_DECLINED_TASK_CLOSING'
  | 'CHECKPOINT_DECLINED_SUBSUMED'
  | 'CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER'
  | 'CHECKPOINT_ASYNC_EXCEPTION'

/** Why something went wrong, as data: a stable code and a sentence. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly restartable: boolean
}

export type SubtaskEvent =
  /** The actor exists and its channels are wired: begin. */
  | { readonly type: 'subtask.deployed' }
  | { readonly type: 'state.restored' }
  /** From the coordinator, to a subtask without running predecessors. */
  | ({ readonly type: 'checkpoint.triggered' } & BarrierFacts)
  | ({ readonly type: 'barrier.received'; readonly channel: ChannelIndex } & BarrierFacts)
  | { readonly type: 'cancel.received'; readonly channel: ChannelIndex; readonly checkpointId: CheckpointId }
  /**
   * The time that an `aligned-with-timeout` checkpoint has is over, counted from its trigger: its barrier is queued in an
   * input, or was triggered here. May come at any time, also when it is over.
   */
  | { readonly type: 'alignment.timed-out'; readonly checkpointId: CheckpointId }
  /** end-of-data came on a channel. */
  | { readonly type: 'input.ended'; readonly channel: ChannelIndex }
  /** end-of-partition came on a channel: nothing follows, barriers neither. */
  | { readonly type: 'input.closed'; readonly channel: ChannelIndex }
  /** The source has no more records. */
  | { readonly type: 'source.exhausted' }
  /** The operators are flushed and end-of-data is on every output. Answers `endData`. */
  | { readonly type: 'data.ended' }
  /** The synchronous part of a snapshot is done. Answers `takeSnapshot` before anything else is processed. */
  | { readonly type: 'snapshot.taken'; readonly checkpointId: CheckpointId }
  | {
      readonly type: 'snapshot.stored'
      readonly checkpointId: CheckpointId
      readonly state: SubtaskState
      readonly metrics: SnapshotMetrics
    }
  /** Either part failed. */
  | { readonly type: 'snapshot.failed'; readonly checkpointId: CheckpointId; readonly failure: Failure }
  | { readonly type: 'checkpoint.completed'; readonly checkpointId: CheckpointId }
  | { readonly type: 'checkpoint.aborted'; readonly checkpointId: CheckpointId }
  /** Side effects of a completed checkpoint are visible. Answers `commit`. */
  | { readonly type: 'commit.done'; readonly checkpointId: CheckpointId }
  /** User code, a source, a sink or restoring failed. */
  | { readonly type: 'subtask.crashed'; readonly failure: Failure }
  | { readonly type: 'subtask.canceled' }

/** What the job and the coordinator are told of a subtask. */
export type SubtaskStatus = 'created' | 'restoring' | 'running' | 'ended' | 'finished' | 'canceled' | 'failed'

export type SubtaskEffect =
  | { readonly type: 'restoreState' }
  /** Open the operators and start consuming. */
  | { readonly type: 'openOperators' }
  /**
   * Stop, or go on, taking elements from all inputs (or polling). Blocked channels stay blocked. While paused, nothing of
   * an input is sent to the machine; a source that was exhausted meanwhile says so again. A source is not resumed after
   * `endData`; other subtasks are, for barriers and ends of inputs.
   */
  | { readonly type: 'pauseConsuming' }
  | { readonly type: 'resumeConsuming' }
  | { readonly type: 'blockInput'; readonly params: { readonly channel: ChannelIndex } }
  | { readonly type: 'unblockInputs' }
  /**
   * Keep for this checkpoint the records that the barrier just received overtook in this channel, and what was recorded of
   * it so far; record it no further.
   */
  | {
      readonly type: 'recordOvertaken'
      readonly params: { readonly checkpointId: CheckpointId; readonly channel: ChannelIndex }
    }
  /** From now on keep the records that are consumed from these channels for this checkpoint. */
  | {
      readonly type: 'recordInputs'
      readonly params: { readonly checkpointId: CheckpointId; readonly channels: readonly ChannelIndex[] }
    }
  /** Put the barriers of this checkpoint that are queued in the inputs first there, as unaligned ones. */
  | { readonly type: 'promoteBarriers'; readonly params: { readonly checkpointId: CheckpointId } }
  /** Flush the operators head to tail, then put the last watermark and end-of-data on every output. */
  | { readonly type: 'endData' }
  /** `ended`: the snapshot covers the end of this subtask's data. */
  | { readonly type: 'takeSnapshot'; readonly params: BarrierFacts & { readonly ended: boolean } }
  /** Behind all records on every output; an unaligned one before whatever is queued there. */
  | { readonly type: 'forwardBarrier'; readonly params: BarrierFacts }
  | { readonly type: 'forwardCancel'; readonly params: { readonly checkpointId: CheckpointId } }
  /** Start the asynchronous part of the snapshot taken, with what was recorded for it. */
  | { readonly type: 'persistSnapshot'; readonly params: { readonly checkpointId: CheckpointId } }
  /** Give up a snapshot taken, recorded or being written. */
  | { readonly type: 'discardSnapshot'; readonly params: { readonly checkpointId: CheckpointId } }
  | {
      readonly type: 'acknowledge'
      readonly params: {
        readonly checkpointId: CheckpointId
        readonly state: SubtaskState
        readonly metrics: SnapshotMetrics
      }
    }
  /** Whatever there is of a snapshot that is declined is discarded. */
  | {
      readonly type: 'decline'
      readonly params: { readonly checkpointId: CheckpointId; readonly reason: DeclineReason; readonly message: string }
    }
  /** Tell the operators that the checkpoint is complete; answered by `commit.done`. */
  | { readonly type: 'commit'; readonly params: { readonly checkpointId: CheckpointId } }
  | { readonly type: 'tellAborted'; readonly params: { readonly checkpointId: CheckpointId } }
  /** Put end-of-partition on every output and close the operators. */
  | { readonly type: 'closeOutputs' }
  /** Close the operators without a word to the outputs (failure, cancellation). */
  | { readonly type: 'closeOperators' }
  | { readonly type: 'reportStatus'; readonly params: { readonly status: SubtaskStatus; readonly failure?: Failure } }
  /** Something arrived that this state does not expect. Never silent. */
  | { readonly type: 'report'; readonly params: { readonly what: string; readonly event: string } }
