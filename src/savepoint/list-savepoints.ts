/**
 * Every savepoint and retained checkpoint below a directory: a directory of savepoints, one of checkpoints, that of a job, or
 * one around them. Links are not followed. Tests: test/savepoint/list-savepoints.test.ts.
 */
import { join } from 'node:path'
import { readCheckpoint, readMetadata } from '../backends/checkpoint-directory.ts'
import { isLink, listIfThere, metadataName } from '../backends/durable-files.ts'
import { type FileSystem, nodeFileSystem } from '../backends/file-system.ts'
import { handlesOf, type Manifest } from '../backends/manifest.ts'
import { isPinned, pinHolders } from '../backends/pins.ts'
import { isJobCheckpoint } from '../backends/savepoint-copy.ts'
import { isPointer, parsePointer } from '../backends/savepoint-pointer.ts'
import { asRead } from '../backends/storage-errors.ts'
import { type ErrorCode, messageOf, StreamError } from '../core/errors.ts'

/** What is at one place. */
export interface ListedSavepoint {
  readonly path: string
  /** `pointer`: a savepoint that points to a checkpoint; `self-contained`: one that has all its files; `damaged`: neither can be said. */
  readonly form: 'pointer' | 'self-contained' | 'checkpoint' | 'damaged'
  readonly job: { readonly id: string; readonly name: string } | undefined
  /** When it was triggered, in milliseconds since 1970. */
  readonly timestamp: number | undefined
  /** Undefined for a pointer. */
  readonly checkpointId: number | undefined
  /** Of its state; 0 for a pointer, whose state is that of its checkpoint. */
  readonly bytes: number
  /** The checkpoint that a pointer keeps. */
  readonly pointsTo: string | undefined
  /** Who keeps this checkpoint: the savepoints that point to it. */
  readonly pinnedBy: readonly string[]
  readonly problem: { readonly code: ErrorCode; readonly message: string } | undefined
}

/** A savepoint lies at most so deep: `<checkpoints>/<job>/chk-<n>` below a directory around the checkpoints. */
const depthMax = 4

/** In the order of their paths, `chk-9` before `chk-10`. Fails with `STORAGE_FAILED`. */
export async function* listSavepoints(
  dir: string,
  { fs = nodeFileSystem }: { readonly fs?: FileSystem } = {},
): AsyncGenerator<ListedSavepoint> {
  yield* listBelow(fs, dir, depthMax)
}

async function* listBelow(fs: FileSystem, dir: string, depth: number): AsyncGenerator<ListedSavepoint> {
  const names = await asRead(dir, () => listIfThere(fs, dir))
  if (names.includes(metadataName)) yield describe(await look(fs, dir), dir)
  else if (depth > 0) {
    for (const name of names.toSorted(byNumber)) {
      const path = join(dir, name)
      if (!(await asRead(path, () => isLink(fs, path)))) yield* listBelow(fs, path, depth - 1)
    }
  }
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })

type Looked = Omit<ListedSavepoint, 'path'>

const describe = (looked: Looked, path: string): ListedSavepoint => ({ path, ...looked })

const nothing: Looked = {
  form: 'damaged',
  job: undefined,
  timestamp: undefined,
  checkpointId: undefined,
  bytes: 0,
  pointsTo: undefined,
  pinnedBy: [],
  problem: undefined,
}

async function look(fs: FileSystem, dir: string): Promise<Looked> {
  const path = join(dir, metadataName)
  try {
    const text = (await readMetadata(fs, dir)) ?? ''
    if (isPointer(text)) {
      const { job, timestamp, checkpoint } = parsePointer(text, path)
      const target = 'url' in checkpoint ? checkpoint.url : checkpoint.absolute
      const near = 'url' in checkpoint || checkpoint.relative === undefined ? target : join(dir, checkpoint.relative)
      const isNear = near !== target && (await listIfThere(fs, near)).includes(metadataName)
      return { ...nothing, form: 'pointer', job, timestamp, pointsTo: isNear ? near : target }
    }
    const { manifest } = await readCheckpoint(fs, dir)
    const { job, timestamp, checkpointId } = manifest
    const pinned = isPinned(await listIfThere(fs, dir))
    const form = isJobCheckpoint(dir) ? 'checkpoint' : 'self-contained'
    const pinnedBy = pinned ? await pinHolders(fs, dir) : []
    return { ...nothing, form, job, timestamp, checkpointId, bytes: bytesOf(manifest), pinnedBy }
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    return { ...nothing, problem: { code: error.code, message: messageOf(error) } }
  }
}

const bytesOf = ({ operators }: Manifest): number =>
  operators.flatMap(({ subtasks }) => subtasks.flatMap(handlesOf)).reduce((sum, { length }) => sum + length, 0)
