/**
 * What the machine of one job's life hears and orders. Its states carry Flink's names where they are Flink's.
 *
 * Glossary. An *attempt* is one deployment of all subtasks; a failure ends it and, if the restart strategy allows,
 * attempt + 1 starts from the newest completed checkpoint. *Settled* is the coordinator's word that no checkpoint is in
 * flight any more; only then is "newest" certain.
 */
import type { CheckpointId, SubtaskId } from '../../core/ids.ts'
import type { JobStatus } from '../../core/job-status.ts'
import type { Failure, SubtaskStatus } from '../subtask/protocol.ts'

export type { JobStatus } from '../../core/job-status.ts'

export type RestartStrategy =
  | { readonly strategy: 'none' }
  | { readonly strategy: 'fixed-delay'; readonly attempts: number; readonly delayMs: number }
  | {
      readonly strategy: 'exponential-delay'
      readonly initialBackoffMs: number
      readonly maxBackoffMs: number
      readonly backoffMultiplier: number
      readonly resetBackoffThresholdMs: number
      readonly jitterFactor: number
      readonly attempts: number | undefined
    }
  | {
      readonly strategy: 'failure-rate'
      readonly maxFailuresPerInterval: number
      readonly failureRateIntervalMs: number
      readonly delayMs: number
    }

export interface JobMachineInput {
  readonly restart: RestartStrategy
  readonly subtasks: readonly SubtaskId[]
  readonly firstAttempt: number
}

export type JobEvent =
  | { readonly type: 'job.submitted'; readonly at: number }
  | {
      readonly type: 'subtask.reported'
      readonly subtask: SubtaskId
      readonly attempt: number
      readonly status: SubtaskStatus
      readonly failure?: Failure
      readonly at: number
      readonly random: number
    }
  /** Something other than a subtask failed: deployment, storage, the lease, the checkpoint failure threshold. */
  | { readonly type: 'job.crashed'; readonly failure: Failure; readonly at: number; readonly random: number }
  | { readonly type: 'checkpoints.settled'; readonly latest: CheckpointId | undefined; readonly at: number }
  | { readonly type: 'cancel.requested'; readonly at: number }
  /** The embedding process shuts down without ending the job: keep everything for a resume. */
  | { readonly type: 'suspend.requested'; readonly at: number }
  /** The end's housekeeping (retention, sweep, lease) is done. Answers `release`. */
  | { readonly type: 'job.released'; readonly at: number }
  /** A timer that `timer.set` asked for: `restart-delay`. */
  | { readonly type: 'timer.fired'; readonly name: string; readonly at: number }

export type JobEffect =
  /** Create, restore and start every subtask. `latest` undefined: from the initial restore point, if there is one. */
  | {
      readonly type: 'deploy'
      readonly params: { readonly attempt: number; readonly latest: CheckpointId | undefined }
    }
  /**
   * Every subtask runs (or is finished): the coordinator may trigger. `ended` of those that run have processed all their
   * data already, and are told to it as by `tellEnd`.
   */
  | {
      readonly type: 'startCheckpoints'
      readonly params: {
        readonly attempt: number
        readonly finished: readonly SubtaskId[]
        readonly ended: readonly SubtaskId[]
      }
    }
  /** The coordinator hears that a subtask has ended or finished; of none before `startCheckpoints`. */
  | {
      readonly type: 'tellEnd'
      readonly params: {
        readonly subtask: SubtaskId
        readonly attempt: number
        readonly status: 'ended' | 'finished'
      }
    }
  /**
   * End the attempt for the coordinator; always answered by `checkpoints.settled`, also if nothing was started.
   * `failedSubtask`: the one whose failure ended it.
   */
  | {
      readonly type: 'stopCheckpoints'
      readonly params: { readonly message: string; readonly failedSubtask: SubtaskId | undefined }
    }
  /** Every subtask of the attempt then reports that it is over; one that was never created is reported canceled. */
  | { readonly type: 'cancelSubtasks'; readonly params: { readonly attempt: number } }
  | {
      readonly type: 'reportStatus'
      readonly params: { readonly status: JobStatus; readonly at: number; readonly failure?: Failure }
    }
  | {
      readonly type: 'reportRestart'
      readonly params: { readonly attempt: number; readonly delayMs: number; readonly failure: Failure }
    }
  /** Housekeeping of a job that ends with this status; answered by `job.released`. */
  | { readonly type: 'release'; readonly params: { readonly status: JobStatus } }
  | { readonly type: 'complete'; readonly params: { readonly status: JobStatus; readonly failure?: Failure } }
  | { readonly type: 'timer.set'; readonly params: { readonly name: string; readonly delayMs: number } }
  | { readonly type: 'timer.clear'; readonly params: { readonly name: string } }
  | { readonly type: 'report'; readonly params: { readonly what: string; readonly event: string } }
