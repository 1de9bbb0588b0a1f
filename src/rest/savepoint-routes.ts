/**
 * The paths that take savepoints of jobs and stop them. What was asked of a job the job itself remembers, by trigger id:
 * a poll is answered from there when the API has forgotten the operation, or when it was asked for otherwise.
 */
import type { Hono } from 'hono'
import type { SavepointFormat } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import type { JobId, TriggerId } from '../core/ids.ts'
import { type AskedOperation, knownOperation } from '../job/savepoint-operations.ts'
import type { SessionJob } from '../job/session.ts'
import type { RestAppOptions } from './app.ts'
import { hasEnded } from './job-bodies.ts'
import { resultBody, resultOf, savepointOperationsBody } from './operation-bodies.ts'
import { clientId, jobIdOf, refuseEnded, triggerIdOf } from './operation-routes.ts'
import type { OperationResult, Operations } from './operations.ts'
import { insideRoots } from './path-roots.ts'
import { boolean, oneOf, readFields, string } from './request-body.ts'

const formatType = oneOf('CANONICAL', 'NATIVE')
const scopeOf = (id: JobId): string => `savepoints/${id}`

export function addSavepointRoutes(api: Hono, options: RestAppOptions, operations: Operations): void {
  const { session } = options
  const isKnownHere = (job: SessionJob, id: TriggerId | undefined) =>
    id !== undefined && operations.has(scopeOf(job.id), id)

  api.post('/jobs/:jobid/savepoints', async (c) => {
    const job = session.job(jobIdOf(c))
    const body = await readFields(c.req.raw, {
      'target-directory': string,
      'cancel-job': boolean,
      formatType,
      selfContained: boolean,
      triggerId: string,
    })
    const dir = await targetOf(body['target-directory'], 'target-directory', options)
    const format = formatOf(body.selfContained)
    const asked = refuseUnlessKnown(job, { kind: 'savepoint', dir, format, triggerId: clientId(body.triggerId) })
    const cancels = body['cancel-job'] === true
    if (cancels && !isKnownHere(job, asked.triggerId)) refuseToCancelFor(job, asked)
    const run = async (triggerId: TriggerId) => {
      const location = await job.triggerSavepoint({ dir, format, triggerId })
      if (cancels) await job.cancel()
      return { location }
    }
    const kind = cancels ? 'cancel with savepoint' : 'savepoint'
    const id = operations.start({ scope: scopeOf(job.id), kind, triggerId: asked.triggerId, run })
    return c.json({ 'request-id': id }, 202)
  })

  api.post('/jobs/:jobid/stop', async (c) => {
    const job = session.job(jobIdOf(c))
    const body = await readFields(c.req.raw, {
      targetDirectory: string,
      drain: boolean,
      formatType,
      selfContained: boolean,
      triggerId: string,
    })
    const dir = await targetOf(body.targetDirectory, 'targetDirectory', options)
    const drain = body.drain ?? false
    const kind = drain ? 'drain' : 'stop'
    const format = formatOf(body.selfContained)
    const asked = refuseUnlessKnown(job, { kind, dir, format, triggerId: clientId(body.triggerId) })
    const run = async (triggerId: TriggerId) => ({
      location: await job.stop({ savepoint: dir ?? true, drain, format, triggerId }),
    })
    const id = operations.start({ scope: scopeOf(job.id), kind, triggerId: asked.triggerId, run })
    return c.json({ 'request-id': id }, 202)
  })

  api.get('/jobs/:jobid/savepoints', (c) =>
    c.json(savepointOperationsBody(session.job(jobIdOf(c)).savepointOperations())),
  )

  const result = (jobId: JobId, id: TriggerId): OperationResult | undefined => {
    if (operations.has(scopeOf(jobId), id)) return operations.result(scopeOf(jobId), id)
    const known = session
      .job(jobId)
      .savepointOperations()
      .find(({ triggerId }) => triggerId === id)
    if (known !== undefined) return resultOf(known)
    throw new StreamError(
      'TRIGGER_NOT_FOUND',
      `No savepoint or stop with trigger id ${id} was asked for of job ${jobId}: GET /jobs/${jobId}/savepoints lists them.`,
    )
  }
  api.get('/jobs/:jobid/savepoints/:triggerid', (c) =>
    c.json(resultBody(result(jobIdOf(c), triggerIdOf(c)), 'failure-cause')),
  )
}

/** Asking again is no new request: it is answered also when the job has ended, as a stop has ended it. */
function refuseUnlessKnown(job: SessionJob, asked: AskedOperation): AskedOperation {
  if (knownOperation(job.savepointOperations(), asked) === undefined) refuseEnded(job)
  return asked
}

/**
 * A savepoint of this id that the API knows nothing of any more, or never did, and that has left the job running, was not asked
 * for with `cancel-job`. Fails with `TRIGGER_CONFLICT` then: an answer that was lost is no order to cancel.
 */
function refuseToCancelFor(job: SessionJob, asked: AskedOperation): void {
  const known = knownOperation(job.savepointOperations(), asked)
  if (known === undefined || known.status === 'failed' || hasEnded(job)) return
  throw new StreamError(
    'TRIGGER_CONFLICT',
    `Trigger id ${known.triggerId} names a savepoint after which job ${job.id} was to go on: expected another id for a ` +
      'savepoint with "cancel-job".',
  )
}

/** Without the field, savepoints are what the job is configured to make. */
const formatOf = (selfContained: boolean | undefined): SavepointFormat | undefined =>
  selfContained === undefined ? undefined : selfContained ? 'self-contained' : 'pointer'

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
