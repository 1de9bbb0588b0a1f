/**
 * The paths that trigger something and let the client poll for its end: checkpoints and disposals here, savepoints and
 * stops in `savepoint-routes.ts`. A failed operation is answered with 200; the failure is in the body, under a name
 * that differs by operation.
 */
import type { Context, Hono } from 'hono'
import { StreamError } from '../core/errors.ts'
import { type JobId, parseJobId, parseTriggerId, type TriggerId } from '../core/ids.ts'
import type { SessionJob } from '../job/session.ts'
import type { RestAppOptions } from './app.ts'
import { hasEnded } from './job-bodies.ts'
import { resultBody } from './operation-bodies.ts'
import type { Operations } from './operations.ts'
import { insideRoots } from './path-roots.ts'
import { needed, oneOf, readFields, string } from './request-body.ts'

const scopeOf = (id: JobId): string => `checkpoints/${id}`

export function addOperationRoutes(api: Hono, { session, roots }: RestAppOptions, operations: Operations): void {
  api.post('/jobs/:jobid/checkpoints', async (c) => {
    const job = refuseEnded(session.job(jobIdOf(c)))
    const body = await readFields(c.req.raw, {
      checkpointType: oneOf('CONFIGURED', 'FULL', 'INCREMENTAL'),
      triggerId: string,
    })
    const run = async () => ({ checkpointId: await job.triggerCheckpoint() })
    const request = { scope: scopeOf(job.id), kind: 'checkpoint', triggerId: clientId(body.triggerId), run }
    return c.json({ 'request-id': operations.start(request) }, 202)
  })

  api.post('/savepoint-disposal', async (c) => {
    const body = await readFields(c.req.raw, { 'savepoint-path': string, triggerId: string })
    const path = await insideRoots(needed('savepoint-path', body['savepoint-path'], 'the path of a savepoint'), roots)
    const run = async () => {
      await session.disposeSavepoint(path)
      return {}
    }
    const request = { scope: 'disposals', kind: `disposal of ${path}`, triggerId: clientId(body.triggerId), run }
    return c.json({ 'request-id': operations.start(request) })
  })

  api.get('/jobs/:jobid/checkpoints/:triggerid', (c) =>
    c.json(resultBody(operations.result(scopeOf(jobIdOf(c)), triggerIdOf(c)), 'failureCause')),
  )
  api.get('/savepoint-disposal/:triggerid', (c) =>
    c.json(resultBody(operations.result('disposals', triggerIdOf(c)), 'failure-cause')),
  )
}

/** The job of a path. Fails with `JOB_ID_INVALID`. */
export const jobIdOf = (c: Context): JobId => parseJobId(c.req.param('jobid') ?? '')

/** The operation of a path. Fails with `TRIGGER_ID_INVALID`. */
export const triggerIdOf = (c: Context): TriggerId => parseTriggerId(c.req.param('triggerid') ?? '')

/** The id that a client has chosen, if it has. Fails with `TRIGGER_ID_INVALID`. */
export const clientId = (text: string | undefined): TriggerId | undefined =>
  text === undefined ? undefined : parseTriggerId(text)

/** Fails with `JOB_NOT_RUNNING`. */
export function refuseEnded(job: SessionJob): SessionJob {
  if (!hasEnded(job)) return job
  throw new StreamError('JOB_NOT_RUNNING', `Job ${job.id} is ${job.currentStatus}: expected a job that has not ended.`)
}
