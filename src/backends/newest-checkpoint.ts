/**
 * The search for the checkpoint to resume from, over all jobs of a name in one directory. It starts no job from less
 * than was stored: output that was committed after the checkpoint it takes would be written twice.
 *
 * INV-NC-1 A `chk-<n>` without `_metadata` is rubbish and passed over; with one, the newest must be usable, or the
 * search fails and says how to go on from an older one on purpose.
 * INV-NC-2 What cannot be told to belong to another job counts as this one's, unless a job of this name that came later
 * has a whole checkpoint. Tests: test/backends/newest-checkpoint.test.ts.
 */
import { join } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { checkFiles, checkpointDirName, checkpointIdsIn, readCheckpoint } from './checkpoint-directory.ts'
import { isResumable, newerOf } from './checkpoint-rules.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'
import { listIfThere, metadataName } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { soundRecord } from './job-record.ts'
import { isHeld, retiredName } from './pins.ts'
import { asRead, isDamage } from './storage-errors.ts'

export interface CheckpointSearch {
  readonly fs: FileSystem
  /** Holds the directories of jobs. */
  readonly dir: string
  readonly jobName: string
  /** Fails with `PATH_OUTSIDE_ROOT` for a path that leads out of the configured directories by a link. */
  checkInside(path: string): Promise<void>
}

/** What a job has to go on from, or why it cannot although it has something. */
interface Found {
  readonly outcome: StoredSnapshot | StreamError
  /** When the job was last opened, and the trigger time of its newest whole checkpoint, where they are known. */
  readonly openedAt: number | undefined
  readonly timestamp: number | undefined
}

/**
 * The newest checkpoint to resume from; undefined when there is none. Fails with `STORAGE_FAILED` when something cannot
 * be read, and with the code of its damage when the newest checkpoint is there and not usable.
 */
export async function newestCheckpoint(search: CheckpointSearch): Promise<StoredSnapshot | undefined> {
  let newest: (Found & { readonly outcome: StoredSnapshot }) | undefined
  const obstacles: (Found & { readonly outcome: StreamError })[] = []
  for (const dir of await jobDirsIn(search.fs, search.dir)) {
    const found = await newestOfJob(search, dir)
    if (found === undefined) continue
    const { outcome } = found
    if (outcome instanceof StreamError) obstacles.push({ ...found, outcome })
    else if (newest === undefined || newerOf(newest.outcome, outcome) === outcome) newest = { ...found, outcome }
  }
  const obstacle = obstacles.find((candidate) => newest === undefined || !isEarlier(candidate, newest))
  if (obstacle !== undefined) throw obstacle.outcome
  return newest?.outcome
}

/** Times of one kind are compared; a job of which no time is known counts as long gone. */
function isEarlier(a: Found, b: Found): boolean {
  if (a.openedAt !== undefined && b.openedAt !== undefined) return a.openedAt < b.openedAt
  return (a.timestamp ?? Number.NEGATIVE_INFINITY) < (b.timestamp ?? 0)
}

/** Directories of jobs, by their names. */
export const jobDirsIn = async (fs: FileSystem, dir: string): Promise<readonly string[]> => {
  const names = await asRead(dir, () => listIfThere(fs, dir))
  return names.filter((name) => /^[0-9a-f]{32}$/.test(name)).map((name) => join(dir, name))
}

async function newestOfJob(search: CheckpointSearch, dir: string): Promise<Found | undefined> {
  const { fs, jobName } = search
  const ids = checkpointIdsIn(await asRead(dir, () => listIfThere(fs, dir))).toReversed()
  if (ids.length === 0) return undefined
  const record = await soundRecord(fs, dir)
  if (record !== undefined && record.name !== jobName) return undefined
  const openedAt = record?.openedAt
  let failure: StreamError | undefined
  let ofOthers = false
  for (const id of ids) {
    const path = join(dir, checkpointDirName(id))
    const read = await readCandidate(search, path)
    if (read instanceof StreamError) {
      if (failure === undefined && !isDamage(read)) throw read
      failure ??= read
    } else if (read !== undefined && read.manifest.job.name !== jobName) ofOthers = true
    else if (read !== undefined && isResumable(read.manifest)) {
      const outcome = failure === undefined ? read : withWayOut(failure, jobName, read)
      return { outcome, openedAt, timestamp: read.manifest.timestamp }
    }
  }
  if (failure === undefined || (record === undefined && ofOthers)) return undefined
  return { outcome: withWayOut(failure, jobName, undefined), openedAt, timestamp: undefined }
}

/** The checkpoint, what is wrong with it, or undefined when it is none that a job could resume from. */
async function readCandidate(
  search: CheckpointSearch,
  path: string,
): Promise<StoredSnapshot | StreamError | undefined> {
  const { fs } = search
  try {
    const names = await asRead(path, () => listIfThere(fs, path))
    if (!names.includes(metadataName)) return undefined
    await search.checkInside(path)
    const snapshot = await readCheckpoint(fs, path)
    if (isResumable(snapshot.manifest)) await checkFiles(fs, path, snapshot.manifest)
    return snapshot
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    // Deleted since the list was made: the manifest goes first.
    const names = await asRead(path, () => listIfThere(fs, path))
    if (!names.includes(metadataName)) return undefined
    // Its job has let it go; a pin keeps it for a person, or a claim for another job.
    return names.includes(retiredName) && isHeld(names) ? undefined : error
  }
}

function withWayOut(error: StreamError, jobName: string, older: StoredSnapshot | undefined): StreamError {
  const way =
    older === undefined
      ? 'No older checkpoint is whole either; to start from the beginning on purpose, leave --resume out.'
      : `To go on from an older one on purpose: -s ${older.path} instead of --resume.`
  return new StreamError(
    error.code,
    `${error.message} Job "${jobName}" does not resume from an older checkpoint by itself: output that was committed ` +
      `after that one would be written twice. ${way}`,
    { cause: error, details: { ...error.details, job: jobName, older: older?.path ?? null } },
  )
}
