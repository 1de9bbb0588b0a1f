/** Waits for a job that somebody watches, showing progress, and turns its end into words and an exit code. */
import { StreamError } from '../core/errors.ts'
import type { Invocation } from './command.ts'
import { printable } from './context.ts'
import type { FollowedJob, JobEnd } from './followed-job.ts'
import { formatCount, formatMs, showProgress } from './progress.ts'

/** The job's end, with progress shown until then. `interrupted` ends the wait early and gives what came of that. */
export async function watch(invocation: Invocation, job: FollowedJob, interrupted: Promise<JobEnd>): Promise<JobEnd> {
  const { flags, context } = invocation
  const stream = context.stderr
  const stop = flags.has('--quiet')
    ? () => undefined
    : showProgress({ clock: context.clock, stream, sample: () => job.sample() })
  try {
    return await Promise.race([job.ended, interrupted])
  } finally {
    stop()
  }
}

/** Said of a job that does not start from nothing. */
export const goesOn = (name: string, checkpoint: number, path: string): string =>
  `Job "${printable(name)}" goes on from checkpoint ${checkpoint} (${path})`

/** Says how it ended. Fails with the job's own error, or `JOB_CANCELED`. */
export async function reportEnd(
  invocation: Invocation,
  job: FollowedJob,
  end: JobEnd,
  tookMs: number,
): Promise<number> {
  if (end.status === 'FINISHED') {
    const records = (await job.sample().catch(() => undefined))?.records
    const count = records === undefined ? '' : `${formatCount(records)} records in `
    invocation.print(`Job ${job.id} has finished: ${count}${formatMs(tookMs)}.`)
    return 0
  }
  if (end.status === 'CANCELED') throw new StreamError('JOB_CANCELED', `Job ${job.id} was canceled.`)
  throw end.error ?? new StreamError('JOB_FAILED', `Job ${job.id} ended as ${end.status}.`)
}
