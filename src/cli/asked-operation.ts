/**
 * A savepoint or a stop, asked for of a session under an id that is known before the request goes out: whatever happens
 * to the answer, the id tells what came of it. Owns the flags for that, the waiting, and what to say about each end.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import { type JobId, makeTriggerId, parseTriggerId, type TriggerId } from '../core/ids.ts'
import { endStatuses } from '../core/job-status.ts'
import type { Invocation } from './command.ts'
import { explaining } from './failure.ts'
import { type Flag, UsageError } from './flags.ts'
import { jobIdOf, noMoreThan } from './job-argument.ts'
import { isRefused, type RestClient } from './rest-client.ts'

export const triggerIdFlag: Flag = {
  names: ['--trigger-id'],
  value: 'needed',
  valueName: 'id',
  about: 'Ask under this id, 32 hex digits: asked again, it is the same savepoint.',
}
export const statusFlag: Flag = {
  names: ['--status'],
  value: 'needed',
  valueName: 'id',
  about: 'Tell what has come of the savepoint or stop of this id.',
}

/** While an operation is under way, and nobody can say how it will end. */
const inProgress = 2

export interface AskedOperation {
  readonly jobId: JobId
  readonly triggerId: TriggerId
  /** Where it is asked for, below the job. */
  readonly path: 'savepoints' | 'stop'
  readonly body: object
}

/** The id that `--trigger-id` gives, else a new one. Fails with `UsageError`. */
export function triggerIdFrom({ flags, context }: Invocation): TriggerId {
  const given = flags.value('--trigger-id')
  return given === undefined ? makeTriggerId(context.random.bytes(16)) : readTriggerId(given)
}

/** Sends the request. One that may have arrived although nobody answered is to be repeated under its id. */
export async function ask(client: RestClient, { jobId, triggerId, path, body }: AskedOperation): Promise<void> {
  try {
    await client.request('POST', `/jobs/${jobId}/${path}`, { ...body, triggerId })
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'SESSION_UNREACHABLE' || isRefused(error)) throw error
    const again = `The request may have arrived: repeat it with --trigger-id ${triggerId}, which asks for nothing twice.`
    throw new StreamError(error.code, `${error.message} ${again}`, { cause: error })
  }
}

/** Waits for the path of the savepoint. Fails as the operation does; when nothing is heard of it, says how to ask for its end. */
export async function savepointPath(
  invocation: Invocation,
  client: RestClient,
  { jobId, triggerId }: Pick<AskedOperation, 'jobId' | 'triggerId'>,
): Promise<unknown> {
  const target = invocation.flags.value('--jobmanager')
  const where = target === undefined ? '' : ` -m ${target}`
  const next =
    `its id is ${triggerId}, and \`tidemark savepoint${where} --status ${triggerId} ${jobId}\` tells its end ` +
    '(-detached does not wait for it)'
  try {
    const { location } = await client.result(`/jobs/${jobId}/savepoints/${triggerId}`, next)
    return location
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'SESSION_UNREACHABLE') throw error
    const meanwhile = `What was asked for before may have gone on: ${next}.`
    throw new StreamError(error.code, `${error.message} ${meanwhile}`, { cause: error })
  }
}

/** `--status`: one look at an operation. Gives 0 when it has succeeded, 2 while it is under way. Fails as the operation did. */
export async function tellStatus(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  const triggerId = readTriggerId(flags.value('--status') ?? '')
  const jobId = jobIdOf(flags.args[0], 'ask about')
  noMoreThan(1, flags.args)
  const client = invocation.client()
  const operation = await tellingEnd(invocation, client, jobId, () =>
    explaining(`Operation ${triggerId} of job ${jobId}`, () => client.look(`/jobs/${jobId}/savepoints/${triggerId}`)),
  )
  if (operation === undefined) {
    invocation.print(`Operation ${triggerId} of job ${jobId} is in progress.`)
    return inProgress
  }
  printSavepoint(invocation, operation.location)
  return 0
}

/** The savepoint, and how to go on from it. */
export function printSavepoint(invocation: Invocation, path: unknown): void {
  invocation.print(`Savepoint completed. Path: ${path}`)
  invocation.print(`To go on from it: tidemark run -s ${path} <job file>`)
}

/** Codes of failures that say nothing of the job, because the request itself came to nothing. */
const notOfTheJob = ['REQUEST_TIMEOUT', 'SESSION_UNREACHABLE', 'JOB_NOT_FOUND', 'TRIGGER_NOT_FOUND', 'TRIGGER_CONFLICT']

/**
 * Does what may stop a job. When it fails, either a savepoint is there all the same, and is told of in the usual words; or
 * there is none, and the error also says what the job does now.
 */
export async function tellingEnd<T>(
  invocation: Invocation,
  client: RestClient,
  jobId: JobId,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StreamError) || notOfTheJob.includes(error.code)) throw error
    const { code, message, restartable, details } = error
    if (code === 'STOP_INCOMPLETE') {
      printSavepoint(invocation, details.path)
      throw error
    }
    const status = await client.statusOf(jobId, (status) => status !== 'FAILING').catch(() => undefined)
    if (status === undefined) throw error
    const now = endStatuses.includes(status) ? `the job is ${status}` : `the job goes on: it is ${status}`
    throw new StreamError(code, `${message.replace(/[^.!?]$/, '$&.')} No savepoint was made; ${now}.`, {
      cause: error,
      restartable,
      details,
    })
  }
}

function readTriggerId(text: string): TriggerId {
  try {
    return parseTriggerId(text)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}
