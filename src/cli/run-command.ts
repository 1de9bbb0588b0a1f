/**
 * `tidemark run`: loads a job file and runs it, here or in a session. Owns the choice between the two; `run-here.ts` and
 * `run-there.ts` do the work.
 */
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { configurationKeys as keys } from '../job/configuration-keys.ts'
import { addressFlag, type Command, defineFlag, type Invocation } from './command.ts'
import { dryRun } from './dry-run.ts'
import { UsageError } from './flags.ts'
import { formatMs } from './progress.ts'
import type { Found } from './rest-client.ts'
import { runHere } from './run-here.ts'
import { jobToRun, parallelismFlag } from './run-options.ts'
import { runThere } from './run-there.ts'

export const runCommand: Command = {
  name: 'run',
  usage: '[options] <job file> [arguments]',
  about: 'Runs a job: in a session if one answers, else in this process.',
  example: 'tidemark run -s jobmanager://savepoints/1 -Dexecution.checkpointing.interval=1s job.ts',
  stopAtArgument: true,
  flags: [
    {
      names: ['-s', '--fromSavepoint'],
      value: 'needed',
      valueName: 'path',
      about: 'Go on from this savepoint or retained checkpoint.',
    },
    {
      names: ['-n', '--allowNonRestoredState'],
      value: 'none',
      about: 'Skip state of operators that the program does not have any more.',
    },
    {
      names: ['--map-state'],
      value: 'list',
      valueName: ' <from=to>',
      about: 'Give state to another operator (uid=uid2), or another name (uid/state=uid2/state2); may be repeated.',
    },
    { names: ['--resume'], value: 'none', about: 'Go on from the newest checkpoint of the job of this name, if any.' },
    { names: ['-d', '--detached'], value: 'none', about: 'Submit to a session and do not wait.' },
    parallelismFlag,
    { names: ['--name'], value: 'needed', valueName: 'name', about: 'The name of the job.' },
    {
      names: ['--dry-run'],
      value: 'none',
      about:
        'Show what would be restored, and run nothing. Exit code 0: without loss, 3: state would be dropped, 4: it cannot be.',
    },
    { names: ['--json'], value: 'none', about: 'The dry run as JSON.' },
    { names: ['--no-rest'], value: 'none', about: 'No REST API in this process (as -Drest.port=-1).' },
    { names: ['-q', '--quiet'], value: 'none', about: 'No progress.' },
    {
      names: ['-cm', '-claimMode', '-rm', '--restoreMode', '--claimMode'],
      value: 'needed',
      valueName: 'no_claim|claim',
      about: 'Who may delete what -s names: whoever did before (default), or the job.',
    },
    addressFlag,
    defineFlag,
  ],
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  if (flags.has('--no-rest')) invocation.configure('rest.port', '-1', '--no-rest')
  const job = jobToRun(invocation)
  const dry = flags.has('--dry-run')
  if (flags.has('--json') && !dry) throw new UsageError('Option --json says how --dry-run prints: give both.')
  const here = () => (dry ? dryRun(invocation, job, undefined) : runHere(invocation, job))
  const elsewhere = flags.has('--jobmanager') || flags.has('--detached')
  const port = invocation.configuration.get(keys.port)
  if (!elsewhere && port <= 0) return here()
  const client = invocation.client()
  const found = await client.probe()
  if (found === 'session') return dry ? dryRun(invocation, job, client) : runThere(invocation, job, client)
  if (!elsewhere) return here()
  throw new StreamError(
    'SESSION_UNREACHABLE',
    `${absent[found]} at ${client.url}: start one with \`tidemark start\` in ${context.cwd}, or leave out -d and -m to run the job here.`,
  )
}

const absent: Readonly<Record<Exclude<Found, 'session'>, string>> = {
  nothing: 'No session answers',
  other: 'What answers is no session that takes jobs',
  silent: `Something takes connections but says nothing within ${formatMs(limits.probeTimeoutMs)}`,
}
