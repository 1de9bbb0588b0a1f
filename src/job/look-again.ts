/** A second look at where a job goes on from, once its storage is ours. Tests: test/job/take-over.test.ts. */
import { StreamError } from '../core/errors.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { EffectiveOptions } from './effective-options.ts'
import { jobFinished, type RestorePoint } from './restore-point.ts'
import type { SubmitOptions } from './session.ts'
import type { StoredCheckpoints } from './stored-checkpoints.ts'

/** Where a submission starts from, so far as can be seen. */
export interface SubmissionPlan {
  readonly effective: EffectiveOptions
  readonly graph: JobGraph
  readonly point: RestorePoint | undefined
}

/**
 * Until it lost the lease, whoever ran a job that is resumed may have completed a newer checkpoint, and committed its
 * output, or the whole job. Fails with `JOB_FINISHED`, and with `CHECKPOINT_NOT_FOUND` when the job is gone.
 */
export async function lookAgain(
  planned: SubmissionPlan,
  submit: SubmitOptions,
  stored: StoredCheckpoints,
  prepare: () => Promise<SubmissionPlan>,
): Promise<SubmissionPlan> {
  if (submit.resume !== true || planned.point === undefined) return planned
  const { name } = planned.effective
  try {
    if (stored.hadFinished) throw jobFinished(name, stored.jobId)
    const found = await prepare()
    if (found.point?.resumes === planned.point.resumes) return found
    throw new StreamError(
      'CHECKPOINT_NOT_FOUND',
      `Job "${name}" (${stored.jobId}) was ended by another process while it was being resumed: resume again.`,
      { restartable: true, details: { job: stored.jobId } },
    )
  } catch (error) {
    await stored.withdraw()
    throw error
  }
}
