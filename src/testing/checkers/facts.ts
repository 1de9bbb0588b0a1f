/**
 * The facts of a run that checkers hear: what happened, as plain data, told by a model in the explorer and by taps in
 * the simulation. Nothing here is a decision; a fact is told when it is so, in the order in which things happen.
 *
 * Positions: `sequence` counts the records put into one channel since its attempt began, from 0; a fact about n records
 * that begins at `sequence` covers `[sequence, sequence + n)`. Records restored into a channel from a snapshot come
 * first and count, too. `subtask` names are those of the plan. Times are milliseconds of the run's clock.
 */
import type { SnapshotKind } from '../../core/elements.ts'
import type { CheckpointFailureReason } from '../../machines/checkpoint-coordinator/protocol.ts'

interface InAttempt {
  readonly attempt: number
}
interface OfSubtask extends InAttempt {
  readonly subtask: string
}
interface OnChannel extends InAttempt {
  readonly channel: string
}
interface OfCheckpoint {
  readonly checkpointId: number
}

export type Fact =
  // The run.
  /** The first fact of a run. `total`: how many items each output stream must bring, where that is known. */
  | {
      readonly type: 'run.began'
      readonly maxConcurrent: number
      readonly savepointsMax: number
      readonly minPauseMs: number
      readonly retained: number
      readonly mode: 'exactly-once' | 'at-least-once'
      readonly channels: readonly { readonly channel: string; readonly from: string; readonly to: string }[]
      readonly subtasks: readonly string[]
      readonly outputs: Readonly<Record<string, number>>
      /** The run may come to its end with a checkpoint aborted and none triggered after it (a model with few triggers). */
      readonly triggersBounded?: boolean
    }
  /** The next process runs the program with other numbers of subtasks: from here on the plan is this one. */
  | {
      readonly type: 'run.rescaled'
      readonly channels: readonly { readonly channel: string; readonly from: string; readonly to: string }[]
      readonly subtasks: readonly string[]
    }
  /** Everything volatile is gone. The next process takes the storage over with a higher epoch. */
  | { readonly type: 'process.died' }
  | { readonly type: 'lease.taken'; readonly epoch: number }
  /** Every subtask of an attempt is created. `restored` undefined: from nothing. Channels are empty. */
  | ({ readonly type: 'attempt.began'; readonly restored: number | undefined } & InAttempt)
  /** It has its state and runs. `restored`: the checkpoint whose state it has; one without state tells that of its attempt. */
  | ({ readonly type: 'subtask.began'; readonly restored: number | undefined } & OfSubtask)
  | ({ readonly type: 'subtask.over'; readonly how: 'finished' | 'failed' | 'canceled' } & OfSubtask)
  /** Every subtask of it is over. What is deleted from then on may be the housekeeping of a job that ends. */
  | ({ readonly type: 'attempt.over' } & InAttempt)
  /** The job is over for good, and how. */
  | { readonly type: 'job.over'; readonly status: 'FINISHED' | 'FAILED' | 'CANCELED' | 'SUSPENDED' }

  // The data plane.
  | ({ readonly type: 'sent'; readonly sequence: number; readonly records: number } & OnChannel)
  | ({ readonly type: 'consumed'; readonly sequence: number; readonly records: number } & OnChannel)
  /** Put into the channel from a snapshot, before anything was sent. */
  | ({ readonly type: 'channel.restored'; readonly records: number } & OnChannel & OfCheckpoint)
  /** `overtakes`: it goes before what is queued (unaligned). */
  | ({ readonly type: 'barrier.sent'; readonly overtakes: boolean } & OnChannel & OfCheckpoint)
  | ({ readonly type: 'barrier.consumed'; readonly overtakes: boolean } & OnChannel & OfCheckpoint)
  /** It will give no records until it is told open again. */
  | ({ readonly type: 'input.blocked' } & OnChannel)
  | ({ readonly type: 'inputs.unblocked' } & OfSubtask)
  | ({ readonly type: 'channel.ended' } & OnChannel)
  /** A source has read records, or (`data.ended`, for any subtask) all data is processed and flushed. */
  | ({ readonly type: 'source.emitted'; readonly records: number } & OfSubtask)
  | ({ readonly type: 'data.ended' } & OfSubtask)
  | ({ readonly type: 'watermark.sent'; readonly timestamp: number } & OnChannel)

  // Snapshots of subtasks. Within one step: taken, then a barrier on each output, before anything else is taken in.
  /** The synchronous part. `ended`: it covers the end of the subtask's data. */
  | ({ readonly type: 'snapshot.taken'; readonly kind: SnapshotKind; readonly ended: boolean } & OfSubtask &
      OfCheckpoint)
  /** Records of a channel that are part of the snapshot (unaligned), all that will be. */
  | ({ readonly type: 'channel.recorded'; readonly sequence: number; readonly records: number } & OnChannel &
      OfCheckpoint)
  /** The store has confirmed the bytes. */
  | ({ readonly type: 'snapshot.durable' } & OfSubtask & OfCheckpoint)
  | ({ readonly type: 'snapshot.discarded' } & OfSubtask & OfCheckpoint)
  /** Told to the coordinator. */
  | ({ readonly type: 'acknowledged' } & OfSubtask & OfCheckpoint)
  | ({ readonly type: 'declined' } & OfSubtask & OfCheckpoint)

  // The coordinator.
  | ({
      readonly type: 'triggered'
      readonly kind: SnapshotKind
      readonly attempt: number
      readonly periodic: boolean
      /** Who must acknowledge. */
      readonly participants: readonly string[]
      readonly at: number
    } & OfCheckpoint)
  /** An acknowledgement has reached the coordinator. */
  | ({ readonly type: 'acknowledgement.heard'; readonly attempt: number; readonly subtask: string } & OfCheckpoint)
  | ({ readonly type: 'manifest.ordered' } & OfCheckpoint)
  | ({ readonly type: 'completed'; readonly kind: SnapshotKind; readonly at: number } & OfCheckpoint)
  | ({
      readonly type: 'aborted'
      readonly kind: SnapshotKind
      readonly reason: CheckpointFailureReason
      readonly at: number
    } & OfCheckpoint)
  /** Subtasks are told: shortly before or after `completed`. */
  | ({ readonly type: 'completion.told'; readonly subtasks: readonly string[] } & OfCheckpoint)
  | ({ readonly type: 'abortion.told'; readonly subtasks: readonly string[] } & OfCheckpoint)
  /** A subtask hears of it. */
  | ({ readonly type: 'completion.heard' } & OfSubtask & OfCheckpoint)
  | ({ readonly type: 'abortion.heard' } & OfSubtask & OfCheckpoint)
  /** `latest`: what the next attempt will restore from. */
  | { readonly type: 'settled'; readonly latest: number | undefined }

  // Requests of people.
  | { readonly type: 'savepoint.asked'; readonly request: string; readonly kind: SnapshotKind }
  | {
      readonly type: 'savepoint.answered'
      readonly request: string
      /** Undefined: it failed. */
      readonly checkpointId: number | undefined
    }

  // Storage: told when it is so on the disk.
  | ({ readonly type: 'manifest.stored'; readonly epoch: number; readonly kind: SnapshotKind } & OfCheckpoint)
  | ({ readonly type: 'state.stored'; readonly epoch: number; readonly subtask: string } & OfCheckpoint)
  /** All bytes of a checkpoint are gone, or those of one subtask. */
  | ({ readonly type: 'checkpoint.deleted'; readonly epoch: number } & OfCheckpoint)
  | ({ readonly type: 'state.deleted'; readonly epoch: number; readonly subtask: string } & OfCheckpoint)
  /** A write that was refused because a newer owner holds the lease. */
  | { readonly type: 'write.refused'; readonly epoch: number }
  | ({ readonly type: 'pinned'; readonly savepoint: string } & OfCheckpoint)
  | ({ readonly type: 'unpinned'; readonly savepoint: string } & OfCheckpoint)
  | ({ readonly type: 'savepoint.published'; readonly savepoint: string } & OfCheckpoint)
  /** A copy of the checkpoint is a savepoint by itself from now on. */
  | ({ readonly type: 'savepoint.sealed'; readonly savepoint: string } & OfCheckpoint)
  | ({ readonly type: 'savepoint.removed'; readonly savepoint: string } & OfCheckpoint)

  // Output. `stream` and `position` name an item: each stream brings its positions 1, 2, 3 … once each.
  /** Part of the transaction of this checkpoint, not visible yet. */
  | ({
      readonly type: 'precommitted'
      readonly items: readonly { readonly stream: string; readonly first: number; readonly last: number }[]
    } & OfSubtask &
      OfCheckpoint)
  /** Visible. `checkpointId` is that of the transaction. */
  | ({
      readonly type: 'committed'
      readonly items: readonly { readonly stream: string; readonly first: number; readonly last: number }[]
      readonly subtask: string
    } & OfCheckpoint)

  // Timers of user code, key groups, encoded machines.
  /** Timers of event time, whose names are unique in their subtask: all of them fire before `data.ended`. */
  | ({ readonly type: 'user-timer.set'; readonly timer: string } & OfSubtask)
  | ({ readonly type: 'user-timer.deleted'; readonly timer: string } & OfSubtask)
  | ({ readonly type: 'user-timer.fired'; readonly timer: string } & OfSubtask)
  /** Which key groups of an operator's state a subtask has restored (last inclusive), before it began. */
  | ({
      readonly type: 'key-groups.restored'
      readonly operator: string
      readonly maxParallelism: number
      readonly first: number
      readonly last: number
    } & OfSubtask)
  /** A machine's state was written and read again. */
  | { readonly type: 'machine.reread'; readonly machine: string; readonly same: boolean; readonly difference?: string }
