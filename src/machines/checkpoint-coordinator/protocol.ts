/**
 * What the checkpoint coordinator hears and orders. Read this first, then `docs/protocols/checkpoint.md` (its tables,
 * generated), `test/machines/checkpoint-coordinator/table.test.ts`, the charts, and last the actor.
 *
 * Glossary. A *request* asks for a snapshot and is answered exactly once. A *pending* checkpoint has an id and collects
 * acknowledgements. It is *completed* when its manifest is durable (a savepoint: when its pointer is published too), or
 * *aborted*. *Settled*: nothing is in flight any more, so the job may restart from the newest completed checkpoint.
 * Every event carries the time it happened (`at`, milliseconds): machines read no clock.
 */

import type { Alignment, SavepointTarget, SnapshotKind } from '../../core/elements.ts'
import type { CheckpointId, SubtaskId } from '../../core/ids.ts'
import type { SubtaskState } from '../../core/state-handles.ts'
import type { DeclineReason, SnapshotMetrics } from '../subtask/protocol.ts'

/** Who takes part, frozen when the job runs. Predecessors tell which subtask must be triggered directly. */
export interface TaskPlan {
  readonly tasks: readonly {
    readonly subtask: SubtaskId
    /** Subtasks that feed it; none for a source. */
    readonly predecessors: readonly SubtaskId[]
    /** Finished before the restored snapshot: does not run, counts as acknowledged. */
    readonly finished: boolean
  }[]
}

export interface CoordinatorConfig {
  /** Undefined: no periodic checkpoints; savepoints still work. */
  readonly intervalMs: number | undefined
  readonly timeoutMs: number
  readonly minPauseMs: number
  /** Checkpoints that may be pending at once; savepoints do not count, unless `unaligned` is set. */
  readonly maxConcurrent: number
  /** Savepoints that may be pending at once; of no use when `unaligned` is set. */
  readonly savepointsMax: number
  /**
   * Barriers of checkpoints may overtake records: at once, or where they have waited for `alignedTimeoutMs` since the
   * trigger. Those of savepoints never do, and wait for a place among the checkpoints. Undefined: all are aligned.
   */
  readonly unaligned: { readonly alignedTimeoutMs: number | undefined } | undefined
  readonly tolerableFailures: number
  readonly retained: number
  readonly queueMax: number
  readonly afterTasksFinish: boolean
}

export type CheckpointFailureReason =
  | DeclineReason
  | 'PERIODIC_SCHEDULER_SHUTDOWN'
  | 'TOO_MANY_CHECKPOINT_REQUESTS'
  | 'MINIMUM_TIME_BETWEEN_CHECKPOINTS'
  | 'NOT_ALL_REQUIRED_TASKS_RUNNING'
  | 'IO_EXCEPTION'
  | 'CHECKPOINT_EXPIRED'
  | 'CHECKPOINT_SUBSUMED'
  | 'CHECKPOINT_COORDINATOR_SHUTDOWN'
  | 'CHECKPOINT_COORDINATOR_SUSPEND'
  | 'TASK_FAILURE'
  | 'FINALIZE_CHECKPOINT_FAILURE'
  | 'TRIGGER_CHECKPOINT_FAILURE'

export type CoordinatorEvent =
  /** All subtasks of this attempt run. `random` in [0, 1) places the first periodic trigger. */
  | {
      readonly type: 'job.running'
      readonly attempt: number
      readonly plan: TaskPlan
      readonly at: number
      readonly random: number
    }
  /**
   * The attempt is over (failing, cancelling): abort everything, then say `settled`. `failedSubtask`: the one whose
   * failure is the reason, if it is one's.
   */
  | {
      readonly type: 'job.stopping'
      readonly at: number
      readonly message: string
      readonly failedSubtask: SubtaskId | undefined
    }
  /** The job is over for good. */
  | { readonly type: 'job.ended'; readonly at: number }
  | {
      readonly type: 'checkpoint.requested'
      readonly requestId: string
      readonly kind: SnapshotKind
      readonly target: SavepointTarget
      readonly at: number
    }
  | {
      readonly type: 'subtask.acknowledged'
      readonly checkpointId: CheckpointId
      readonly subtask: SubtaskId
      readonly attempt: number
      readonly state: SubtaskState
      readonly metrics: SnapshotMetrics
      readonly at: number
    }
  | {
      readonly type: 'subtask.declined'
      readonly checkpointId: CheckpointId
      readonly subtask: SubtaskId
      readonly attempt: number
      readonly reason: DeclineReason
      readonly message: string
      readonly at: number
    }
  /** A subtask has processed all its data and waits for a final checkpoint. When all running ones have: trigger one at once. */
  | { readonly type: 'subtask.ended'; readonly subtask: SubtaskId; readonly attempt: number; readonly at: number }
  | { readonly type: 'subtask.finished'; readonly subtask: SubtaskId; readonly attempt: number; readonly at: number }
  | {
      readonly type: 'manifest.stored'
      readonly checkpointId: CheckpointId
      readonly path: string
      readonly at: number
    }
  /** Known absent: a doubtful write was read back first. */
  | {
      readonly type: 'manifest.failed'
      readonly checkpointId: CheckpointId
      readonly code: string
      readonly message: string
      readonly at: number
    }
  | {
      readonly type: 'savepoint.published'
      readonly checkpointId: CheckpointId
      readonly path: string
      readonly at: number
    }
  | {
      readonly type: 'savepoint.failed'
      readonly checkpointId: CheckpointId
      readonly code: string
      readonly message: string
      readonly at: number
    }
  /** The answer to `discard` and `retire`. `kept`: those that a pin still keeps. `failed`: why files stay until the next sweep. */
  | {
      readonly type: 'storage.cleaned'
      readonly checkpointIds: readonly CheckpointId[]
      readonly kept: readonly CheckpointId[]
      readonly failed: string | undefined
      readonly at: number
    }
  /** A timer that `timer.set` asked for: `interval`, or `timeout/<checkpoint id>`. */
  | { readonly type: 'timer.fired'; readonly name: string; readonly at: number }

export type RequestOutcome =
  | { readonly type: 'completed'; readonly checkpointId: CheckpointId; readonly path: string }
  | {
      readonly type: 'failed'
      readonly reason: CheckpointFailureReason
      readonly code: string
      readonly message: string
    }

/** What observers see of checkpoints: statistics, progress lines, the REST API. */
export type CheckpointAnnouncement =
  | {
      readonly type: 'triggered'
      readonly checkpointId: CheckpointId
      readonly kind: SnapshotKind
      readonly at: number
      /** Asked for by the interval, not by a person nor by the end of all data. */
      readonly periodic: boolean
      /** Subtasks of the job, those that have finished for good included. */
      readonly subtasks: number
      /** Who must acknowledge: all that have not finished. */
      readonly participants: readonly SubtaskId[]
    }
  /** A request that nobody waits for an answer to, of the interval or of the end of all data, was not carried out. */
  | {
      readonly type: 'dropped'
      readonly origin: 'periodic' | 'final'
      readonly reason: CheckpointFailureReason
      readonly message: string
      readonly at: number
    }
  | {
      readonly type: 'acknowledged'
      readonly checkpointId: CheckpointId
      readonly subtask: SubtaskId
      readonly metrics: SnapshotMetrics
      readonly at: number
    }
  /** The checkpoint had ended by then: statistics may want the metrics, nothing else changes. May be repeated. */
  | {
      readonly type: 'acknowledged-late'
      readonly checkpointId: CheckpointId
      readonly subtask: SubtaskId
      readonly metrics: SnapshotMetrics
      readonly at: number
    }
  | {
      readonly type: 'completed'
      readonly checkpointId: CheckpointId
      readonly kind: SnapshotKind
      readonly at: number
      readonly durationMs: number
      readonly bytes: number
      /** Of `bytes`, those that this checkpoint wrote; left out when it wrote all of them. */
      readonly writtenBytes?: number
      /** Of `bytes`, those of records that an unaligned checkpoint found on their way; left out when there were none. */
      readonly inFlightBytes?: number
      readonly path: string
    }
  | {
      readonly type: 'aborted'
      readonly checkpointId: CheckpointId
      readonly kind: SnapshotKind
      readonly at: number
      readonly reason: CheckpointFailureReason
      readonly message: string
    }

export type CoordinatorEffect =
  | {
      readonly type: 'triggerBarrier'
      readonly params: {
        readonly checkpointId: CheckpointId
        readonly timestamp: number
        readonly kind: SnapshotKind
        /** Undefined: aligned. */
        readonly alignment: Alignment | undefined
        readonly subtasks: readonly SubtaskId[]
      }
    }
  /** Every subtask acknowledged. `finished` ones took no part because they had ended for good. */
  | {
      readonly type: 'putManifest'
      readonly params: {
        readonly checkpointId: CheckpointId
        readonly timestamp: number
        readonly kind: SnapshotKind
        readonly states: readonly { readonly subtask: SubtaskId; readonly state: SubtaskState }[]
        readonly finished: readonly SubtaskId[]
      }
    }
  | {
      readonly type: 'publishSavepoint'
      readonly params: { readonly checkpointId: CheckpointId; readonly target: SavepointTarget }
    }
  | {
      readonly type: 'notifyComplete'
      readonly params: { readonly checkpointId: CheckpointId; readonly subtasks: readonly SubtaskId[] }
    }
  | {
      readonly type: 'notifyAborted'
      readonly params: {
        readonly checkpointId: CheckpointId
        readonly reason: CheckpointFailureReason
        /** The newest restore point. */
        readonly latestCompleted: CheckpointId | undefined
        readonly subtasks: readonly SubtaskId[]
      }
    }
  /** Remove the files of an aborted checkpoint, which has no manifest. This and `retire` are answered by `storage.cleaned`. */
  | { readonly type: 'discard'; readonly params: { readonly checkpointId: CheckpointId } }
  /** Let completed checkpoints go that retention no longer keeps (pins still hold them). */
  | { readonly type: 'retire'; readonly params: { readonly checkpointIds: readonly CheckpointId[] } }
  | { readonly type: 'reply'; readonly params: { readonly requestId: string; readonly outcome: RequestOutcome } }
  /** Nothing is in flight. `latest` is the newest completed checkpoint to restore from, if any. */
  | { readonly type: 'settled'; readonly params: { readonly latest: CheckpointId | undefined } }
  /** Too many failures in a row, or a stop-savepoint failed after tasks were drained. */
  | { readonly type: 'failJob'; readonly params: { readonly code: string; readonly message: string } }
  | { readonly type: 'announce'; readonly params: CheckpointAnnouncement }
  | { readonly type: 'timer.set'; readonly params: { readonly name: string; readonly delayMs: number } }
  | { readonly type: 'timer.clear'; readonly params: { readonly name: string } }
  | { readonly type: 'report'; readonly params: { readonly what: string; readonly event: string } }
