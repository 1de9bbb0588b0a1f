/**
 * Savepoints in a directory: `<dir>/savepoint-<6 of the job id>-<12 hex digits>/_metadata`, a pointer to the checkpoint
 * that the savepoint pins, or the manifest of a copy that lies beside it. Formats: docs/formats.md.
 *
 * Owns names and pointers. Does not own copies (`savepoint-copy.ts`), nor pins: the savepoint machine pins before `publish`
 * and unpins after `remove`.
 * Tests: test/backends/savepoint-stores.test.ts, test/backends/crash.test.ts.
 */
import { basename, isAbsolute, join, relative, resolve } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { bytesToHex, type JobId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { readCheckpoint, readMetadata } from './checkpoint-directory.ts'
import type { CheckpointStorage, StoredSnapshot } from './checkpoint-storage.ts'
import { ensureDir, listIfThere, metadataName, removeDirWith, snapshotDirOf, writeWhole } from './durable-files.ts'
import { type FileSystem, nodeFileSystem } from './file-system.ts'
import { localPath } from './local-path.ts'
import { copyState, isJobCheckpoint, isSelfContained, removeCopy, sealCopy } from './savepoint-copy.ts'
import {
  checkPointed,
  checkTarget,
  isPointer,
  parsePointer,
  pointedTo,
  pointerTo,
  printPointer,
  type SavepointPointer,
} from './savepoint-pointer.ts'
import type { SavepointCopies, SavepointEntry, SavepointStore } from './savepoint-store.ts'
import { asStorage } from './storage-errors.ts'

export interface FilesystemSavepointOptions {
  readonly dir: string
  /** Where the checkpoints are that savepoints point to. */
  readonly storage: Pick<CheckpointStorage, 'resolve'>
  /** Stands in for the disk in tests. */
  readonly fs?: FileSystem
}

/**
 * Savepoints kept in a directory, which is made when needed. They survive the process.
 *
 * @example
 * const storage = filesystemCheckpointStorage({ dir: 'state/checkpoints' })
 * const store = filesystemSavepointStore({ dir: 'state/savepoints', storage })
 */
export function filesystemSavepointStore(options: FilesystemSavepointOptions): SavepointStore {
  return new FilesystemSavepoints(options)
}

const nameForm = /^savepoint-[0-9a-f]{6}-[0-9a-f]{12}$/

/** What is at a path: a pointer, or a manifest with all its files. */
type Found = { readonly dir: string } & (
  | { readonly pointer: SavepointPointer; readonly copy?: never }
  | { readonly copy: StoredSnapshot; readonly pointer?: never }
)

class FilesystemSavepoints implements SavepointStore {
  readonly kind = 'filesystem'
  readonly copies: SavepointCopies = {
    copy: (path, snapshot) =>
      asStorage('copy state into', path, async () => {
        await ensureDir(this.#fs, path)
        await copyState(this.#fs, path, snapshot)
      }),
    seal: (path, { manifest }) => asStorage('write savepoint', path, () => sealCopy(this.#fs, path, manifest)),
  }
  readonly #dir: string
  readonly #storage: Pick<CheckpointStorage, 'resolve'>
  readonly #fs: FileSystem

  constructor({ dir, storage, fs = nodeFileSystem }: FilesystemSavepointOptions) {
    this.#dir = resolve(dir)
    this.#storage = storage
    this.#fs = fs
  }

  async reserve(jobId: JobId, dir: string | undefined, random: (length: number) => Uint8Array): Promise<string> {
    const parent = this.#parent(dir)
    return asStorage('make a savepoint in', parent, async () => {
      await ensureDir(this.#fs, parent)
      for (let attempt = 0; attempt < limits.savepointNamesMax; attempt++) {
        const path = join(parent, `savepoint-${jobId.slice(0, 6)}-${bytesToHex(random(6))}`)
        // A directory that is there belongs to someone else: a savepoint, or another process that has just reserved it.
        if ((await listIfThere(this.#fs, parent)).includes(basename(path))) continue
        await ensureDir(this.#fs, path)
        return path
      }
      throw new StreamError(
        'STORAGE_FAILED',
        `Cannot find a free name for a savepoint in ${parent}: ${limits.savepointNamesMax} random names are taken.`,
      )
    })
  }

  async publish(path: string, snapshot: StoredSnapshot): Promise<void> {
    const pointer = withWay(path, pointerTo(snapshot, path))
    await asStorage('write savepoint', path, async () => {
      await ensureDir(this.#fs, path)
      await writeWhole(this.#fs, {
        path: join(path, metadataName),
        text: printPointer(pointer),
        writer: 'savepoint',
      })
    })
  }

  clear(path: string): Promise<void> {
    return asStorage('clear', path, () => removeCopy(this.#fs, path))
  }

  async resolve(path: string): Promise<StoredSnapshot | undefined> {
    const found = await this.#read(path)
    if (found?.pointer === undefined) return found?.copy
    for (const target of targetsOf(found.dir, found.pointer)) {
      const snapshot = await this.#storage.resolve(target).catch((error: unknown) => {
        if (!(error instanceof StreamError) || error.code !== 'CHECKPOINT_NOT_FOUND') throw error
      })
      if (snapshot !== undefined) return checkPointed(snapshot, found.pointer, found.dir)
    }
    const meant = pointedTo(found.pointer)
    throw new StreamError(
      'CHECKPOINT_NOT_FOUND',
      `Savepoint ${path} points to ${meant}, where there is no whole checkpoint.`,
      { details: { path, checkpoint: meant } },
    )
  }

  async entry(path: string): Promise<SavepointEntry | undefined> {
    const found = await this.#read(path)
    if (found === undefined) return undefined
    const { job, timestamp } = found.pointer ?? found.copy.manifest
    const checkpointPath = found.pointer && (await this.#target(found.dir, found.pointer))
    return { path: found.dir, jobId: job.id, jobName: job.name, checkpointPath, timestamp }
  }

  list(): Promise<readonly SavepointEntry[]> {
    return asStorage('list', this.#dir, async () => {
      const entries: SavepointEntry[] = []
      for (const name of await listIfThere(this.#fs, this.#dir)) {
        if (!nameForm.test(name)) continue
        // A name that was only reserved, or a damaged pointer, is no savepoint to list; naming it says what is wrong.
        const entry = await this.entry(join(this.#dir, name)).catch(() => undefined)
        if (entry !== undefined) entries.push(entry)
      }
      return entries
    })
  }

  async remove(path: string): Promise<void> {
    const found = await this.#read(path)
    if (found === undefined) throw notFound(path)
    const { dir, copy } = found
    await asStorage('remove savepoint', dir, () =>
      copy === undefined ? removeDirWith(this.#fs, dir, metadataName) : removeCopy(this.#fs, dir, copy.manifest),
    )
  }

  /** Undefined when the path is not of this store's form. */
  async #read(path: string): Promise<Found | undefined> {
    const local = localPath(path)
    if (local === undefined) return undefined
    const dir = snapshotDirOf(local)
    const text = await this.#text(dir)
    const named = nameForm.test(basename(dir))
    if (text === undefined) {
      if (named) throw notFound(path)
      return undefined
    }
    if (isPointer(text)) return { dir, pointer: parsePointer(text, join(dir, metadataName)) }
    // A job's checkpoint is no savepoint, whatever it holds.
    if (isJobCheckpoint(dir)) return undefined
    const copy = await readCheckpoint(this.#fs, dir)
    return isSelfContained(copy.manifest) ? { dir, copy } : undefined
  }

  /** Where the checkpoint is now, or was meant to be. */
  async #target(dir: string, pointer: SavepointPointer): Promise<string> {
    if ('url' in pointer.checkpoint) return pointer.checkpoint.url
    for (const target of targetsOf(dir, pointer)) {
      if ((await this.#text(target)) !== undefined) return target
    }
    return pointedTo(pointer)
  }

  #text(dir: string): Promise<string | undefined> {
    const path = join(dir, metadataName)
    return asStorage('read', path, () => readMetadata(this.#fs, dir))
  }

  #parent(dir: string | undefined): string {
    if (dir === undefined) return this.#dir
    const parent = localPath(dir)
    if (parent !== undefined) return parent
    throw new StreamError('ARGUMENT_INVALID', `"${dir}" is not a directory for savepoints: expected a path.`)
  }
}

/** With the way from the savepoint to a checkpoint on this machine. */
function withWay(savepoint: string, pointer: SavepointPointer): SavepointPointer {
  if ('url' in pointer.checkpoint) return pointer
  const { absolute } = pointer.checkpoint
  const way = relative(savepoint, absolute)
  return { ...pointer, checkpoint: { relative: isAbsolute(way) ? undefined : way, absolute } }
}

/** Where a checkpoint may be now, the likeliest place first. */
const targetsOf = (dir: string, pointer: SavepointPointer): readonly string[] => {
  const { checkpoint } = pointer
  if ('url' in checkpoint) return [checkpoint.url]
  const { relative, absolute } = checkpoint
  const targets = relative === undefined ? [absolute] : [resolve(dir, relative), absolute]
  return targets.map((target) => checkTarget(target, pointer, dir))
}

const notFound = (path: string): StreamError =>
  new StreamError('SAVEPOINT_NOT_FOUND', `There is no savepoint at ${path}.`, { details: { path } })
