/**
 * The storages of a simulated process, which tell what is on the disk when it is so. What changes them (a mutant that
 * breaks a promise of storage) is put beneath the watch.
 */
import { join } from 'node:path'
import type { CheckpointStorage, JobCheckpoints, StateWriter } from '../../backends/checkpoint-storage.ts'
import type { FileSystem } from '../../backends/file-system.ts'
import type { Manifest, ManifestOperator } from '../../backends/manifest.ts'
import type { SavepointStore } from '../../backends/savepoint-store.ts'
import { StreamError } from '../../core/errors.ts'
import type { CheckpointId } from '../../core/ids.ts'
import type { KeyGroupRange } from '../../core/key-groups.ts'
import type { CheckpointStorageOptions } from '../../job/session-options.ts'
import { Storages } from '../../job/storages.ts'
import type { SavepointOptions } from '../../program/options.ts'
import type { Fact } from '../checkers/facts.ts'
import { changed } from './changed.ts'

export interface StorageWatch {
  readonly tell: (fact: Fact) => void
  readonly labelOf: (subtask: string) => string
}

export interface WatchedStoragesOptions {
  readonly fs: FileSystem
  readonly clock: { now(): number }
  /** Changes what holds a job's checkpoints, beneath the watch. */
  readonly mutation?: ((checkpoints: JobCheckpoints) => JobCheckpoints) | undefined
}

/** The checkpoint that a path names, or that the file it names is part of; 0 for another path. */
const checkpointOf = (path: string): number =>
  Number((/^jobmanager:\/\/checkpoints\/[0-9a-f]{32}\/(\d+)/.exec(path) ?? /\/chk-(\d+)/.exec(path))?.[1] ?? 0)

const isWhole = (path: string): boolean => /(?:^jobmanager:\/\/checkpoints\/[0-9a-f]{32}\/|\/chk-)\d+$/.test(path)

/** What the run knows to be stored; it outlives the processes, as the disk does. */
export class StoredFacts {
  /** Where each stored checkpoint is. */
  readonly manifests = new Map<number, string>()
  /** Checkpoints of which some subtask's state was stored, and that nobody saw deleted. */
  readonly states = new Set<number>()
  /** What is in each. */
  readonly #operators = new Map<number, readonly ManifestOperator[]>()
  /** Of the newest owner. */
  epoch = 0
  /** The checkpoint that the last process found to resume from. */
  newest: number | undefined

  stored({ checkpointId, operators }: Manifest, path: string): void {
    this.manifests.set(checkpointId, path)
    this.#operators.set(checkpointId, operators)
  }

  deleted(checkpointId: number): void {
    this.manifests.delete(checkpointId)
    this.#operators.delete(checkpointId)
    this.states.delete(checkpointId)
  }

  /**
   * The key groups of what a checkpoint has of an operator for so many subtasks: without those of finished ones where it
   * was written by another number of them. Undefined for a checkpoint that is not stored.
   */
  keyGroups(checkpointId: number, operatorId: string, parallelism: number): readonly KeyGroupRange[] | undefined {
    const subtasks = this.#operators.get(checkpointId)?.find(({ id }) => id === operatorId)?.subtasks
    return subtasks
      ?.filter(({ finished }) => !finished || subtasks.length === parallelism)
      .flatMap(({ keyed }) => keyed.flatMap(({ delta, keyGroups }) => (delta === true ? [] : [keyGroups])))
  }
}

export class WatchedStorages extends Storages {
  readonly #watch: StorageWatch
  readonly #known: StoredFacts
  readonly #mutation: (checkpoints: JobCheckpoints) => JobCheckpoints
  readonly #fs: FileSystem
  readonly #wrapped = new Map<object, object>()

  constructor(watch: StorageWatch, known: StoredFacts, { mutation, ...disk }: WatchedStoragesOptions) {
    super(disk)
    this.#fs = disk.fs
    this.#watch = watch
    this.#known = known
    this.#mutation = mutation ?? ((checkpoints) => checkpoints)
  }

  override checkpoints(options: CheckpointStorageOptions): CheckpointStorage {
    return this.#storage(super.checkpoints(options), options.kind === 'filesystem' ? options.dir : undefined)
  }

  override savepoints(options: SavepointOptions): SavepointStore {
    return this.#store(super.savepoints(options))
  }

  override async findSavepoint(path: string) {
    const found = await super.findSavepoint(path)
    return { ...found, store: this.#store(found.store), storage: this.#storage(found.storage) }
  }

  #once<T extends object>(inner: T, make: () => T): T {
    let outer = this.#wrapped.get(inner) as T | undefined
    if (outer === undefined) {
      outer = make()
      this.#wrapped.set(inner, outer)
    }
    return outer
  }

  /** `dir`: where its jobs have their directories, if they have. */
  #storage(inner: CheckpointStorage, dir?: string): CheckpointStorage {
    const { tell } = this.#watch
    return this.#once(inner, () =>
      changed(inner, {
        newest: (newest) => async (name) => {
          const snapshot = await newest(name)
          this.#known.newest = snapshot?.manifest.checkpointId
          return snapshot
        },
        open: (open) => async (job) => {
          const opened = this.#mutation(await open(job))
          await this.#reconcile(inner, opened, dir)
          return this.#job(inner, opened)
        },
        pin: (pin) => async (path, savepoint) => {
          await pin(path, savepoint)
          tell({ type: 'pinned', checkpointId: checkpointOf(path), savepoint })
        },
        unpin: (unpin) => async (path, savepoint) => {
          await unpin(path, savepoint)
          const checkpointId = checkpointOf(path)
          tell({ type: 'unpinned', checkpointId, savepoint })
          if (!(await isThere(inner, path))) this.#deleted(checkpointId, this.#known.epoch)
        },
      }),
    )
  }

  #store(inner: SavepointStore): SavepointStore {
    const { tell } = this.#watch
    return this.#once(inner, () =>
      changed(inner, {
        publish: (publish) => async (savepoint, snapshot) => {
          await publish(savepoint, snapshot)
          tell({ type: 'savepoint.published', savepoint, checkpointId: snapshot.manifest.checkpointId })
        },
        remove: (remove) => async (savepoint) => {
          const checkpointId = checkpointOf((await inner.entry(savepoint))?.checkpointPath ?? '')
          await remove(savepoint)
          tell({ type: 'savepoint.removed', savepoint, checkpointId })
        },
      }),
    )
  }

  #job(storage: CheckpointStorage, job: JobCheckpoints): JobCheckpoints {
    const { tell, labelOf } = this.#watch
    const { epoch } = job
    /** Told to go while something held them: they go in the course of a later call. */
    const postponed = new Set<CheckpointId>()
    const lookAfter = async () => {
      for (const id of postponed) {
        const path = this.#known.manifests.get(id)
        if (path !== undefined && (await isThere(storage, path))) continue
        postponed.delete(id)
        if (path !== undefined) this.#deleted(id, epoch)
      }
    }
    this.#known.epoch = epoch
    tell({ type: 'lease.taken', epoch })
    const refused = <T>(result: Promise<T>): Promise<T> =>
      result.catch((error: unknown) => {
        if (error instanceof StreamError && error.code === 'LEASE_LOST') tell({ type: 'write.refused', epoch })
        throw error
      })
    return changed(job, {
      openWriter: (open) => (id, subtask) => this.#writer(open(id, subtask), id, labelOf(subtask), epoch, refused),
      putManifest: (put) => async (manifest) => {
        const { checkpointId, kind } = manifest
        const stored = await refused(put(manifest))
        this.#known.stored(manifest, stored.path)
        tell({ type: 'manifest.stored', checkpointId, epoch, kind })
        return stored
      },
      discard: (discard) => async (id) => {
        const gone = await refused(discard(id))
        if (gone) {
          postponed.delete(id)
          this.#deleted(id, epoch)
        } else postponed.add(id)
        await lookAfter()
        return gone
      },
      sweep: (sweep) => async (inFlight) => {
        const removed = await refused(sweep(inFlight))
        for (const path of removed) if (isWhole(path)) this.#deleted(checkpointOf(path), epoch)
        await lookAfter()
        return removed
      },
    })
  }

  #deleted(checkpointId: number, epoch: number): void {
    this.#known.deleted(checkpointId)
    this.#watch.tell({ type: 'checkpoint.deleted', checkpointId, epoch })
  }

  /** What a death in the middle of a write has left is only seen when the next process looks. */
  async #reconcile(
    storage: CheckpointStorage,
    { jobId, existing, epoch }: JobCheckpoints,
    dir: string | undefined,
  ): Promise<void> {
    for (const { manifest, path } of existing) {
      const { checkpointId, kind } = manifest
      if (this.#known.manifests.has(checkpointId)) continue
      this.#known.stored(manifest, path)
      this.#watch.tell({ type: 'manifest.stored', checkpointId, epoch: epoch - 1, kind })
    }
    for (const [checkpointId, path] of this.#known.manifests) {
      if (!(await isThere(storage, path))) this.#deleted(checkpointId, epoch - 1)
    }
    if (dir === undefined) return
    const names = await this.#fs.list(join(dir, jobId))
    for (const id of this.#known.states) if (!names.includes(`chk-${id}`)) this.#deleted(id, epoch - 1)
  }

  #writer(
    inner: StateWriter,
    checkpointId: number,
    subtask: string,
    epoch: number,
    refused: <T>(result: Promise<T>) => Promise<T>,
  ): StateWriter {
    const { tell } = this.#watch
    let stored = false
    return changed(inner, {
      close: (close) => async () => {
        await refused(close())
        stored = true
        this.#known.states.add(checkpointId)
        tell({ type: 'state.stored', checkpointId, epoch, subtask })
      },
      abort: (abort) => async () => {
        await abort()
        if (stored) tell({ type: 'state.deleted', checkpointId, epoch, subtask })
      },
    })
  }
}

const isThere = (storage: CheckpointStorage, path: string): Promise<boolean> =>
  storage.resolve(path).then(
    (snapshot) => snapshot !== undefined,
    () => false,
  )
