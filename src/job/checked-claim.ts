/**
 * Whose the snapshot is that a submission would start from, looked at before anything is opened: so the plan foretells a claim
 * that is refused, and such a claim leaves nothing behind. The storage decides once more when the claim is made.
 * Tests: test/job/checked-claim.test.ts.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import type { RestoreCandidate } from './restore-point.ts'
import type { SubmitOptions } from './session.ts'
import type { Storages } from './storages.ts'

export interface OwnershipFacts {
  readonly storages: Storages
  /** Does this process run the job? */
  runs(job: JobId): boolean
  /** The job of this process that has nothing but this snapshot to go back to. */
  needing(snapshot: string): JobId | undefined
}

/** The candidate, refused when another job owns the snapshot or needs it. */
export async function checkedClaim(
  candidate: RestoreCandidate,
  submit: SubmitOptions,
  facts: OwnershipFacts,
): Promise<RestoreCandidate> {
  const error = await refusalOf(candidate, submit, facts)
  if (error === undefined) return candidate
  const { plan, outcome } = candidate
  const problems = [...plan.problems, { code: error.code, message: error.message }]
  return {
    ...candidate,
    plan: { ...plan, verdict: 'impossible', starts: false, problems },
    outcome: outcome.type === 'refused' ? outcome : { type: 'refused', error },
  }
}

async function refusalOf(
  { snapshot, resumes }: RestoreCandidate,
  { claimMode, fromSavepoint }: SubmitOptions,
  { storages, runs, needing }: OwnershipFacts,
): Promise<StreamError | undefined> {
  if (resumes !== undefined) return refusalOfResume(snapshot, resumes, storages)
  if (claimMode !== 'claim' || fromSavepoint === undefined) return undefined
  const { savepoint } = await storages.claimable(fromSavepoint)
  const path = savepoint ?? snapshot.path
  const { id } = snapshot.manifest.job
  // A savepoint belongs to no job; a checkpoint does.
  if (storages.isJobCheckpoint(path) && runs(id)) return cannotBeClaimed(path, `job ${id}, which runs, needs it.`)
  const job = needing(snapshot.path)
  try {
    await storages.claimsAt(snapshot.path).check(snapshot.path)
  } catch (error) {
    if (error instanceof StreamError && error.code === 'CLAIM_REFUSED') return error
    throw error
  }
  return job === undefined ? undefined : cannotBeClaimed(path, `job ${job}, which runs, needs it.`)
}

/** Its own checkpoint may be another job's by now. */
async function refusalOfResume(
  { path, manifest }: StoredSnapshot,
  job: JobId,
  storages: Storages,
): Promise<StreamError | undefined> {
  if (manifest.job.id !== job) return undefined
  const owner = await storages.claimantOf(path)
  return owner === undefined || owner === job ? undefined : takenFrom(job, path, owner)
}

export const cannotBeClaimed = (path: string, why: string): StreamError =>
  new StreamError('CLAIM_REFUSED', `${path} cannot be claimed: ${why} Start from it without a claim.`, {
    details: { path },
  })

/** Of a job that would go on from its own checkpoint. */
export const takenFrom = (job: JobId, snapshot: string, owner: JobId): StreamError =>
  new StreamError(
    'CLAIM_REFUSED',
    `Job ${job} cannot resume: job ${owner} has claimed ${snapshot}, from which it would go on, and deletes it when it does not need ` +
      'it any more. Resume it when that job has let go, or start a new job with -s.',
    { details: { path: snapshot, owner } },
  )
