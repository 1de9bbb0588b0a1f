/**
 * The storages and savepoint stores of a session, one per kind and directory, so that what lives in memory is shared
 * by its jobs; and the way from a path that a person typed to the snapshot behind it.
 */
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SavepointPlace } from '../actors/savepoint-actor.ts'
import type { CheckpointStorage, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { type FileSystem, nodeFileSystem } from '../backends/file-system.ts'
import { filesystemCheckpointStorage } from '../backends/filesystem-checkpoints.ts'
import { filesystemSavepointStore } from '../backends/filesystem-savepoints.ts'
import { jobmanagerCheckpointStorage } from '../backends/jobmanager-checkpoints.ts'
import { jobmanagerSavepointStore } from '../backends/jobmanager-savepoints.ts'
import type { SavepointEntry, SavepointStore } from '../backends/savepoint-store.ts'
import { type Clock, realClock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import type { SavepointOptions } from '../program/options.ts'
import type { CheckpointStorageOptions } from './session-options.ts'

const inMemory = 'jobmanager://'

export class Storages {
  readonly #fs: FileSystem
  readonly #clock: Pick<Clock, 'now'>
  readonly #memory = jobmanagerCheckpointStorage()
  readonly #memorySavepoints = jobmanagerSavepointStore()
  readonly #roots = new Map<string, CheckpointStorage>()
  readonly #savepointDirs = new Map<string, SavepointStore>()

  /** `fs` and `clock` stand in for the disk and the time that leases note: simulation. */
  constructor({ fs = nodeFileSystem, clock = realClock }: { fs?: FileSystem; clock?: Pick<Clock, 'now'> } = {}) {
    this.#fs = fs
    this.#clock = clock
  }

  checkpoints(options: CheckpointStorageOptions): CheckpointStorage {
    return options.kind === 'jobmanager' ? this.#memory : this.#rooted(resolve(options.dir))
  }

  savepoints(options: SavepointOptions): SavepointStore {
    return options.kind === 'jobmanager' || options.dir === undefined ? this.#memorySavepoints : this.#in(options.dir)
  }

  /** The snapshot that a path names, be it a savepoint or a checkpoint. Fails with `SAVEPOINT_NOT_FOUND` and damage. */
  async find(path: string): Promise<StoredSnapshot> {
    const local = localPath(path)
    const snapshot = (await this.#storeAt(local).resolve(local)) ?? (await this.#storageAt(local).resolve(local))
    if (snapshot !== undefined) return snapshot
    throw notFound(path)
  }

  /** A savepoint with all that its disposal needs. Fails with `SAVEPOINT_NOT_FOUND`. */
  async findSavepoint(path: string): Promise<SavepointPlace & { readonly checkpointPath: string }> {
    const local = localPath(path)
    const store = this.#storeAt(local)
    const entry = await store.entry(local)
    if (entry === undefined) throw notFound(path)
    return { store, storage: this.#storageAt(entry.checkpointPath), checkpointPath: entry.checkpointPath }
  }

  async listSavepoints(): Promise<readonly SavepointEntry[]> {
    const stores = [this.#memorySavepoints, ...this.#savepointDirs.values()]
    return (await Promise.all(stores.map((store) => store.list()))).flat()
  }

  #rooted(root: string): CheckpointStorage {
    const known = this.#roots.get(root)
    if (known !== undefined) return known
    const storage = filesystemCheckpointStorage({ dir: root, fs: this.#fs, clock: this.#clock })
    this.#roots.set(root, storage)
    return storage
  }

  #in(dir: string): SavepointStore {
    const full = resolve(dir)
    const known = this.#savepointDirs.get(full)
    if (known !== undefined) return known
    const follow = (path: string) => this.#storageAt(path).resolve(path)
    const store = filesystemSavepointStore({ dir: full, storage: { resolve: follow }, fs: this.#fs })
    this.#savepointDirs.set(full, store)
    return store
  }

  #storeAt(path: string): SavepointStore {
    return path.startsWith(inMemory) ? this.#memorySavepoints : this.#in(dirname(path))
  }

  /** A checkpoint is at `<root>/<job id>/chk-<n>`. */
  #storageAt(path: string): CheckpointStorage {
    return path.startsWith(inMemory) ? this.#memory : this.#rooted(dirname(dirname(resolve(path))))
  }
}

/** A directory, its `_metadata` or a `file:` URL, as the directory; a `jobmanager:` path as it is. */
function localPath(path: string): string {
  if (path.startsWith(inMemory)) return path
  const plain = resolve(path.startsWith('file:') ? fileURLToPath(path) : path)
  return basename(plain) === '_metadata' ? dirname(plain) : plain
}

const notFound = (path: string): StreamError =>
  new StreamError('SAVEPOINT_NOT_FOUND', `There is no savepoint or checkpoint at ${path}.`, { details: { path } })
