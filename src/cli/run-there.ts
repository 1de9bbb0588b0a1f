/** Submits a job to a session and, unless detached, follows it. Ctrl-C leaves the job running. */
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { mappingText } from '../deployment/state-mapping.ts'
import { configurationKeyOf } from '../job/configuration.ts'
import type { Invocation } from './command.ts'
import { UsageError } from './flags.ts'
import { followRemote, type JobEnd } from './followed-job.ts'
import { goesOn, reportEnd, watch } from './job-end.ts'
import type { RestClient } from './rest-client.ts'
import type { JobToRun } from './run-options.ts'

interface Submitted {
  readonly jobid: string
  readonly warnings?: readonly string[]
  readonly name?: string
  readonly restored?: { readonly id: number; readonly external_path: string } | null
}

/** Gives the exit code. Fails as the submission or, when followed, the job does. */
export async function runThere(invocation: Invocation, job: JobToRun, client: RestClient): Promise<number> {
  const { context, flags, log } = invocation
  checkSavepoint(job.submit.fromSavepoint, client)
  const answer = await client.request<Submitted>('POST', '/jobs/run', submissionOf(invocation, job))
  const { jobid, name = jobid, restored, warnings = [] } = answer
  for (const warning of warnings) log('warn', warning)
  invocation.print(`Job has been submitted with JobID ${jobid}`)
  if (restored) invocation.print(goesOn(name, restored.id, restored.external_path))
  if (flags.has('--detached')) return 0
  const startedMs = context.clock.monotonicMs()
  const followed = followRemote(client, jobid as JobId, context.clock, (message) => log('warn', message))
  let stopListening = (): void => undefined
  const interrupted = new Promise<JobEnd>((resolve) => {
    stopListening = context.onInterrupt(() => resolve({ status: 'LEFT', error: undefined }))
  })
  try {
    const end = await watch(invocation, followed, interrupted)
    if (end.status === 'LEFT') {
      invocation.print(`Job ${jobid} goes on in the session at ${client.url}. To end it: tidemark cancel ${jobid}`)
      return 130
    }
    return await reportEnd(invocation, followed, end, context.clock.monotonicMs() - startedMs)
  } finally {
    stopListening()
    followed.leave()
  }
}

/** A path that is not there is said to be so here, before a session on this machine wonders whether it may look. */
export function checkSavepoint(path: string | undefined, client: RestClient): void {
  if (path === undefined || !client.isLocal) return
  const local = path.startsWith('file:') ? fileURLToPath(path) : path
  if (!isAbsolute(local) || existsSync(local)) return
  throw new StreamError('SAVEPOINT_NOT_FOUND', `There is no savepoint or checkpoint at ${path}.`, { details: { path } })
}

/** The body of a submission: what `-D` says about jobs goes along, what it says about this client does not. */
export function submissionOf({ definitions }: Invocation, { file, args, submit }: JobToRun): object {
  const configuration: Record<string, string> = {}
  for (const { key, value, origin } of definitions) {
    const { scope, name } = configurationKeyOf(key, origin)
    if (scope === 'job') configuration[key] = String(value)
    if (scope === 'session' && !name.startsWith('rest.')) {
      throw new UsageError(
        `"${key}" (${origin}) belongs to the session, which runs already: give it to \`tidemark start\`.`,
      )
    }
  }
  return {
    file,
    args,
    name: submit.name,
    savepointPath: submit.fromSavepoint,
    allowNonRestoredState: submit.allowNonRestoredState,
    resume: submit.resume,
    claimMode: submit.claimMode,
    stateMapping: submit.stateMapping?.map(mappingText),
    configuration,
  }
}
