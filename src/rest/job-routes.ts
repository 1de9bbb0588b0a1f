/** The paths that only look: jobs, their plans and results, their checkpoint statistics; and the one that cancels. */
import type { Context, Hono } from 'hono'
import { StreamError } from '../core/errors.ts'
import { parseCheckpointId, parseJobId } from '../core/ids.ts'
import type { SessionJob } from '../job/session.ts'
import type { RestAppOptions } from './app.ts'
import { checkpointConfigText, checkpointDetails, checkpointStatistics } from './checkpoint-bodies.ts'
import {
  executionResult,
  jobDetails,
  jobExceptions,
  jobOverview,
  jobPlan,
  metricsOf,
  vertexWatermarks,
} from './job-bodies.ts'

export function addJobRoutes(api: Hono, options: RestAppOptions): void {
  const { session, clock } = options
  const jobOf = (c: Context): SessionJob => session.job(parseJobId(c.req.param('jobid') ?? ''))

  api.get('/jobs', (c) =>
    c.json({ jobs: session.jobs().map(({ id, currentStatus }) => ({ id, status: currentStatus })) }),
  )
  api.get('/jobs/overview', (c) => c.json({ jobs: session.jobs().map((job) => jobOverview(job, clock.now())) }))
  api.get('/jobs/:jobid', (c) => c.json(jobDetails(jobOf(c), clock.now())))
  api.get('/jobs/:jobid/status', (c) => c.json({ status: jobOf(c).currentStatus }))
  api.get('/jobs/:jobid/vertices/:vertexid/watermarks', (c) =>
    c.json(vertexWatermarks(jobOf(c), c.req.param('vertexid'))),
  )
  api.get('/jobs/:jobid/vertices/:vertexid/metrics', (c) =>
    c.json(metricsOf(jobOf(c), c.req.param('vertexid'), c.req.query('get'))),
  )
  api.get('/jobs/:jobid/plan', (c) => c.json({ plan: jobPlan(jobOf(c)) }))
  api.get('/jobs/:jobid/execution-result', (c) => c.json(executionResult(jobOf(c), clock.now())))
  api.get('/jobs/:jobid/exceptions', (c) => c.json(jobExceptions(jobOf(c), maxExceptions(c))))
  api.get('/jobs/:jobid/checkpoints', (c) => c.json(checkpointStatistics(jobOf(c).checkpointStats())))
  api.get('/jobs/:jobid/checkpoints/config', (c) =>
    c.body(checkpointConfigText(jobOf(c).checkpointing), 200, { 'content-type': 'application/json' }),
  )
  api.get('/jobs/:jobid/checkpoints/details/:id', (c) =>
    c.json(checkpointDetails(jobOf(c), parseCheckpointId(c.req.param('id')))),
  )
  api.patch('/jobs/:jobid', (c) => {
    const mode = c.req.query('mode') ?? 'cancel'
    if (mode !== 'cancel') {
      throw new StreamError('REQUEST_INVALID', `Parameter "mode" is "${mode}": expected cancel. To stop, POST …/stop.`)
    }
    return cancel(c, jobOf(c), options)
  })
  api.get('/jobs/:jobid/yarn-cancel', (c) => cancel(c, jobOf(c), options))
}

/** Answers at once; the end shows in the job's status. Cancelling a canceled job again is no mistake. */
function cancel(c: Context, job: SessionJob, { log }: RestAppOptions): Response {
  const { currentStatus, id } = job
  if (currentStatus === 'FINISHED' || currentStatus === 'FAILED') {
    throw new StreamError(
      'JOB_NOT_RUNNING',
      `Job ${id} is ${currentStatus}: only a job that has not ended can be canceled.`,
    )
  }
  job.cancel().catch((error: unknown) => log?.('error', `Cancelling job ${id} failed: ${String(error)}`))
  return c.json({}, 202)
}

function maxExceptions(c: Context): number {
  const text = c.req.query('maxExceptions') ?? '20'
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text)
  throw new StreamError('REQUEST_INVALID', `Parameter "maxExceptions" is "${text}": expected an integer from 1.`)
}
