/**
 * The contract of checkpoint storage: where state bytes and manifests live.
 *
 * A checkpoint exists from the moment its manifest is stored, and then every file it names is durable. Whatever is not
 * named by a stored manifest is rubbish that `sweep` removes. A job's storage is opened by one process at a time:
 * opening raises the fencing epoch, and the next write of the earlier owner fails with `LEASE_LOST`.
 */
import type { CheckpointId, JobId, SubtaskId } from '../core/ids.ts'
import type { FileHandle, Manifest, StateHandle } from './manifest.ts'

/** Of state: `exclusive` to one checkpoint, and gone with it, or `shared` with later ones, and gone with the last. */
export type StateScope = 'exclusive' | 'shared'

/** The state of one subtask in one checkpoint. Bytes are appended in memory order, then made durable. */
export interface StateWriter {
  /** Starts a segment, exclusive unless told otherwise; bytes appended until `endSegment` belong to it. */
  beginSegment(scope?: StateScope): void
  /** Copies what it needs: the bytes may be overwritten afterwards. */
  append(bytes: Uint8Array): void
  /** The storage may put a small segment into the handle itself. */
  endSegment(): StateHandle
  /** Resolves when every byte is durable. A file without segments is not made at all. */
  close(): Promise<void>
  /** Gives the file up; resolves when it is gone. Never rejects. */
  abort(): Promise<void>
}

/** A completed checkpoint or savepoint that can be read. */
export interface StoredSnapshot {
  /** How a user names it: a path, `jobmanager://…`, or `<place>/<job id>/<name>` where the place is a plugin's. */
  readonly path: string
  readonly manifest: Manifest
  /** Reads and verifies one segment. Fails with `STATE_FILE_MISSING`, `STATE_FILE_DAMAGED`, `STATE_CODEC_UNSUPPORTED`. */
  read(handle: StateHandle): Promise<Uint8Array>
  /**
   * The same in pieces of `limits.restorePieceBytes`, for what may be large: verified before the first piece comes. A
   * storage that does not have it is read with `read`.
   */
  readInPieces?(handle: FileHandle): AsyncIterable<Uint8Array>
}

/** The checkpoints of one job, held under its lease. */
export interface JobCheckpoints {
  readonly jobId: JobId
  readonly epoch: number
  /** Completed checkpoints found when opened, oldest first: whole ones that the job has not let go. */
  readonly existing: readonly StoredSnapshot[]
  /**
   * Ids of stored checkpoints that could not be read when opened: the job does not restart from them, and `sweep` leaves
   * them alone. They can be discarded like the others.
   */
  readonly unreadable: readonly CheckpointId[]
  /** The highest checkpoint id ever seen here, whole or not; 0 when none. Ids are never reused. */
  readonly highestId: CheckpointId | 0
  /** Had the job finished when it was opened? The note of that is taken back by opening it. */
  readonly hadFinished: boolean
  openWriter(checkpoint: CheckpointId, subtask: SubtaskId): StateWriter
  /**
   * Stores the manifest, last of all. Resolves when it is durable. A doubtful write is read back first, so a rejection
   * means that the manifest is known to be absent. Fails with `LEASE_LOST`, `STORAGE_FULL`, `STORAGE_FAILED`.
   */
  putManifest(manifest: Manifest): Promise<StoredSnapshot>
  /** A stored checkpoint by id. Fails with `CHECKPOINT_NOT_FOUND`. */
  load(checkpoint: CheckpointId): Promise<StoredSnapshot>
  /**
   * Keeps the files of a stored checkpoint until the function that it returns is called, because the next one is being built
   * on them; undefined when the checkpoint is not there, or about to go.
   */
  hold(checkpoint: CheckpointId): (() => void) | undefined
  /**
   * Deletes a checkpoint unless a pin or the claim of another job holds it, and the shared files that no other one names. One
   * that the next checkpoint is being built on goes with a
   * later call, of `discard` or `sweep`. Returns whether it is gone.
   */
  discard(checkpoint: CheckpointId): Promise<boolean>
  /**
   * Deletes files and directories that no manifest names and that `inFlight` does not protect. Returns their names. With
   * nothing in flight nothing is held any more.
   */
  sweep(inFlight: readonly CheckpointId[]): Promise<readonly string[]>
  /**
   * Notes durably that the job has finished, before its last checkpoints are deleted: there is nothing to resume. Opening
   * the job again takes the note back.
   */
  finish(): Promise<void>
  /** Left out by a storage that cannot remember claims; its jobs make none. */
  readonly claim?: JobClaim | undefined
  /** Left out by a storage that cannot remember where jobs started. */
  readonly start?: JobStart | undefined
  /**
   * Takes back what opening it has noted, since the job does not start: it is not the last opened one of its name. What it made
   * besides may stay. Left out by a storage that notes nothing.
   */
  withdraw?(): Promise<void>
  /** Lets the lease go. */
  close(): Promise<void>
}

/** A job as its storage knows it. */
export interface StoredJob {
  readonly id: JobId
  readonly name: string
  /** A segment of up to so many bytes may go into the manifest itself, which saves files. Default 0. */
  readonly inlineBytes?: number
  /** What the job starts from without owning it: remembered from the opening on, in place of an earlier one. */
  readonly startsFrom?: StartPlace | undefined
  /**
   * The checkpoint of its own that the job goes on from: if the job had let it go, and something still holds it, it is the
   * job's again, and stays when the last pin goes.
   */
  readonly goesOnFrom?: CheckpointId | undefined
}

/** What a job started from without owning it, and goes on from while it has no checkpoint of its own. */
export interface StartPlace {
  /** As it was named: the path of a savepoint or of a `StoredSnapshot`. */
  readonly path: string
  /** Who made what was there, and its checkpoint id: something else may lie there later. */
  readonly job: JobId
  readonly checkpointId: CheckpointId
}

/** Where a job started, as its storage remembers it. */
export interface JobStart {
  /** Undefined when it began with nothing or with a claim, or has a checkpoint of its own. */
  readonly place: StartPlace | undefined
  /** Durable when it resolves: the job does not need the place any more. */
  forget(): Promise<void>
}

/** A snapshot that a job has claimed, as its storage remembers it. */
export interface ClaimedPlace {
  readonly checkpointId: CheckpointId
  /** Where the state is: the path of the `StoredSnapshot`. */
  readonly snapshot: string
  /** The savepoint that points there; undefined when none does. */
  readonly savepoint: string | undefined
  /** Who made it, and when it was triggered: something else may lie there later. Undefined in old records. */
  readonly made?: { readonly job: JobId; readonly timestamp: number } | undefined
}

/** What a job's storage remembers of a claim, so that the next process of the job knows what is to be deleted. */
export interface JobClaim {
  /** Undefined when there is none. */
  readonly place: ClaimedPlace | undefined
  /** Durable when it resolves; undefined: there is none any more. */
  note(place: ClaimedPlace | undefined): Promise<void>
}

/** Snapshots may pass to a job that did not make them. */
export interface SnapshotClaims {
  /** The job that has claimed the snapshot; undefined when none has, or there is none. */
  claimant(path: string): Promise<JobId | undefined>
  /** Fails as `claim` would for a job that has claimed nothing yet, and changes nothing. */
  check(path: string): Promise<void>
  /**
   * Makes a snapshot the property of a job, by the path of the `StoredSnapshot`. Idempotent. Fails with `CLAIM_REFUSED` when
   * another job has it, `CHECKPOINT_NOT_FOUND`.
   */
  claim(path: string, job: JobId): Promise<void>
  /**
   * Deletes what the job has claimed, unless a pin holds it: then it goes with the last pin, and is claimed no more. Does nothing to what the job has
   * not claimed. Idempotent.
   */
  discard(path: string, job: JobId): Promise<void>
  /** What the last opened job of this name has claimed and not deleted, if it has not finished. Fails with `STORAGE_FAILED`. */
  ofJob(jobName: string): Promise<{ readonly job: JobId; readonly place: ClaimedPlace } | undefined>
}

export interface CheckpointStorage {
  /** `jobmanager`, `filesystem`, or the scheme of a plugin. */
  readonly kind: string
  /** Opens (and takes over) the storage of a job. Fails with `DIRECTORY_NOT_WRITABLE`, `STORAGE_FAILED`. */
  open(job: StoredJob): Promise<JobCheckpoints>
  /**
   * The newest whole snapshot from which a job of this name may be resumed after the death of its process: plain
   * savepoints are passed over, stop-savepoints count, also one that the job has let go and a pin keeps: the job that it has
   * stopped goes on from it. Undefined when there is none. Fails rather than take an older one:
   * with `STORAGE_FAILED` when something cannot be read, with `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`,
   * `STATE_FILE_MISSING`, `STATE_FILE_DAMAGED` or `PATH_OUTSIDE_ROOT` when the newest one is there and cannot be used.
   */
  newest(jobName: string): Promise<StoredSnapshot | undefined>
  /**
   * The id of the last opened job of this name, if it has finished since; then nothing is left to resume. Fails with
   * `STORAGE_FAILED`.
   */
  finishedJob(jobName: string): Promise<JobId | undefined>
  /**
   * Where the last opened job of this name started, if it still needs that and has not finished. Left out by a storage that
   * cannot remember it. Fails with `STORAGE_FAILED`.
   */
  startOf?(jobName: string): Promise<{ readonly job: JobId; readonly place: StartPlace } | undefined>
  /** The names of jobs that were opened here and have not finished, sorted. */
  jobNames(): Promise<readonly string[]>
  /**
   * A checkpoint by its path: the directory or its `_metadata`. Undefined when the path is not of this storage's form.
   * Fails with `CHECKPOINT_NOT_FOUND`, `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`.
   */
  resolve(path: string): Promise<StoredSnapshot | undefined>
  /** Writes a pin so that `discard` keeps the checkpoint; idempotent. `path` is that of the `StoredSnapshot`. */
  pin(path: string, holder: string): Promise<void>
  /** Left out by a storage whose snapshots cannot be claimed. */
  readonly claims?: SnapshotClaims
  /** Removes a pin; when nothing else holds the checkpoint and its job let it go, deletes it. Idempotent. */
  unpin(path: string, holder: string): Promise<void>
}
