/**
 * Whose the snapshot is that a submission would start from, looked at before anything is opened: so the plan foretells a claim
 * that is refused, and such a claim leaves nothing behind. The storage decides once more when the claim is made.
 * Tests: test/job/checked-claim.test.ts.
 */
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import type { RestoreCandidate } from './restore-point.ts'
import type { SubmitOptions } from './session.ts'
import type { Storages } from './storages.ts'

export interface OwnershipFacts {
  readonly storages: Storages
  /** Does this process run the job? */
  runs(job: JobId): boolean
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
  { snapshot }: RestoreCandidate,
  { claimMode, fromSavepoint }: SubmitOptions,
  { storages, runs }: OwnershipFacts,
): Promise<StreamError | undefined> {
  if (claimMode !== 'claim' || fromSavepoint === undefined) return undefined
  const { savepoint } = await storages.claimable(fromSavepoint)
  const path = savepoint ?? snapshot.path
  const { id } = snapshot.manifest.job
  // A savepoint belongs to no job; a checkpoint does.
  if (storages.isJobCheckpoint(path) && runs(id)) return cannotBeClaimed(path, `job ${id}, which runs, needs it.`)
  try {
    await storages.claimsAt(snapshot.path).check(snapshot.path)
  } catch (error) {
    if (error instanceof StreamError && error.code === 'CLAIM_REFUSED') return error
    throw error
  }
  return undefined
}

export const cannotBeClaimed = (path: string, why: string): StreamError =>
  new StreamError('CLAIM_REFUSED', `${path} cannot be claimed: ${why} Start from it without a claim.`, {
    details: { path },
  })
