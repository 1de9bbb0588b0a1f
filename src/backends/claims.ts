/**
 * Which job owns a snapshot that another one has left: a file `claimed-<job id>` in the snapshot's directory. The owner deletes
 * the snapshot when it does not need it any more.
 *
 * INV-CL-1 A snapshot has one owner at most. It is the file's name that counts, so a torn claim still holds.
 * INV-CL-2 Only the owner deletes, and the claim goes last: a deletion that a crash has cut short is finished by the same job. What a
 * pin holds is left to the pin, and then the claim goes alone.
 * Tests: test/backends/claims.test.ts.
 */
import { basename, dirname, join } from 'node:path'
import type { JobId } from '../core/ids.ts'
import { readCheckpoint } from './checkpoint-directory.ts'
import { checkpointNotFound, claimHeld, claimRefused, isResumable } from './checkpoint-rules.ts'
import { listIfThere, metadataName, removeIfThere, writeWhole } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'
import { leaseHolder } from './lease.ts'
import { deleteIfLetGo } from './let-go.ts'
import { isProcessAlive } from './live-process.ts'
import { claimantsIn, claimName, markRetired, retiredName } from './pins.ts'
import { isJobCheckpoint, removeCopy } from './savepoint-copy.ts'
import { removeUnnamed } from './shared-files.ts'

/** Makes the snapshot in `dir` the property of a job. Fails with `CLAIM_REFUSED`, `CHECKPOINT_NOT_FOUND`. */
export async function claimSnapshot(fs: FileSystem, dir: string, job: JobId): Promise<void> {
  const path = join(dir, claimName(job))
  if ((await listIfThere(fs, dir)).includes(claimName(job))) return refuseOthers(fs, dir, job)
  await checkClaim(fs, dir)
  await writeWhole(fs, {
    path,
    text: `Job ${job} owns this snapshot, and deletes it when it does not need it any more.\n`,
    writer: 'claim',
  })
  // Another process may have claimed or deleted it in between, or have taken over the job: then neither has it.
  try {
    await refuseOthers(fs, dir, job)
    await refuseHeld(fs, dir)
  } catch (error) {
    await removeIfThere(fs, path)
    throw error
  }
}

/** May a job that has claimed nothing yet claim it? Fails with `CLAIM_REFUSED`, `CHECKPOINT_NOT_FOUND`. */
export async function checkClaim(fs: FileSystem, dir: string): Promise<void> {
  await refuseOthers(fs, dir)
  await refuseHeld(fs, dir)
}

/** Deletes what the job has claimed, unless a pin holds it: then it goes with the last pin. Idempotent. */
export async function discardClaimed(fs: FileSystem, dir: string, job: JobId): Promise<void> {
  const names = await listIfThere(fs, dir)
  if (!names.includes(claimName(job))) return
  if (!isJobCheckpoint(dir)) {
    const manifest = names.includes(metadataName) ? (await readCheckpoint(fs, dir)).manifest : undefined
    return removeCopy(fs, dir, manifest)
  }
  if (!names.includes(retiredName)) await markRetired(fs, dir)
  if (await deleteIfLetGo(fs, dir, job)) {
    // Whoever holds it besides deletes it in the end, which our claim must not keep it from.
    await removeIfThere(fs, join(dir, claimName(job)))
    await fs.syncDir(dir)
    await deleteIfLetGo(fs, dir)
  }
  // What a deletion that was cut short has left; a checkpoint in the making builds on newer ones.
  const id = Number(basename(dir).slice('chk-'.length))
  await removeUnnamed(fs, dirname(dir), (_, writtenBy) => writtenBy <= id)
}

/** A job that another process runs may have nothing else to restart from. This process knows about its own. */
async function refuseHeld(fs: FileSystem, dir: string): Promise<void> {
  if (!isJobCheckpoint(dir)) return
  const pid = await leaseHolder(fs, dirname(dir))
  if (pid === undefined || pid === process.pid || !isProcessAlive(pid)) return
  if (isResumable((await readCheckpoint(fs, dir)).manifest)) throw claimHeld(dir, basename(dirname(dir)) as JobId, pid)
}

async function refuseOthers(fs: FileSystem, dir: string, job?: JobId): Promise<void> {
  const names = await listIfThere(fs, dir)
  const other = claimantsIn(names).find((one) => one !== job)
  if (other !== undefined) {
    throw claimRefused(dir, other, `, or, if that job is gone for good, remove ${join(dir, claimName(other))}`)
  }
  if (!names.includes(metadataName)) throw checkpointNotFound(dir)
}
