/**
 * Which snapshots the jobs of a session go back to when they fail, from the moment on at which their submission is decided:
 * two of them that come at the same time see each other. Other processes see leases and claims.
 *
 * INV-SU-1 While a job needs a snapshot no other job claims it, and nobody disposes of it.
 * Tests: test/job/snapshot-uses.test.ts.
 */
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { cannotBeClaimed, takenFrom } from './checked-claim.ts'
import type { StoredCheckpoints } from './stored-checkpoints.ts'

/** How a job came by the snapshot that it starts from. */
export type UseKind = 'claims' | 'goes on' | 'starts'

interface Use {
  readonly kind: UseKind
  readonly snapshot: string | undefined
  /** Once it runs. */
  readonly stored?: Pick<StoredCheckpoints, 'hasOwn' | 'claimedPath'>
}

export class SnapshotUses {
  readonly #uses = new Map<JobId, Use>()

  /** Fails with `CLAIM_REFUSED`. */
  begin(job: JobId, kind: UseKind, snapshot: string | undefined): void {
    const needing = snapshot === undefined ? undefined : this.needing(snapshot)
    if (snapshot !== undefined && needing !== undefined) {
      if (kind === 'claims') throw cannotBeClaimed(snapshot, `job ${needing}, which runs, needs it.`)
      if (kind === 'goes on' && this.#uses.get(needing)?.kind === 'claims') throw takenFrom(job, snapshot, needing)
    }
    this.#uses.set(job, { kind, snapshot })
  }

  started(job: JobId, snapshot: string | undefined, stored: Use['stored']): void {
    this.#uses.set(job, { kind: this.#uses.get(job)?.kind ?? 'starts', snapshot, ...(stored && { stored }) })
  }

  end(job: JobId): void {
    this.#uses.delete(job)
  }

  /** The job that has nothing else to go back to. */
  needing(snapshot: string): JobId | undefined {
    return this.#find((use) => use.snapshot === snapshot && use.stored?.hasOwn !== true)
  }

  /** Fails with `SAVEPOINT_IN_USE` when a job needs what would go with the savepoint, or has claimed it. */
  checkUnused(savepoint: string, snapshot: string): void {
    const job = this.needing(snapshot) ?? this.#find(({ stored }) => stored?.claimedPath === snapshot)
    if (job === undefined) return
    throw new StreamError(
      'SAVEPOINT_IN_USE',
      `Savepoint ${savepoint} is not disposed of: job ${job}, which runs, needs it until checkpoints of its own have taken its ` +
        'place. Trigger one, or cancel the job first.',
      { details: { path: savepoint, job } },
    )
  }

  #find(is: (use: Use) => boolean): JobId | undefined {
    return [...this.#uses].find(([, use]) => is(use))?.[0]
  }
}
