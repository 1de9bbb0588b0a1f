/**
 * The contract of a savepoint store: a savepoint is a named pointer to a completed checkpoint, which it pins, or, where
 * the store can hold state, a copy of one that needs nothing else.
 *
 * The steps are separate, so that the savepoint machine owns their order and a crash between any two of them is a
 * state that can be named: pin the checkpoint, then publish the pointer; remove the pointer, then unpin. For a copy: pin,
 * copy, seal, unpin.
 */
import type { JobId } from '../core/ids.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'

export interface SavepointEntry {
  /** `jobmanager://savepoints/<n>`, `<dir>/savepoint-<6 of job id>-<12 hex>`, or `<place>/<name>` where the place is a plugin's. */
  readonly path: string
  readonly jobId: JobId
  readonly jobName: string
  /** Undefined for a self-contained one, which needs no checkpoint. */
  readonly checkpointPath: string | undefined
  readonly timestamp: number
}

export interface SavepointCopies {
  /**
   * Copies all state of `snapshot` to a reserved path, and checks it on the way; durable when it resolves, and not yet a
   * savepoint. Fails with `STATE_FILE_DAMAGED`, `STATE_FILE_MISSING`, `STORAGE_FULL`, `STORAGE_FAILED`.
   */
  copy(path: string, snapshot: StoredSnapshot): Promise<void>
  /** Makes the copy a savepoint, which from then on needs nothing but itself; durable when it resolves. Idempotent. */
  seal(path: string, snapshot: StoredSnapshot): Promise<void>
}

export interface SavepointStore {
  /** `jobmanager`, `filesystem`, or the scheme of a plugin. */
  readonly kind: string
  /**
   * Reserves the name of a new savepoint. Fails with `DIRECTORY_NOT_WRITABLE`. `dir` overrides the configured
   * directory, for stores that have any: another place of the same form. `random` gives the bytes of the name.
   */
  reserve(jobId: JobId, dir: string | undefined, random: (length: number) => Uint8Array): Promise<string>
  /** Publishes the pointer at a reserved path; durable when it resolves. Idempotent. */
  publish(path: string, snapshot: StoredSnapshot): Promise<void>
  /** How self-contained savepoints are made; left out by a store that only points. */
  readonly copies?: SavepointCopies
  /** Removes whatever a creation that failed has left at a reserved path, and the name. Idempotent. */
  clear(path: string): Promise<void>
  /** Follows a savepoint to its snapshot. Undefined when the path is not of this store's form. Fails with
   * `SAVEPOINT_NOT_FOUND`, `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`. */
  resolve(path: string): Promise<StoredSnapshot | undefined>
  entry(path: string): Promise<SavepointEntry | undefined>
  list(): Promise<readonly SavepointEntry[]>
  /** Removes the pointer, or the copy. Fails with `SAVEPOINT_NOT_FOUND`. After it the savepoint cannot be named any more. */
  remove(path: string): Promise<void>
}
