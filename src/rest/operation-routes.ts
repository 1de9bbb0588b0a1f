/**
 * The paths that trigger something and let the client poll for its end: savepoints, stops, checkpoints, disposals.
 * A failed operation is answered with 200; the failure is in the body, under a name that differs by operation.
 */
import type { Context, Hono } from 'hono'
import { StreamError } from '../core/errors.ts'
import { type JobId, parseJobId, parseTriggerId, type TriggerId } from '../core/ids.ts'
import type { SessionJob } from '../job/session.ts'
import type { RestAppOptions } from './app.ts'
import { failureBody, hasEnded } from './job-bodies.ts'
import type { OperationResult, Operations } from './operations.ts'
import { insideRoots } from './path-roots.ts'
import { boolean, needed, oneOf, readFields, string } from './request-body.ts'

const formatType = oneOf('CANONICAL', 'NATIVE')
const savepointsOf = (id: JobId): string => `savepoints/${id}`
const checkpointsOf = (id: JobId): string => `checkpoints/${id}`

export function addOperationRoutes(api: Hono, options: RestAppOptions, operations: Operations): void {
  const { session, roots } = options
  const triggerId = (c: Context): TriggerId => parseTriggerId(c.req.param('triggerid') ?? '')
  const jobId = (c: Context): JobId => parseJobId(c.req.param('jobid') ?? '')
  const running = (c: Context): SessionJob => refuseEnded(session.job(jobId(c)))

  api.post('/jobs/:jobid/savepoints', async (c) => {
    const job = running(c)
    const body = await readFields(c.req.raw, {
      'target-directory': string,
      'cancel-job': boolean,
      formatType,
      triggerId: string,
    })
    const directory = await targetOf(body['target-directory'], 'target-directory', options)
    const run = async () => {
      const location = await job.triggerSavepoint(directory)
      if (body['cancel-job'] === true) await job.cancel()
      return { location }
    }
    const kind = body['cancel-job'] === true ? 'cancel with savepoint' : 'savepoint'
    const id = operations.start({ scope: savepointsOf(job.id), kind, triggerId: clientId(body.triggerId), run })
    return c.json({ 'request-id': id }, 202)
  })

  api.post('/jobs/:jobid/stop', async (c) => {
    const job = running(c)
    const body = await readFields(c.req.raw, {
      targetDirectory: string,
      drain: boolean,
      formatType,
      triggerId: string,
    })
    const directory = await targetOf(body.targetDirectory, 'targetDirectory', options)
    const run = async () => ({
      location: await job.stop({ savepoint: directory ?? true, drain: body.drain ?? false }),
    })
    const id = operations.start({ scope: savepointsOf(job.id), kind: 'stop', triggerId: clientId(body.triggerId), run })
    return c.json({ 'request-id': id }, 202)
  })

  api.post('/jobs/:jobid/checkpoints', async (c) => {
    const job = running(c)
    const body = await readFields(c.req.raw, {
      checkpointType: oneOf('CONFIGURED', 'FULL', 'INCREMENTAL'),
      triggerId: string,
    })
    const run = async () => ({ checkpointId: await job.triggerCheckpoint() })
    const request = { scope: checkpointsOf(job.id), kind: 'checkpoint', triggerId: clientId(body.triggerId), run }
    return c.json({ 'request-id': operations.start(request) }, 202)
  })

  api.post('/savepoint-disposal', async (c) => {
    const body = await readFields(c.req.raw, { 'savepoint-path': string, triggerId: string })
    const path = await insideRoots(needed('savepoint-path', body['savepoint-path'], 'the path of a savepoint'), roots)
    const run = async () => {
      await session.disposeSavepoint(path)
      return {}
    }
    const id = operations.start({ scope: 'disposals', kind: 'disposal', triggerId: clientId(body.triggerId), run })
    return c.json({ 'request-id': id })
  })

  api.get('/jobs/:jobid/savepoints/:triggerid', (c) =>
    c.json(resultBody(operations.result(savepointsOf(jobId(c)), triggerId(c)), 'failure-cause')),
  )
  api.get('/jobs/:jobid/checkpoints/:triggerid', (c) =>
    c.json(resultBody(operations.result(checkpointsOf(jobId(c)), triggerId(c)), 'failureCause')),
  )
  api.get('/savepoint-disposal/:triggerid', (c) =>
    c.json(resultBody(operations.result('disposals', triggerId(c)), 'failure-cause')),
  )
}

function refuseEnded(job: SessionJob): SessionJob {
  if (!hasEnded(job)) return job
  throw new StreamError('JOB_NOT_RUNNING', `Job ${job.id} is ${job.currentStatus}: expected a job that has not ended.`)
}

const clientId = (text: string | undefined): TriggerId | undefined =>
  text === undefined ? undefined : parseTriggerId(text)

async function targetOf(
  directory: string | undefined,
  field: string,
  { roots, targetDirectoryNeeded }: RestAppOptions,
): Promise<string | undefined> {
  if (directory?.startsWith('jobmanager:') === true) {
    throw new StreamError(
      'REQUEST_INVALID',
      `Field "${field}" is "${directory.slice(0, 80)}": expected a directory. Without the field, savepoints go where ` +
        'the job keeps them, be it memory ("jobmanager").',
    )
  }
  if (directory !== undefined) return insideRoots(directory, roots)
  if (targetDirectoryNeeded !== true) return undefined
  throw new StreamError(
    'SAVEPOINT_DIR_MISSING',
    `There is no directory for the savepoint: expected field "${field}", or the configuration key "state.savepoints.dir".`,
  )
}

function resultBody(result: OperationResult | undefined, failureName: 'failure-cause' | 'failureCause') {
  if (result === undefined) return { status: { id: 'IN_PROGRESS' } }
  const operation =
    result.type === 'completed' ? result.value : { [failureName]: failureBody(result.code, result.message) }
  return { status: { id: 'COMPLETED' }, operation }
}
