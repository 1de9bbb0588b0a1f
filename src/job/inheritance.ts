/** What a job may restart from before it has stored a checkpoint in this process: what earlier ones left it, and what it claims. */
import type { CheckpointId } from '../core/ids.ts'
import { type ClaimServices, claimedSnapshot } from './claimed-snapshot.ts'
import type { RestorePoint } from './restore-point.ts'
import type { SubmitOptions } from './session.ts'
import type { StoredCheckpoints } from './stored-checkpoints.ts'

export interface Inheritance {
  readonly submit: SubmitOptions
  readonly point: RestorePoint | undefined
  readonly stored: StoredCheckpoints
  /** Restore points that the job keeps. */
  readonly retained: number
}

/** Oldest first. Takes back that the job was opened when it fails: with `CLAIM_REFUSED`, `CHECKPOINT_NOT_FOUND`, `STORAGE_FAILED`. */
export async function inheritedCheckpoints(
  inheritance: Inheritance,
  services: ClaimServices,
): Promise<readonly CheckpointId[]> {
  try {
    return await inherit(inheritance, services)
  } catch (error) {
    await inheritance.stored.withdraw()
    throw error
  }
}

async function inherit(
  { submit, point, stored, retained }: Inheritance,
  services: ClaimServices,
): Promise<readonly CheckpointId[]> {
  const { manifest } = point?.snapshot ?? {}
  const goesOn = submit.resume === true && manifest?.job.id === stored.jobId
  const inherited = goesOn ? stored.restorableUpTo(manifest.checkpointId) : []
  const claimed = await claimedSnapshot(stored, submit, point, services)
  if (claimed === undefined) return inherited
  stored.adopt(claimed)
  // An earlier process has died between its own checkpoint and the end of what it had claimed.
  const isDue = inherited.length >= Math.max(1, retained)
  return isDue && (await stored.discard(claimed.id)) ? inherited : [claimed.id, ...inherited]
}
