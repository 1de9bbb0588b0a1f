/** Runs one job in this process: a session of its own, the REST API beside it, and Ctrl-C to suspend. */
import type { Clock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { configurationKeys as keys } from '../job/configuration-keys.ts'
import type { Session, SessionJob, SubmitOptions } from '../job/session.ts'
import type { StreamEnvironment } from '../program/environment.ts'
import type { RestServer } from '../rest/server.ts'
import type { Invocation } from './command.ts'
import { printLine } from './context.ts'
import { followLocal, type JobEnd } from './followed-job.ts'
import { goesOn, reportEnd, watch } from './job-end.ts'
import { logJob } from './job-log.ts'
import { loadJob } from './load-job.ts'
import { placesOf, restOptionsOf } from './rest-options.ts'
import { resumeLine } from './resume-line.ts'
import type { JobToRun } from './run-options.ts'

/** Gives the exit code: 0 when the job finished, 130 when it was suspended. Fails as the job does. */
export async function runHere(invocation: Invocation, jobToRun: JobToRun): Promise<number> {
  const { context, configuration, log } = invocation
  const { file, args, submit } = jobToRun
  const environment = await loadJob(file, args, context.importModule)
  const options = await invocation.sessionOptions()
  const session = context.createSession(options)
  let server: RestServer | undefined
  try {
    if (configuration.get(keys.port) >= 0) {
      server = await context.startRestServer({
        ...restOptionsOf(invocation, session, [context.cwd, ...placesOf(options), ...placesOf(inProgram(environment))]),
        targetDirectoryNeeded: lacksSavepointDirectory(environment),
      })
    }
    const job = await session.submit(environment, submit)
    logJob(job, log, { endTold: true })
    invocation.print(`Job has been submitted with JobID ${job.id}`)
    if (server !== undefined) invocation.print(`REST API: ${server.url}`)
    const { restored } = job.checkpointStats()
    if (restored !== undefined) invocation.print(goesOn(job.name, restored.checkpointId, restored.path))
    return await finish(invocation, session, job, jobToRun)
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'JOB_FINISHED') throw error
    // What was asked for is done already: whoever restarts a process until it succeeds must not go on for ever.
    invocation.print(error.message)
    return 0
  } finally {
    await session.close()
    if (server !== undefined) {
      await lastAnswers(server, context.clock)
      await server.close()
    }
  }
}

/** A client may be waiting to hear that its stop has ended the job: it is told before the process goes. */
function lastAnswers(server: RestServer, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(limits.lastAnswersMs, resolve)
    void server.collected().then(() => {
      timer.clear()
      resolve()
    })
  })
}

async function finish(
  invocation: Invocation,
  session: Session,
  job: SessionJob,
  { file, args, submit }: JobToRun,
): Promise<number> {
  const { context } = invocation
  const startedMs = context.clock.monotonicMs()
  const followed = followLocal(job)
  let interrupts = 0
  let stopListening = (): void => undefined
  const interrupted = new Promise<JobEnd>((resolve, reject) => {
    stopListening = context.onInterrupt(() => {
      interrupts += 1
      if (interrupts > 1) return context.exit(130)
      printLine(context.stderr, 'Suspending the job; once more to end at once.')
      session.close().then(() => resolve({ status: 'SUSPENDED', error: undefined }), reject)
    })
  })
  try {
    const end = await watch(invocation, followed, interrupted)
    if (end.status !== 'SUSPENDED') {
      return await reportEnd(invocation, followed, end, context.clock.monotonicMs() - startedMs)
    }
    invocation.print(suspendedText(job, submit, resumeLine(invocation.flags, file, args)))
    return 130
  } finally {
    stopListening()
  }
}

/** What is left of a suspended job, and how to go on. */
function suspendedText(job: SessionJob, { claimMode, resume }: SubmitOptions, toGoOn: string): string {
  const { restored } = job.checkpointStats()
  const last = job.checkpointStats().history.find(({ end }) => end?.type === 'completed')
  if (job.checkpointing.storage === 'jobmanager') {
    return `Job ${job.id} is suspended. Its checkpoints were in this process and are gone; set state.checkpoints.dir to keep them.`
  }
  if (last === undefined && restored === undefined)
    return `Job ${job.id} is suspended, before its first checkpoint: it will start from the beginning.`
  if (last === undefined) {
    const again = resume === true || claimMode === 'claim' ? toGoOn : `start it from ${restored?.path} again (-s)`
    return `Job ${job.id} is suspended, before a checkpoint of its own. To go on: ${again}`
  }
  return `Job ${job.id} is suspended after checkpoint ${last.triggered.checkpointId}. To go on: ${toGoOn}`
}

/** Where the program itself wants checkpoints and savepoints. */
const inProgram = ({ options: { checkpoint, savepoint } }: StreamEnvironment) => ({
  checkpointStorage: checkpoint?.storage,
  savepoints: savepoint,
})

const lacksSavepointDirectory = ({ options: { savepoint } }: StreamEnvironment): boolean =>
  savepoint?.kind === 'filesystem' && savepoint.dir === undefined
