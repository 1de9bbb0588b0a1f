/** `tidemark run --dry-run`: prints what a submission would restore, in a session or here, and runs nothing. */
import { type ErrorCode, StreamError } from '../core/errors.ts'
import type { RestorePlan } from '../deployment/restore-plan.ts'
import { buildJobGraph } from '../graph/build-job-graph.ts'
import { planText } from '../graph/plan-text.ts'
import { effectiveOptions } from '../job/effective-options.ts'
import type { Invocation } from './command.ts'
import { printLine } from './context.ts'
import { describeError } from './failure.ts'
import { loadJob } from './load-job.ts'
import type { RestClient } from './rest-client.ts'
import { exitCodes, restoreLines } from './restore-plan-text.ts'
import type { JobToRun } from './run-options.ts'
import { checkSavepoint, submissionOf } from './run-there.ts'

/** What keeps a snapshot from being looked at: no plan, but an answer to the question. */
const unreadable: readonly ErrorCode[] = [
  'SAVEPOINT_NOT_FOUND',
  'CHECKPOINT_NOT_FOUND',
  'MANIFEST_DAMAGED',
  'MANIFEST_VERSION_UNSUPPORTED',
  'STATE_FILE_MISSING',
  'STATE_FILE_DAMAGED',
  'STATE_CODEC_UNSUPPORTED',
]

/** Gives the exit code: 0 without loss, 3 when state would be dropped, 4 when it cannot be restored. */
export async function dryRun(invocation: Invocation, job: JobToRun, client: RestClient | undefined): Promise<number> {
  const { fromSavepoint, resume } = job.submit
  const restores = fromSavepoint !== undefined || resume === true
  try {
    const plan = restores || client !== undefined ? await planOf(invocation, job, client) : undefined
    if (plan === undefined) return await startsEmpty(invocation, job)
    if (invocation.flags.has('--json')) invocation.print(JSON.stringify(plan, null, 2))
    else for (const line of restoreLines(plan)) invocation.print(line)
    return exitCodes[plan.verdict]
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    if (error.code === 'JOB_FINISHED') {
      // As `run` itself would: what was asked for is done already.
      invocation.print(error.message)
      return 0
    }
    if (!unreadable.includes(error.code)) throw error
    const { code, message } = error
    const verdict = 'impossible'
    if (invocation.flags.has('--json'))
      invocation.print(JSON.stringify({ verdict, problems: [{ code, message }] }, null, 2))
    printLine(invocation.context.stderr, describeError(error))
    return exitCodes[verdict]
  }
}

async function planOf(
  invocation: Invocation,
  job: JobToRun,
  client: RestClient | undefined,
): Promise<RestorePlan | undefined> {
  const { context } = invocation
  if (client !== undefined) {
    checkSavepoint(job.submit.fromSavepoint, client)
    const answer = await client.request<{ plan: RestorePlan | null }>(
      'POST',
      '/jobs/plan',
      submissionOf(invocation, job),
    )
    return answer.plan ?? undefined
  }
  const environment = await loadJob(job.file, job.args, context.importModule)
  const session = context.createSession(await invocation.sessionOptions())
  try {
    return await session.planRestore(environment, job.submit)
  } finally {
    await session.close()
  }
}

async function startsEmpty(invocation: Invocation, job: JobToRun): Promise<number> {
  const { context, flags } = invocation
  const { file, args, submit } = job
  const environment = await loadJob(file, args, context.importModule)
  const { program, name } = effectiveOptions(environment, submit, await invocation.sessionOptions(), false)
  const graph = buildJobGraph(program, name)
  if (flags.has('--json')) {
    printLine(context.stdout, 'null')
    return 0
  }
  printLine(context.stdout, planText(graph))
  const why = submit.resume === true ? `There is no checkpoint of job "${name}"` : 'Nothing would be restored'
  printLine(context.stdout, `\n${why}: every operator starts empty.`)
  return 0
}
