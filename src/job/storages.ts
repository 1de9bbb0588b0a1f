/**
 * The storages and savepoint stores of a session, one per kind and place, so that what lives in memory is shared by its
 * jobs; and the way from a path that a person typed to the snapshot behind it. The scheme of a path says who answers:
 * `jobmanager:` this process, none or `file:` the disk, any other one a plugin.
 */
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FoundSavepoint } from '../actors/savepoint-actor.ts'
import type {
  CheckpointStorage,
  ClaimedPlace,
  SnapshotClaims,
  StartPlace,
  StoredSnapshot,
} from '../backends/checkpoint-storage.ts'
import { type FileSystem, nodeFileSystem } from '../backends/file-system.ts'
import { filesystemCheckpointStorage } from '../backends/filesystem-checkpoints.ts'
import { filesystemSavepointStore } from '../backends/filesystem-savepoints.ts'
import { jobmanagerCheckpointStorage } from '../backends/jobmanager-checkpoints.ts'
import { jobmanagerSavepointStore } from '../backends/jobmanager-savepoints.ts'
import { placeUrl, pluginScheme, withoutMetadata } from '../backends/place-url.ts'
import type { Plugin } from '../backends/plugin.ts'
import { isJobCheckpoint } from '../backends/savepoint-copy.ts'
import type { SavepointEntry, SavepointStore } from '../backends/savepoint-store.ts'
import { type Clock, realClock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import type { SavepointOptions } from '../program/options.ts'
import { PluginRegistry } from './plugin-registry.ts'
import type { CheckpointStorageOptions } from './session-options.ts'

const inMemory = 'jobmanager://'

export interface StoragesOptions {
  /** Stands in for the disk: simulation. */
  readonly fs?: FileSystem
  /** Stands in for the time that leases note. */
  readonly clock?: Pick<Clock, 'now'>
  readonly plugins?: readonly Plugin[]
}

export class Storages {
  readonly #fs: FileSystem
  readonly #clock: Pick<Clock, 'now'>
  readonly #memory = jobmanagerCheckpointStorage()
  readonly #memorySavepoints = jobmanagerSavepointStore()
  readonly #roots = new Map<string, CheckpointStorage>()
  readonly #savepointDirs = new Map<string, SavepointStore>()
  readonly #plugins: PluginRegistry
  /** For savepoint stores: a checkpoint may be anywhere. */
  readonly #follow = { resolve: async (path: string) => this.#storageAt(path)?.resolve(path) }

  /** Fails with `PLUGIN_INVALID`. */
  constructor({ fs = nodeFileSystem, clock = realClock, plugins = [] }: StoragesOptions = {}) {
    this.#fs = fs
    this.#clock = clock
    this.#plugins = new PluginRegistry(plugins, this.#follow)
  }

  /** Fails with `STORAGE_UNKNOWN`, `PLUGIN_INVALID`. */
  checkpoints(options: CheckpointStorageOptions): CheckpointStorage {
    if (options.kind === 'custom') return this.#plugins.checkpoints(options.url)
    return options.kind === 'jobmanager' ? this.#memory : this.#rooted(resolve(options.dir))
  }

  /** Fails with `STORAGE_UNKNOWN`, `PLUGIN_INVALID`. */
  savepoints(options: SavepointOptions): SavepointStore {
    if (options.kind === 'custom') return this.#plugins.savepoints(options.url)
    return options.kind === 'jobmanager' || options.dir === undefined ? this.#memorySavepoints : this.#in(options.dir)
  }

  /**
   * The snapshot that a path names, be it a savepoint or a checkpoint. Fails with `SAVEPOINT_NOT_FOUND`, `STORAGE_UNKNOWN`
   * and damage.
   */
  async find(path: string): Promise<StoredSnapshot> {
    const plain = plainPath(path)
    const snapshot = (await this.#storeAt(plain)?.resolve(plain)) ?? (await this.#storageAt(plain)?.resolve(plain))
    if (snapshot !== undefined) return snapshot
    throw notFound(path)
  }

  /**
   * A savepoint with all that its disposal needs; the job that made it is not. Fails with `SAVEPOINT_NOT_FOUND`,
   * `STORAGE_UNKNOWN`.
   */
  async findSavepoint(path: string): Promise<FoundSavepoint> {
    const plain = plainPath(path)
    const store = this.#storeAt(plain)
    const entry = await store?.entry(plain)
    if (store === undefined || entry === undefined) throw notFound(path)
    const { checkpointPath } = entry
    // With a self-contained one goes no checkpoint, so that no storage is asked for any.
    const storage = checkpointPath === undefined ? this.#memory : this.#storageAt(checkpointPath)
    if (storage === undefined) throw notFound(checkpointPath ?? path)
    return { path: entry.path, store, storage, checkpointPath }
  }

  /** What a job that starts at this path without a claim needs for as long as it has nothing of its own. */
  startAt(path: string, { manifest }: StoredSnapshot): StartPlace {
    return { path: plainPath(path), job: manifest.job.id, checkpointId: manifest.checkpointId }
  }

  /** What a job that claims this path owns from then on. Fails as `find` does. */
  async claimable(path: string): Promise<ClaimedPlace> {
    const { path: snapshot, manifest } = await this.find(path)
    const plain = plainPath(path)
    const entry = await this.#storeAt(plain)?.entry(plain)
    const savepoint = entry?.checkpointPath === undefined ? undefined : entry.path
    const { job, timestamp, checkpointId } = manifest
    return { checkpointId, snapshot, savepoint, made: { job: job.id, timestamp } }
  }

  /** The job that has claimed the snapshot at this path; undefined when none has. */
  async claimantOf(snapshot: string): Promise<JobId | undefined> {
    return this.#storageAt(snapshot)?.claims?.claimant(snapshot)
  }

  /** How the snapshot at this path passes to another job. Fails with `CLAIM_REFUSED` where none can. */
  claimsAt(snapshot: string): SnapshotClaims {
    const claims = this.#storageAt(snapshot)?.claims
    if (claims !== undefined) return claims
    throw new StreamError(
      'CLAIM_REFUSED',
      `${snapshot} cannot be claimed: what keeps it does not let snapshots pass to another job. Start from it without a claim.`,
      { details: { path: snapshot } },
    )
  }

  /** Removes a pointer, and then its pin at the snapshot. Finishes what a process that died in between has begun. */
  async endSavepoint(savepoint: string, snapshot: string): Promise<void> {
    await this.#storeAt(savepoint)
      ?.remove(savepoint)
      .catch((error: unknown) => {
        if (!(error instanceof StreamError) || error.code !== 'SAVEPOINT_NOT_FOUND') throw error
      })
    await this.#storageAt(snapshot)?.unpin(snapshot, savepoint)
  }

  /** Is it where a job keeps a checkpoint of its own? */
  isJobCheckpoint(path: string): boolean {
    return path.startsWith(`${inMemory}checkpoints/`) || isJobCheckpoint(path)
  }

  async listSavepoints(): Promise<readonly SavepointEntry[]> {
    const stores = [this.#memorySavepoints, ...this.#savepointDirs.values(), ...this.#plugins.savepointStores]
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
    const store = filesystemSavepointStore({ dir: full, storage: this.#follow, fs: this.#fs })
    this.#savepointDirs.set(full, store)
    return store
  }

  #storeAt(path: string): SavepointStore | undefined {
    if (pluginScheme(path) !== undefined) return this.#plugins.storeOf(path)
    return path.startsWith(inMemory) ? this.#memorySavepoints : this.#in(dirname(path))
  }

  /** A checkpoint is at `<place>/<job id>/chk-<n>`. */
  #storageAt(path: string): CheckpointStorage | undefined {
    if (pluginScheme(path) !== undefined) return this.#plugins.storageOf(path)
    return path.startsWith(inMemory) ? this.#memory : this.#rooted(dirname(dirname(resolve(path))))
  }
}

/** A directory, its `_metadata` or a `file:` URL, as the directory; another URL as it is, without `_metadata`. */
function plainPath(path: string): string {
  if (pluginScheme(path) !== undefined) return withoutMetadata(placeUrl(path) ?? path)
  if (path.startsWith(inMemory)) return path
  const plain = resolve(path.startsWith('file:') ? fileURLToPath(path) : path)
  return basename(plain) === '_metadata' ? dirname(plain) : plain
}

const notFound = (path: string): StreamError =>
  new StreamError('SAVEPOINT_NOT_FOUND', `There is no savepoint or checkpoint at ${path}.`, { details: { path } })
