/**
 * What the actors of one job say to each other above the subtasks, and what they tell the job's client: the
 * coordinator's and the job's events without the time stamp that the receiver adds, and the facts a client sees.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { SavepointTarget } from '../core/elements.ts'
import type { StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId, SubtaskId } from '../core/ids.ts'
import type {
  CheckpointAnnouncement,
  CoordinatorEvent,
  RequestOutcome,
} from '../machines/checkpoint-coordinator/protocol.ts'
import type { JobEvent, JobStatus } from '../machines/job/protocol.ts'
import type { SavepointOutcome } from '../machines/savepoint-store/protocol.ts'
import type { Failure } from '../machines/subtask/protocol.ts'

/** An event as it is sent: the receiving actor adds when it came, and a random number where the event wants one. */
type Unstamped<Event> = Event extends unknown ? Omit<Event, 'at' | 'random'> : never

export type CoordinatorMessage =
  | Unstamped<CoordinatorEvent>
  | { readonly type: 'manifest.written'; readonly snapshot: StoredSnapshot }

export type JobMessage =
  | Unstamped<JobEvent>
  /** What the attempt restores from is read and checked; deploy it. */
  | { readonly type: 'attempt.prepared'; readonly attempt: number; readonly prepared: unknown }
  /** It cannot be read. */
  | { readonly type: 'attempt.unprepared'; readonly attempt: number; readonly failure: Failure }

/** To the session's savepoint actor. */
export type SavepointMessage =
  | {
      readonly type: 'savepoint.create'
      readonly jobId: JobId
      readonly checkpointId: CheckpointId
      readonly checkpointPath: string
      readonly target: SavepointTarget
    }
  | { readonly type: 'savepoint.dispose'; readonly requestId: string; readonly path: string }
  /** Where the savepoint to dispose of is: `place` is for the actor's eyes only. */
  | { readonly type: 'savepoint.located'; readonly requestId: string; readonly place: unknown }
  | { readonly type: 'savepoint.missing'; readonly requestId: string; readonly error: StreamError }
  | { readonly type: 'savepoint.stepped'; readonly key: string; readonly event: object }

/** To the client of a job, which turns them into promises and observables. */
export type ClientMessage =
  /** Something that a person should know about the job. */
  | { readonly type: 'warning.raised'; readonly message: string }
  | { readonly type: 'request.answered'; readonly requestId: string; readonly outcome: RequestOutcome }
  | { readonly type: 'disposal.answered'; readonly requestId: string; readonly outcome: SavepointOutcome }
  | { readonly type: 'checkpoint.announced'; readonly announcement: CheckpointAnnouncement }
  | { readonly type: 'status.changed'; readonly status: JobStatus; readonly at: number; readonly failure?: Failure }
  | {
      readonly type: 'restore.progressed'
      readonly subtask: SubtaskId
      readonly bytes: number
      readonly totalBytes: number
    }
  | { readonly type: 'task.failed'; readonly subtask: SubtaskId; readonly attempt: number; readonly failure: Failure }
  | {
      readonly type: 'job.restarting'
      readonly attempt: number
      readonly delayMs: number
      readonly failure: Failure
    }
  | { readonly type: 'job.completed'; readonly status: JobStatus; readonly failure?: Failure }
