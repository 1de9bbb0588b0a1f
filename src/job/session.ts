/**
 * The contract between jobs and the interfaces over them: one session per process, holding its jobs, the configured
 * storage, and the savepoint store. The command line and the REST API see jobs only through this.
 */
import type { SavepointEntry } from '../backends/savepoint-store.ts'
import type { CheckpointId, JobId } from '../core/ids.ts'
import type { SubtaskCounts } from '../core/metrics.ts'
import type { RestorePlan } from '../deployment/restore-plan.ts'
import type { StateMapping } from '../deployment/state-mapping.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { CheckpointAnnouncement } from '../machines/checkpoint-coordinator/protocol.ts'
import type { JobStatus } from '../machines/job/protocol.ts'
import type { StreamEnvironment } from '../program/environment.ts'
import type { JobHandle } from '../program/job-handle.ts'
import type { ClaimMode } from './claim-mode.ts'
import type { EffectiveCheckpointing, JobDefaults } from './session-options.ts'

export interface SubmitOptions {
  readonly name?: string
  /** A savepoint, or a retained checkpoint: its directory, its `_metadata`, or `jobmanager://…`. */
  readonly fromSavepoint?: string
  readonly allowNonRestoredState?: boolean
  /** State that goes to another operator, or under another name, than where it was: `{ from: 'uid/state', to: 'uid2/state2' }`. */
  readonly stateMapping?: readonly StateMapping[]
  /**
   * Go on from the newest whole checkpoint of the job of this name, under its job id; `checkpointStats().restored` of the
   * job tells from which. Without one in the directory it warns and starts from the beginning; with storage in memory
   * it fails with `CHECKPOINT_NOT_FOUND`.
   */
  readonly resume?: boolean
  /**
   * Who owns the snapshot of `fromSavepoint` once the job runs: with `claim` the job, which deletes it when its own checkpoints
   * have taken its place, or when the job ends. Default `no_claim`: the job never deletes it.
   */
  readonly claimMode?: ClaimMode
  readonly jobId?: JobId
  /** Defaults of this submission: they win over the session's, the program's own options over them. */
  readonly defaults?: JobDefaults
}

export interface JobCheckpointStats {
  readonly counts: {
    readonly restored: number
    readonly total: number
    readonly inProgress: number
    readonly completed: number
    readonly failed: number
  }
  /** Newest first, bounded. */
  readonly history: readonly CheckpointHistoryEntry[]
  readonly restored:
    | { readonly checkpointId: CheckpointId; readonly path: string; readonly at: number; readonly isSavepoint: boolean }
    | undefined
}

export interface CheckpointHistoryEntry {
  readonly triggered: Extract<CheckpointAnnouncement, { type: 'triggered' }>
  readonly acknowledged: number
  readonly end: Extract<CheckpointAnnouncement, { type: 'completed' | 'aborted' }> | undefined
}

/** One job of a session: the user's handle plus what an operator of the system wants to see. */
export interface SessionJob extends JobHandle {
  readonly graph: JobGraph
  readonly checkpointing: EffectiveCheckpointing
  readonly startedAt: number
  readonly endedAt: number | undefined
  readonly currentStatus: JobStatus
  readonly attempt: number
  /** Time each status was last entered, in milliseconds. */
  readonly statusTimes: Readonly<Partial<Record<JobStatus, number>>>
  /** Counters per vertex id, in the order of its subtasks. Records in of a source are its polled records. */
  counts(): ReadonlyMap<string, readonly SubtaskCounts[]>
  /** Status of each subtask per vertex id. */
  subtaskStatuses(): ReadonlyMap<string, readonly string[]>
  checkpointStats(): JobCheckpointStats
  /** The failures of the job, newest first, bounded. */
  readonly failures: readonly { readonly at: number; readonly code: string; readonly message: string }[]
  /** What was worth knowing when it was submitted; the log and the events have it, too. */
  readonly warnings: readonly string[]
}

export interface Session {
  /** Fails with `ARGUMENT_INVALID` for options that there are not, and with the code of what cannot be started or restored. */
  submit(environment: StreamEnvironment, options?: SubmitOptions): Promise<SessionJob>
  /**
   * What `submit` would restore, all that speaks against it listed; undefined when it would start from nothing. Fails as `submit`
   * does when the snapshot cannot be found or read.
   */
  planRestore(environment: StreamEnvironment, options: SubmitOptions): Promise<RestorePlan | undefined>
  /** Every job of the session, oldest first, ended ones included (bounded). */
  jobs(): readonly SessionJob[]
  /** Fails with `JOB_NOT_FOUND`. */
  job(id: JobId): SessionJob
  /** Fails with `SAVEPOINT_NOT_FOUND`. */
  disposeSavepoint(path: string): Promise<void>
  savepoints(): Promise<readonly SavepointEntry[]>
  /**
   * Suspends every job (state kept for a resume), lets leases go, and waits for the writes and deletions that are under way.
   * Final: a later `submit` fails with `SESSION_CLOSED`.
   */
  close(): Promise<void>
}
