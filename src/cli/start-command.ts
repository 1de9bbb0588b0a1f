/** `tidemark start`: a session that outlives its jobs and takes submissions, until Ctrl-C. */
import { resolve } from 'node:path'
import { type Command, defineFlag, type Invocation } from './command.ts'
import { UsageError } from './flags.ts'
import { logJob } from './job-log.ts'
import { loadJob } from './load-job.ts'
import { placesOf, restOptionsOf } from './rest-options.ts'

export const startCommand: Command = {
  name: 'start',
  usage: '[--port <n>] [--job-root <directory>]',
  about: 'Starts a session: it takes jobs from `tidemark run` and runs them until Ctrl-C.',
  example: 'tidemark start --job-root jobs -Dstate.checkpoints.dir=state/checkpoints',
  flags: [
    {
      names: ['--port'],
      value: 'needed',
      valueName: 'n',
      about: 'The port of the REST API (as -Drest.port); 0: any free.',
    },
    {
      names: ['--job-root'],
      value: 'needed',
      valueName: 'directory',
      about: 'Job files must lie here. Default: the working directory.',
    },
    defineFlag,
  ],
  run: start,
}

async function start(invocation: Invocation): Promise<number> {
  const { flags, context, log } = invocation
  const port = flags.value('--port')
  if (flags.args.length > 0) throw new UsageError(`Unexpected argument "${flags.args[0]}": start takes none.`)
  if (port !== undefined) {
    if (!/^\d{1,5}$/.test(port)) throw new UsageError(`The port must be a number, but got "${port}".`)
    invocation.configure('rest.port', port, '--port')
  }
  const jobRoot = resolve(context.cwd, flags.value('--job-root') ?? '.')
  const options = await invocation.sessionOptions()
  const session = context.createSession(options)
  try {
    const server = await context.startRestServer({
      ...restOptionsOf(invocation, session, [context.cwd, jobRoot, ...placesOf(options)]),
      submission: {
        jobRoot,
        loadJob: (path, args) => loadJob(path, args, context.importModule),
        submitted: (job) => logJob(job, log),
      },
    })
    invocation.print(`Session at ${server.url}, jobs from ${jobRoot}. Ctrl-C ends it.`)
    await untilInterrupted(invocation)
    await server.close()
  } finally {
    await session.close()
  }
  invocation.print('Session ended; its jobs are suspended.')
  return 0
}

/** The first Ctrl-C ends the wait; while the session then closes, a second one ends the process. */
function untilInterrupted({ context }: Invocation): Promise<void> {
  let interrupts = 0
  return new Promise((resolve) => {
    context.onInterrupt(() => {
      interrupts += 1
      if (interrupts === 1) resolve()
      else context.exit(130)
    })
  })
}
