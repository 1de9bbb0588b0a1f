/**
 * A self-contained savepoint on disk: a directory that holds a manifest and every file that it names, under any name,
 * anywhere. Formats: docs/formats.md.
 *
 * Owns the copy, its file names and its removal. Does not own who may remove it, nor that its checkpoint stays while it is
 * copied (the savepoint machine pins it).
 *
 * INV-CO-1 The manifest appears last, when every byte is durable, and goes first; without it there is no savepoint.
 * INV-CO-2 Every segment is compared with its checksum as it is copied: what was damaged is not copied on.
 * INV-CO-3 A removal takes what tidemark writes and leaves other files, and the directory around them, alone.
 * Tests: test/backends/savepoint-copies.test.ts, test/backends/crash.test.ts.
 */
import { basename, dirname, join } from 'node:path'
import { type SubtaskId, subtaskId } from '../core/ids.ts'
import { storeManifest } from './checkpoint-directory.ts'
import { namedFiles, sharedFilesOf } from './checkpoint-rules.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'
import { extendChecksum, printChecksum } from './checksum.ts'
import { listIfThere, metadataName, removeIfThere, removeUnlessDir } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import {
  type FileHandle,
  type Manifest,
  type ManifestOperator,
  type ManifestSubtask,
  manifestVersionOf,
  type StateHandle,
} from './manifest.ts'
import { isBookkeeping, removalRank } from './pins.ts'
import { placeOf, segmentDamaged, stateFileName } from './state-segments.ts'
import { isMissing } from './storage-errors.ts'

/** Does the directory of this manifest hold all that it names, so that it may go anywhere? */
export const isSelfContained = (manifest: Manifest): boolean => sharedFilesOf(manifest).length === 0

/** Is this where a job keeps a checkpoint of its own? */
export const isJobCheckpoint = (dir: string): boolean =>
  /^chk-\d+$/.test(basename(dir)) && /^[0-9a-f]{32}$/.test(basename(dirname(dir)))

/** Copies every segment into `dir`, which exists, one file for each subtask, and makes the files durable. */
export async function copyState(fs: FileSystem, dir: string, snapshot: StoredSnapshot): Promise<void> {
  const files = new Map<string, FileHandle[]>()
  relocated(snapshot.manifest, (handle, file) => {
    files.set(file, [...(files.get(file) ?? []), handle])
  })
  for (const [name, handles] of files) {
    const file = await fs.create(join(dir, name))
    try {
      for (const handle of handles) {
        for await (const bytes of checkedPieces(snapshot, handle)) await file.write(bytes)
      }
      await file.sync()
    } finally {
      await file.close()
    }
  }
  if (files.size > 0) await fs.syncDir(dir)
}

/** Makes what `copyState` has copied a savepoint. Idempotent. */
export async function sealCopy(fs: FileSystem, dir: string, manifest: Manifest): Promise<void> {
  await storeManifest(fs, dir, relocated(manifest), 0, async () => {})
}

/** Removes a savepoint, or what is left of one that was not sealed. Its manifest, where there is one, says what belongs to it. */
export async function removeCopy(fs: FileSystem, dir: string, manifest?: Manifest): Promise<void> {
  const names = await listIfThere(fs, dir)
  if (names.includes(metadataName)) {
    await removeIfThere(fs, join(dir, metadataName))
    await fs.syncDir(dir)
  }
  const named = manifest === undefined ? new Set() : namedFiles(manifest)
  const ours = names
    .filter((name) => isOurs(name) || named.has(name))
    .toSorted((a, b) => removalRank(a) - removalRank(b))
  for (const name of ours) await removeUnlessDir(fs, join(dir, name))
  const left = await listIfThere(fs, dir)
  if (left.length > 0) return fs.syncDir(dir)
  try {
    await fs.removeDir(dir)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  await fs.syncDir(dirname(dir))
}

const isOurs = (name: string): boolean =>
  isBookkeeping(name) || /^\w+-\d+\.state$/.test(name) || /^(?:_metadata|claimed-\w+)\.tmp-/.test(name)

/** In the order of the copy, with a word about each segment; nothing is decoded, so it need not come whole. */
async function* checkedPieces(snapshot: StoredSnapshot, handle: FileHandle): AsyncGenerator<Uint8Array> {
  let checksum = 0
  let length = 0
  for await (const bytes of snapshot.readInPieces?.(handle) ?? [await snapshot.read(handle)]) {
    checksum = extendChecksum(bytes, checksum)
    length += bytes.length
    yield bytes
  }
  if (length === handle.length && printChecksum(checksum) === handle.checksum) return
  const got = `${length} bytes with CRC-32 ${printChecksum(checksum)}`
  throw segmentDamaged(handle, placeOf(snapshot.path, handle), got)
}

/**
 * The manifest of the copy: the segments of each subtask one behind the other in a file of its own, in the order of
 * `visit`, which also hears where each was.
 */
function relocated(manifest: Manifest, visit: (from: FileHandle, file: string) => void = () => {}): Manifest {
  const lengths = new Map<string, number>()
  const place = <H extends StateHandle>(handle: H, subtask: SubtaskId): H => {
    if ('inline' in handle) return handle
    const file = stateFileName(subtask)
    const offset = lengths.get(file) ?? 0
    lengths.set(file, offset + handle.length)
    visit(handle, file)
    return { ...handle, file, offset }
  }
  const subtaskOf = (subtask: ManifestSubtask, { vertex }: ManifestOperator): ManifestSubtask => {
    const id = subtaskId(vertex, subtask.index)
    const { keyed, operator, inFlight } = subtask
    return {
      ...subtask,
      keyed: keyed.map((handle) => place(handle, id)),
      operator: operator && place(operator, id),
      ...(inFlight !== undefined && { inFlight: inFlight.map((handle) => place(handle, id)) }),
    }
  }
  const operators = manifest.operators.map((operator) => ({
    ...operator,
    subtasks: operator.subtasks.map((subtask) => subtaskOf(subtask, operator)),
  }))
  return { ...manifest, formatVersion: manifestVersionOf(operators), operators }
}
