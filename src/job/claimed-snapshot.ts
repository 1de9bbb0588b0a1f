/**
 * A snapshot that a job has claimed: it counts as the job's oldest checkpoint, and goes like one.
 *
 * Owns the order of a claim and of its end, so that a process that dies in between leaves what the next one can finish.
 * When it goes is the coordinator's decision (retention) or that of the job's end.
 *
 * INV-CS-1 The job's record names the snapshot before it is claimed, and until it is gone.
 * INV-CS-2 Nothing is deleted that another job has claimed. The savepoint goes first, then its pin, then the state.
 * INV-CS-3 What cannot be deleted is a warning and no failure; it is tried again when the job ends or is resumed.
 */
import type { ClaimedPlace, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { cannotBeClaimed } from './checked-claim.ts'
import type { RestorePoint } from './restore-point.ts'
import type { SubmitOptions } from './session.ts'
import type { Storages } from './storages.ts'
import type { StoredCheckpoints } from './stored-checkpoints.ts'

export interface ClaimServices {
  readonly storages: Storages
  warn(message: string): void
}

/**
 * What this submission claims, or what an earlier process of the job has claimed and not deleted. Fails with `CLAIM_REFUSED`,
 * `CHECKPOINT_NOT_FOUND`.
 */
export async function claimedSnapshot(
  stored: StoredCheckpoints,
  { claimMode, fromSavepoint }: SubmitOptions,
  point: RestorePoint | undefined,
  services: ClaimServices,
): Promise<ClaimedSnapshot | undefined> {
  const noted = stored.claim?.place
  if (claimMode === 'claim' && fromSavepoint !== undefined && point !== undefined) {
    const place = await services.storages.claimable(fromSavepoint)
    refuseTaken(stored, place)
    const claimed = new ClaimedSnapshot(stored, place, services, point.snapshot)
    await claimed.take()
    return claimed
  }
  if (noted === undefined) return undefined
  const snapshot = point?.snapshot.path === noted.snapshot ? point.snapshot : undefined
  return new ClaimedSnapshot(stored, noted, services, snapshot)
}

export class ClaimedSnapshot {
  readonly id: CheckpointId
  /** Where the state is. */
  readonly path: string
  /** Undefined once the job has checkpoints of its own to go on from. */
  readonly snapshot: StoredSnapshot | undefined
  readonly #stored: StoredCheckpoints
  readonly #place: ClaimedPlace
  readonly #services: ClaimServices

  constructor(
    stored: StoredCheckpoints,
    place: ClaimedPlace,
    services: ClaimServices,
    snapshot: StoredSnapshot | undefined,
  ) {
    this.id = place.checkpointId
    this.path = place.snapshot
    this.snapshot = snapshot
    this.#stored = stored
    this.#place = place
    this.#services = services
  }

  async take(): Promise<void> {
    await this.#stored.claim?.note(this.#place)
    try {
      await this.#claims.claim(this.#place.snapshot, this.#stored.jobId)
    } catch (error) {
      await this.#stored.claim?.note(undefined)
      throw error
    }
  }

  /** Returns whether the job has nothing more to do with it. Never fails. */
  async discard(): Promise<boolean> {
    const { snapshot, savepoint } = this.#place
    try {
      if (await this.#isOurs()) {
        if (savepoint !== undefined) await this.#services.storages.endSavepoint(savepoint, snapshot)
        await this.#claims.discard(snapshot, this.#stored.jobId)
      }
      await this.#stored.claim?.note(undefined)
      return true
    } catch (error) {
      this.#services.warn(
        `${savepoint ?? snapshot}, which the job has claimed and does not need any more, could not be deleted: ` +
          `${messageOf(error)} It is tried again when the job ends or is resumed.`,
      )
      return false
    }
  }

  /** A process that died before it had claimed it does so now. What is gone may have left something of ours. */
  async #isOurs(): Promise<boolean> {
    if (await this.#isReplaced()) return false
    try {
      await this.#claims.claim(this.#place.snapshot, this.#stored.jobId)
      return true
    } catch (error) {
      if (isCode(error, 'CLAIM_REFUSED')) return false
      if (isCode(error, 'CHECKPOINT_NOT_FOUND')) return true
      throw error
    }
  }

  /** Another snapshot has come into its place since, which nobody has claimed. */
  async #isReplaced(): Promise<boolean> {
    const { snapshot, made, checkpointId } = this.#place
    const there = await this.#services.storages.find(snapshot).catch(() => undefined)
    if (there === undefined || made === undefined) return false
    const { job, timestamp, checkpointId: id } = there.manifest
    const isOther = job.id !== made.job || timestamp !== made.timestamp || id !== checkpointId
    if (isOther)
      this.#services.warn(`${snapshot} is another snapshot than the one that the job has claimed: it is left alone.`)
    return isOther
  }

  get #claims() {
    return this.#services.storages.claimsAt(this.#place.snapshot)
  }
}

/** What only the opened storage of the job can tell. */
function refuseTaken(stored: StoredCheckpoints, place: ClaimedPlace): void {
  const { savepoint, snapshot, checkpointId } = place
  const refused = (why: string) => cannotBeClaimed(savepoint ?? snapshot, why)
  const noted = stored.claim?.place
  if (noted !== undefined)
    throw refused(`job ${stored.jobId} has claimed ${noted.savepoint ?? noted.snapshot} already.`)
  if (stored.ids.includes(checkpointId))
    throw refused(`job ${stored.jobId} has a checkpoint ${checkpointId} of its own.`)
  if (stored.claim === undefined) throw refused('the storage of the job cannot remember claims.')
}

const isCode = (error: unknown, code: StreamError['code']): boolean =>
  error instanceof StreamError && error.code === code
