/**
 * One checkpoint on disk, `chk-<n>`: reading it, storing its manifest, deleting it.
 *
 * INV-CD-1 The manifest is the last thing to appear and the first to go; what is there without it is rubbish.
 * INV-CD-2 `storeManifest` resolves only when the manifest is durable. It rejects only when the manifest is absent: a
 * doubtful write is read back, and a manifest that cannot be made durable is taken away again. (A disk that also fails to
 * read and to remove leaves the second open; such a checkpoint may be found by the next process, whole.)
 * Tests: test/backends/crash.test.ts.
 */
import { dirname, join } from 'node:path'
import { messageOf, StreamError } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { checkpointNotFound, fileHandlesOf } from './checkpoint-rules.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'
import { extendChecksum, printChecksum } from './checksum.ts'
import {
  isInside,
  isLink,
  listIfThere,
  metadataName,
  readWhole,
  removeDirWith,
  removeIfThere,
  writeWhole,
} from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { type FileHandle, isShared, type Manifest } from './manifest.ts'
import { checkFileName } from './manifest-check.ts'
import { parseManifest, printManifest } from './manifest-json.ts'
import { removalRank, retiredName } from './pins.ts'
import { checkCodec, checkSegment, placeOf, readInline, segmentDamaged, stateFileMissing } from './state-segments.ts'
import { asRead, errnoOf, isMissing, isNoFile, readError, storageError } from './storage-errors.ts'

const checkpointForm = /^chk-([1-9]\d*)$/

export const checkpointDirName = (id: CheckpointId): string => `chk-${id}`

/** Checkpoint ids among the names of a directory, oldest first. */
export const checkpointIdsIn = (names: readonly string[]): readonly CheckpointId[] =>
  names
    .map((name) => Number(checkpointForm.exec(name)?.[1] ?? 0) as CheckpointId)
    .filter((id) => id > 0 && id <= limits.checkpointIdMax)
    .sort((a, b) => a - b)

/** The checkpoint in `dir`. Fails with `CHECKPOINT_NOT_FOUND` and as `parseManifest` does. */
export async function readCheckpoint(fs: FileSystem, dir: string): Promise<StoredSnapshot> {
  const path = join(dir, metadataName)
  const text = await readMetadata(fs, dir)
  if (text === undefined) throw checkpointNotFound(dir)
  return snapshotOf(fs, dir, parseManifest(text, path))
}

/**
 * The text of `_metadata` in `dir`; undefined when there is none. Fails with `PATH_OUTSIDE_ROOT` when it is a link to elsewhere,
 * so that no other file is read, or quoted in a message.
 */
export async function readMetadata(fs: FileSystem, dir: string): Promise<string | undefined> {
  const path = join(dir, metadataName)
  return asRead(path, async () => {
    const inside = await isInside(fs, dir, path).catch((error: unknown) => {
      if (isMissing(error) || errnoOf(error) === 'ENOTDIR') return undefined
      throw error
    })
    if (inside === undefined) return undefined
    if (inside) return readWhole(fs, path)
    throw new StreamError('PATH_OUTSIDE_ROOT', `${path} is a link: expected a file in ${dir}.`, { details: { path } })
  })
}

/** What a manifest means for the files in `dir`. */
export const snapshotOf = (fs: FileSystem, dir: string, manifest: Manifest): StoredSnapshot => ({
  path: dir,
  manifest,
  read: async (handle) =>
    'inline' in handle ? readInline(handle, placeOf(dir, handle)) : readSegmentOf(fs, dir, handle),
  readInPieces: (handle) => readPiecesOf(fs, dir, handle),
})

async function readSegmentOf(fs: FileSystem, dir: string, handle: FileHandle): Promise<Uint8Array> {
  const { path, length } = await openSegment(fs, dir, handle)
  if (length > limits.segmentAtOnceBytesMax) {
    throw segmentDamaged(
      handle,
      path,
      `${length} bytes, of which at most ${limits.segmentAtOnceBytesMax} are read at once`,
    )
  }
  try {
    return checkSegment(await fs.read(path, handle.offset, length), handle, path)
  } catch (error) {
    throw stateFileError(error, path)
  }
}

/** Read twice, since nothing may be decoded that is not known to be sound; the second time from the system's memory. */
async function* readPiecesOf(fs: FileSystem, dir: string, handle: FileHandle): AsyncGenerator<Uint8Array> {
  const { path, length } = await openSegment(fs, dir, handle)
  const end = handle.offset + length
  const pieceAt = async (at: number) => {
    const wanted = Math.min(limits.restorePieceBytes, end - at)
    const bytes = await fs.read(path, at, wanted).catch((error: unknown) => {
      throw stateFileError(error, path)
    })
    if (bytes.length === wanted) return bytes
    throw segmentDamaged(handle, path, `${at - handle.offset + bytes.length} bytes`)
  }
  let sum = 0
  for (let at = handle.offset; at < end; at += limits.restorePieceBytes) sum = extendChecksum(await pieceAt(at), sum)
  if (length !== handle.length || printChecksum(sum) !== handle.checksum) {
    throw segmentDamaged(handle, path, `${length} bytes with CRC-32 ${printChecksum(sum)}`)
  }
  for (let at = handle.offset; at < end; at += limits.restorePieceBytes) yield pieceAt(at)
}

/** The file of a segment, and how much of the segment is there: a damaged length must not become a huge allocation. */
async function openSegment(fs: FileSystem, dir: string, handle: FileHandle): Promise<{ path: string; length: number }> {
  const path = join(dir, checkFileName(handle.file, 'the file of a state handle'))
  checkCodec(handle, path)
  try {
    const root = isShared(handle.file) ? dirname(dir) : dir
    if (!(await isInside(fs, root, path))) {
      throw new StreamError('PATH_OUTSIDE_ROOT', `State file ${path} is a link: expected a file inside ${root}.`)
    }
    const size = await fs.size(path)
    return { path, length: Math.max(0, Math.min(handle.length, size - handle.offset)) }
  } catch (error) {
    throw stateFileError(error, path)
  }
}

function stateFileError(error: unknown, path: string): StreamError {
  if (isMissing(error) || errnoOf(error) === 'ENOTDIR') return stateFileMissing(path, error)
  if (!isNoFile(error)) return readError(error, path)
  return new StreamError('STATE_FILE_DAMAGED', `State file ${path} is damaged: ${messageOf(error)}.`, {
    cause: error,
    details: { file: path },
  })
}

/** Is every file there that the manifest names, and long enough? Fails with `STATE_FILE_MISSING`, `STATE_FILE_DAMAGED`. */
export async function checkFiles(fs: FileSystem, dir: string, manifest: Manifest): Promise<void> {
  const ends = new Map<string, number>()
  for (const { file, offset, length } of fileHandlesOf(manifest)) {
    ends.set(file, Math.max(ends.get(file) ?? 0, offset + length))
  }
  const check = async ([file, expected]: readonly [string, number]): Promise<void> => {
    const path = join(dir, file)
    const size = await fs.size(path).catch((error: unknown) => {
      throw stateFileError(error, path)
    })
    if (size < expected) {
      throw new StreamError(
        'STATE_FILE_DAMAGED',
        `State file ${path} is damaged: expected at least ${expected} bytes, got ${size}.`,
        { details: { file: path, expected, got: size } },
      )
    }
  }
  await Promise.all([...ends].map(check))
}

/** Stores the manifest in `dir`, which exists. `beforeRename` checks the lease. */
export async function storeManifest(
  fs: FileSystem,
  dir: string,
  manifest: Manifest,
  writer: number,
  beforeRename: () => Promise<void>,
): Promise<StoredSnapshot> {
  const path = join(dir, metadataName)
  const text = printManifest(manifest, path)
  const stored = snapshotOf(fs, dir, parseManifest(text, path))
  await checkFiles(fs, dir, stored.manifest)
  try {
    const there = await readWhole(fs, path)
    if (there !== undefined && there !== text) {
      throw new StreamError(
        'STORAGE_FAILED',
        `${path} exists already, with other content: checkpoint ids are used once.`,
      )
    }
    await writeWhole(fs, { path, text, writer, beforeRename })
    return stored
  } catch (error) {
    if (error instanceof StreamError && error.code === 'STORAGE_FAILED') throw error
    if (await isStoredAfterAll(fs, dir, path, text)) return stored
    // A new owner removes the temporary file; then losing the lease is what happened.
    if (isMissing(error)) await beforeRename()
    throw storageError(error, 'store manifest', path)
  }
}

/** After a failure of unknown effect: is the manifest there and durable? Otherwise sees to it that it is absent. */
async function isStoredAfterAll(fs: FileSystem, dir: string, path: string, text: string): Promise<boolean> {
  const there = await readWhole(fs, path).catch(() => 'unreadable')
  if (there === undefined) return false
  if (there === text) {
    const durable = await fs.syncDir(dir).then(
      () => true,
      () => false,
    )
    if (durable) return true
  }
  // Taken back, so that nobody finds later what was reported as failed. When even this fails, the disk is lost to us, and
  // what may be said is the safe thing: nothing is complete that is not known to be durable.
  await removeIfThere(fs, path)
    .then(() => fs.syncDir(dir))
    .catch(() => {})
  return false
}

export const deleteCheckpoint = (fs: FileSystem, dir: string): Promise<void> =>
  removeDirWith(fs, dir, metadataName, removalRank)

/** The checkpoints of a job that it still counts on, among those that have a directory: the whole ones, and ids of the others. */
export async function readExisting(
  fs: FileSystem,
  jobDir: string,
  ids: readonly CheckpointId[],
): Promise<{ readonly existing: readonly StoredSnapshot[]; readonly unreadable: readonly CheckpointId[] }> {
  const existing: StoredSnapshot[] = []
  const unreadable: CheckpointId[] = []
  for (const id of ids) {
    const dir = join(jobDir, checkpointDirName(id))
    const names = await listIfThere(fs, dir)
    if (!names.includes(metadataName) || names.includes(retiredName) || (await isLink(fs, dir))) continue
    try {
      const snapshot = await readCheckpoint(fs, dir)
      await checkFiles(fs, dir, snapshot.manifest)
      existing.push(snapshot)
    } catch {
      unreadable.push(id)
    }
  }
  return { existing, unreadable }
}
