/**
 * What `execute` gives back: the running job as its program sees it. Types only; the job (rank 5) makes handles.
 */
import type { Observable } from 'rxjs'
import type { SavepointFormat } from '../core/elements.ts'
import type { StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId, OperatorId, TriggerId } from '../core/ids.ts'
import type { JobStatus } from '../core/job-status.ts'

export type { JobStatus } from '../core/job-status.ts'

/** Something that happened to a job. `timestamp` is in milliseconds since 1970. */
export type JobEvent =
  | {
      readonly type: 'status-changed'
      readonly timestamp: number
      readonly from: JobStatus
      readonly to: JobStatus
      readonly error?: StreamError
    }
  | {
      readonly type: 'checkpoint-triggered'
      readonly timestamp: number
      readonly checkpointId: CheckpointId
      readonly kind: 'checkpoint' | 'savepoint'
    }
  | {
      readonly type: 'checkpoint-completed'
      readonly timestamp: number
      readonly checkpointId: CheckpointId
      readonly kind: 'checkpoint' | 'savepoint'
      /** Bytes of state that it refers to. */
      readonly stateBytes: number
      /** Of these, what it wrote itself, the rest being files of earlier checkpoints; left out when it wrote everything. */
      readonly writtenBytes?: number
      /** Of these, records that an unaligned checkpoint found on their way; left out when there were none. */
      readonly inFlightBytes?: number
      /** From trigger to completion. */
      readonly durationMs: number
      readonly path: string
    }
  | {
      readonly type: 'checkpoint-aborted'
      readonly timestamp: number
      readonly checkpointId: CheckpointId
      readonly kind: 'checkpoint' | 'savepoint'
      readonly reason: string
      readonly durationMs: number
    }
  | {
      readonly type: 'savepoint-completed'
      readonly timestamp: number
      readonly checkpointId: CheckpointId
      readonly path: string
      readonly stateBytes: number
      readonly durationMs: number
    }
  | {
      readonly type: 'task-failed'
      readonly timestamp: number
      readonly operatorId: OperatorId
      readonly operatorName: string
      readonly subtaskIndex: number
      readonly attempt: number
      readonly error: StreamError
    }
  | {
      readonly type: 'restarting'
      readonly timestamp: number
      /** The attempt that comes; the first run is attempt 0. */
      readonly attempt: number
      readonly delayMs: number
      /** The checkpoint it will go on from; undefined when it starts from the beginning. */
      readonly fromCheckpoint: CheckpointId | undefined
    }
  | {
      /** Once a second and subtask, while it reads the keyed state that it begins with. */
      readonly type: 'restore-progressed'
      readonly timestamp: number
      readonly operatorName: string
      readonly subtaskIndex: number
      readonly bytes: number
      readonly totalBytes: number
    }
  | { readonly type: 'warning'; readonly timestamp: number; readonly message: string }

export interface JobResult {
  readonly id: JobId
  readonly status: JobStatus
  /** Why it failed. */
  readonly error?: StreamError
}

/**
 * A savepoint as it is asked for.
 *
 * @example await job.triggerSavepoint({ dir: 'state/savepoints', triggerId: '0123456789abcdef0123456789abcdef' })
 */
export interface SavepointRequest {
  /** The directory that the savepoint goes into. Left out: the configured place. */
  readonly dir?: string | undefined
  /**
   * A pointer to a checkpoint, which it keeps from being deleted, or a directory that holds all state itself and may be moved
   * and copied. Left out: the configured one, which is `pointer` by default.
   */
  readonly format?: SavepointFormat | undefined
  /**
   * The caller's own name for this request, 32 hex digits. Asked again under the same name, the job makes no second
   * savepoint but gives the first one, or its failure, also when it has ended since. Left out: one is made up.
   */
  readonly triggerId?: string | undefined
}

/** A savepoint, or a stop with one, that was asked for of a job. Times are in milliseconds since 1970. */
export type SavepointOperation = {
  readonly triggerId: TriggerId
  readonly kind: 'savepoint' | 'stop' | 'drain'
  readonly dir: string | undefined
  /** Undefined: the configured one. */
  readonly format: SavepointFormat | undefined
  readonly startedAt: number
} & (
  | { readonly status: 'in-progress' }
  | { readonly status: 'completed'; readonly endedAt: number; readonly path: string }
  | {
      readonly status: 'failed'
      readonly endedAt: number
      readonly error: StreamError
      /** The savepoint that a stop has made before it failed (`STOP_INCOMPLETE`). */
      readonly path: string | undefined
    }
)

export interface StopOptions {
  /** Where the savepoint goes: a directory, or true for the configured place. Default true. */
  readonly savepoint?: string | boolean
  /** Flush everything first, as if the input had ended? Then the savepoint is an end, not a pause. Default false. */
  readonly drain?: boolean
  /** As that of a savepoint. */
  readonly format?: SavepointFormat | undefined
  /** The caller's own name for this request, as that of a savepoint. */
  readonly triggerId?: string | undefined
}

/**
 * A job that was submitted.
 *
 * @example
 * const job = await env.execute('word count')
 * job.status.subscribe((status) => report(status))
 * const path = await job.triggerSavepoint()
 * await job.cancel()
 */
export interface JobHandle {
  readonly id: JobId
  readonly name: string
  /** The current status at once, then every change; completes at the end of the job. */
  readonly status: Observable<JobStatus>
  /** What happens from now on; completes at the end of the job. */
  readonly events: Observable<JobEvent>
  /**
   * The path of a new savepoint, or of the one that was asked for under the same trigger id before. Fails with
   * `JOB_NOT_RUNNING`, `CHECKPOINT_FAILED`, `SAVEPOINT_DIR_MISSING`, `SAVEPOINT_BACKEND_INCOMPATIBLE`, and with `TRIGGER_CONFLICT` when the id names another request.
   */
  triggerSavepoint(target?: string | SavepointRequest): Promise<string>
  /** The savepoints and stops that were asked for, newest first: those under way, and the last 1,000 at most. */
  savepointOperations(): readonly SavepointOperation[]
  /** The id of a new completed checkpoint. Fails with `JOB_NOT_RUNNING`, `CHECKPOINT_FAILED`. */
  triggerCheckpoint(): Promise<number>
  /**
   * Stops with a savepoint and gives its path. Fails as `triggerSavepoint` does: the job then goes on, or restarts. Fails
   * with `STOP_INCOMPLETE`, whose message and details have the path, when the savepoint is there but the job did not end
   * with it: it failed on its last steps, and restarts if its strategy allows.
   */
  stop(options?: StopOptions): Promise<string>
  /** Ends the job without a savepoint. Resolves when it has ended; does nothing to a job that has. */
  cancel(): Promise<void>
  /** Resolves when the job has ended, however it did; never rejects. */
  readonly done: Promise<JobResult>
}
