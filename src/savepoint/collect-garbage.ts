/**
 * Deletes the garbage of one job, of which no process is running: takes the job's lease, so that a process that was there all
 * the same stops with `LEASE_LOST` instead of losing what it writes, and looks again.
 *
 * INV-CG-1 The lease is taken after the very one whose process was found to be gone: whoever resumes the job meanwhile keeps it.
 * Tests: test/savepoint/garbage.test.ts.
 */
import { basename, join } from 'node:path'
import { checkpointDirName, checkpointIdsIn, deleteCheckpoint } from '../backends/checkpoint-directory.ts'
import type { FileSystem } from '../backends/file-system.ts'
import { readJobRecord, writeJobRecord } from '../backends/job-record.ts'
import { Lease, type LeaseNote, leaseNote } from '../backends/lease.ts'
import { removeUnnamed } from '../backends/shared-files.ts'
import { asStorage } from '../backends/storage-errors.ts'
import { sweepCheckpoint } from '../backends/sweep.ts'
import type { CheckpointId, JobId } from '../core/ids.ts'

export interface CollectOptions {
  /** In milliseconds since 1970. */
  readonly now: number
  readonly isProcessAlive: (pid: number) => boolean
}

/** Is there a process that runs the job, so far as can be told from here, or one that is about to? */
export const isHeld = ({ pid, isBeingTaken }: LeaseNote, isProcessAlive: CollectOptions['isProcessAlive']): boolean =>
  isBeingTaken || (pid !== undefined && isProcessAlive(pid))

/**
 * Returns what it removed; undefined when a process has the job. Leaves a job alone whose record cannot be read. Fails with `MANIFEST_DAMAGED`,
 * `MANIFEST_VERSION_UNSUPPORTED`, `LEASE_LOST`, `STORAGE_FAILED`.
 */
export async function collectGarbage(
  fs: FileSystem,
  dir: string,
  { now, isProcessAlive }: CollectOptions,
): Promise<readonly string[] | undefined> {
  const record = await readJobRecord(fs, dir)
  if (record === undefined) return []
  return asStorage('remove garbage from', dir, async () => {
    const id = basename(dir) as JobId
    const last = await leaseNote(fs, dir)
    if (isHeld(last, isProcessAlive)) return undefined
    const lease = await Lease.takeAfter(fs, dir, id, now, last.epoch)
    if (lease === undefined) return undefined
    await lease.clear(dir)
    const ids = checkpointIdsIn(await lease.check())
    const removed: string[] = []
    for (const checkpoint of ids) {
      const path = join(dir, checkpointDirName(checkpoint))
      const swept = await sweepCheckpoint(fs, path, async () => {
        // An id is not used twice, whatever is gone.
        const highestId = Math.max(record.highestId, ids.at(-1) ?? 0) as CheckpointId
        await writeJobRecord(fs, dir, id, { ...record, highestId }, lease)
        await deleteCheckpoint(fs, path)
      })
      removed.push(...swept)
    }
    removed.push(...(await removeUnnamed(fs, dir, () => true)))
    await lease.release(now)
    return removed
  })
}
