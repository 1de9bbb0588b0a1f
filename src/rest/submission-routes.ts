/** The paths that submit, or tell what a submission would restore: a job file inside the session's job root, with what `tidemark run` may say about it. */
import type { Hono } from 'hono'
import { StreamError } from '../core/errors.ts'
import { parseStateMapping } from '../deployment/state-mapping.ts'
import { parseClaimMode } from '../job/claim-mode.ts'
import { configurationKeyOf, readConfiguration } from '../job/configuration.ts'
import { jobDefaultsOf } from '../job/configured-session.ts'
import type { SubmitOptions } from '../job/session.ts'
import type { JobDefaults } from '../job/session-options.ts'
import type { RestAppOptions } from './app.ts'
import { insideRoots } from './path-roots.ts'
import { boolean, needed, positiveInteger, readFields, scalars, string, strings } from './request-body.ts'

export function addSubmissionRoutes(api: Hono, options: RestAppOptions): void {
  const { session, submission } = options
  api.post('/jobs/run', async (c) => {
    const { environment, submit } = await readSubmission(c.req.raw, options)
    const job = await session.submit(environment, submit)
    submission?.submitted?.(job)
    const { restored } = job.checkpointStats()
    return c.json({
      jobid: job.id,
      name: job.name,
      warnings: job.warnings,
      restored: restored === undefined ? null : { id: restored.checkpointId, external_path: restored.path },
    })
  })
  api.post('/jobs/plan', async (c) => {
    const { environment, submit } = await readSubmission(c.req.raw, options)
    return c.json({ plan: (await session.planRestore(environment, submit)) ?? null })
  })
}

/** The program of a request and the options of its submission. Fails with `SUBMISSION_DISABLED` where none is taken. */
async function readSubmission(request: Request, { roots, submission }: RestAppOptions) {
  if (submission === undefined) {
    throw new StreamError(
      'SUBMISSION_DISABLED',
      'This process runs its own job and takes no others: start a session with `tidemark start`.',
    )
  }
  const body = await readFields(request, {
    file: string,
    args: strings,
    name: string,
    savepointPath: string,
    allowNonRestoredState: boolean,
    stateMapping: strings,
    resume: boolean,
    claimMode: string,
    restoreMode: string,
    parallelism: positiveInteger,
    configuration: scalars,
  })
  const named = needed('file', body.file, 'the path of a job file')
  const file = await insideRoots(named, [submission.jobRoot])
  const from = body.savepointPath === undefined ? undefined : await insideRoots(body.savepointPath, roots)
  const defaults = submittedDefaults(body.configuration ?? {}, body.parallelism)
  // The older name of the field is Flink's, too.
  const claimMode = body.claimMode ?? body.restoreMode
  const environment = await submission.loadJob(file, body.args ?? [])
  const submit: SubmitOptions = {
    defaults,
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(from === undefined ? {} : { fromSavepoint: from }),
    allowNonRestoredState: body.allowNonRestoredState ?? false,
    resume: body.resume ?? false,
    ...(claimMode === undefined ? {} : { claimMode: parseClaimMode(claimMode) }),
    ...(body.stateMapping === undefined ? {} : { stateMapping: body.stateMapping.map(parseStateMapping) }),
  }
  return { environment, submit }
}

/**
 * What a submission may configure: its own job, not the session. Fails with `CONFIG_KEY_UNKNOWN`,
 * `CONFIG_VALUE_INVALID`, and `REQUEST_INVALID` for a key of the session.
 */
export function submittedDefaults(
  configuration: Readonly<Record<string, string | number | boolean>>,
  parallelism: number | undefined,
): JobDefaults {
  const entries = Object.entries(configuration).map(([key, value]) => ({ key, value, origin: 'submission' }))
  for (const { key, origin } of entries) {
    if (configurationKeyOf(key, origin).scope === 'job') continue
    throw new StreamError(
      'REQUEST_INVALID',
      `"${key}" cannot come with a submission: it is set where the session starts, as \`tidemark start -D${key}=…\`.`,
    )
  }
  const defaults = jobDefaultsOf(readConfiguration([entries]))
  return parallelism === undefined ? defaults : { ...defaults, parallelism }
}
