/**
 * From a path that a person typed to the snapshot behind it, without a session: a savepoint that points to a checkpoint, one
 * that is self-contained, or a retained checkpoint.
 *
 * Owns how far a path may lead: a pointer leads to a checkpoint of the job that it names and no further, and only below the
 * given roots, if there are any. Tests: test/savepoint/open-savepoint.test.ts, test/savepoint/hostile-manifests.test.ts.
 */
import { dirname, join, resolve } from 'node:path'
import { readCheckpoint, readMetadata } from '../backends/checkpoint-directory.ts'
import { checkSharing } from '../backends/checkpoint-rules.ts'
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { isInside, metadataName, snapshotDirOf } from '../backends/durable-files.ts'
import type { FileSystem } from '../backends/file-system.ts'
import { localPath } from '../backends/local-path.ts'
import { sharedDirName } from '../backends/manifest.ts'
import { isSelfContained } from '../backends/savepoint-copy.ts'
import {
  checkPointed,
  checkTarget,
  isPointer,
  parsePointer,
  type SavepointPointer,
} from '../backends/savepoint-pointer.ts'
import { asRead, isMissing } from '../backends/storage-errors.ts'
import { StreamError } from '../core/errors.ts'

export interface SnapshotSearch {
  readonly fs: FileSystem
  /** Directories below which everything must lie that is read; everywhere when left out. */
  readonly roots?: readonly string[] | undefined
  /** Finds a savepoint or checkpoint by a URL with the scheme of a plugin. */
  readonly resolveUrl?: ((url: string) => Promise<StoredSnapshot | undefined>) | undefined
}

export interface FoundSnapshot {
  /** The directory that was named. */
  readonly path: string
  /** What is there, with its directory as its path. */
  readonly snapshot: StoredSnapshot
  /** When it is a savepoint that points to a checkpoint. */
  readonly pointer: SavepointPointer | undefined
}

/**
 * Fails with `SAVEPOINT_NOT_FOUND`, `CHECKPOINT_NOT_FOUND`, `MANIFEST_DAMAGED`, `MANIFEST_VERSION_UNSUPPORTED`,
 * `STORAGE_UNKNOWN` or `PATH_OUTSIDE_ROOT`.
 */
export async function findSnapshot(path: string, search: SnapshotSearch): Promise<FoundSnapshot> {
  const local = localPath(path)
  if (local === undefined) return { path, snapshot: await ofUrl(path, search), pointer: undefined }
  const dir = snapshotDirOf(local)
  const text = await metadataIn(dir, search)
  if (text === undefined) {
    throw new StreamError('SAVEPOINT_NOT_FOUND', `There is no savepoint or checkpoint at ${path}.`, {
      details: { path },
    })
  }
  if (!isPointer(text)) {
    const snapshot = await readCheckpoint(search.fs, dir)
    await checkShared(snapshot, search)
    return { path: dir, snapshot, pointer: undefined }
  }
  const pointer = parsePointer(text, join(dir, metadataName))
  return { path: dir, snapshot: await follow(dir, pointer, search), pointer }
}

async function ofUrl(url: string, { resolveUrl }: SnapshotSearch): Promise<StoredSnapshot> {
  const snapshot = await resolveUrl?.(url)
  if (snapshot !== undefined) return snapshot
  const [code, why] =
    resolveUrl === undefined
      ? (['STORAGE_UNKNOWN', 'expected a directory on this machine, or an option that resolves such URLs'] as const)
      : (['SAVEPOINT_NOT_FOUND', 'nothing is there'] as const)
  throw new StreamError(code, `Savepoint ${url} cannot be opened: ${why}.`, { details: { path: url } })
}

async function metadataIn(dir: string, search: SnapshotSearch): Promise<string | undefined> {
  await checkRoots(dir, search)
  return readMetadata(search.fs, dir)
}

/** The files that a job's checkpoints share lie beside its directory. */
async function checkShared(snapshot: StoredSnapshot, search: SnapshotSearch): Promise<void> {
  const { path, manifest } = checkSharing(snapshot)
  if (!isSelfContained(manifest)) await checkRoots(join(dirname(path), sharedDirName), search)
}

/** The checkpoint is where the pointer says that it is now, or was meant to be. */
async function follow(dir: string, pointer: SavepointPointer, search: SnapshotSearch): Promise<StoredSnapshot> {
  const { checkpoint } = pointer
  if ('url' in checkpoint) return checkPointed(await ofUrl(checkpoint.url, search), pointer, dir)
  const near = checkpoint.relative === undefined ? [] : [resolve(dir, checkpoint.relative)]
  for (const target of [...near, checkpoint.absolute].map((one) => checkTarget(one, pointer, dir))) {
    await checkLinks(target, search.fs)
    if ((await metadataIn(target, search)) === undefined) continue
    const snapshot = await readCheckpoint(search.fs, target)
    await checkShared(snapshot, search)
    return checkPointed(snapshot, pointer, dir)
  }
  throw new StreamError(
    'CHECKPOINT_NOT_FOUND',
    `Savepoint ${dir} points to ${checkpoint.absolute}, where there is no whole checkpoint.`,
    { details: { path: dir, checkpoint: checkpoint.absolute } },
  )
}

/** A checkpoint that a pointer names must lie where its path says. */
async function checkLinks(dir: string, fs: FileSystem): Promise<void> {
  const root = dirname(dirname(dir))
  const inside = await asRead(dir, () =>
    isInside(fs, root, dir).catch((error: unknown) => {
      if (isMissing(error)) return true
      throw error
    }),
  )
  if (inside) return
  throw new StreamError('PATH_OUTSIDE_ROOT', `Checkpoint ${dir} is a link that leads out of ${root}.`, {
    details: { path: dir },
  })
}

async function checkRoots(dir: string, { fs, roots }: SnapshotSearch): Promise<void> {
  if (roots === undefined) return
  for (const root of roots) {
    const inside = await isInside(fs, root, dir).catch((error: unknown) => {
      if (isMissing(error)) return dir.startsWith(`${resolve(root)}/`)
      throw error
    })
    if (inside) return
  }
  throw new StreamError('PATH_OUTSIDE_ROOT', `${dir} is outside ${roots.join(' and ')}.`, { details: { path: dir } })
}
