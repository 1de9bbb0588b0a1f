/** `tidemark stop` and `tidemark cancel`: two ways to end a job, with a savepoint and without. */

import { StreamError } from '../core/errors.ts'
import { makeTriggerId } from '../core/ids.ts'
import {
  ask,
  printSavepoint,
  savepointPath,
  statusFlag,
  tellingEnd,
  tellStatus,
  triggerIdFlag,
  triggerIdFrom,
} from './asked-operation.ts'
import {
  addressFlag,
  type Command,
  defineFlag,
  detachedFlag,
  formatOf,
  type Invocation,
  selfContainedField,
  selfContainedFlag,
  typeFlag,
} from './command.ts'
import { printLine } from './context.ts'
import { explaining } from './failure.ts'
import { jobIdAndDirectory, jobIdOf, noMoreThan, pathFrom } from './job-argument.ts'

export const stopCommand: Command = {
  name: 'stop',
  usage: '[-p [directory]] [-d] <jobId> | --status <id> <jobId>',
  about: 'Stops a job with a savepoint, from which it can go on.',
  example: 'tidemark stop -p /data/savepoints 5e20cb6b0f357591171dfcca2eea09de',
  flags: [
    {
      names: ['-p', '--savepointPath'],
      value: 'optional',
      valueName: 'directory',
      about: 'Where the savepoint goes. Default: the configured place.',
    },
    { names: ['-d', '--drain'], value: 'none', about: 'Flush everything first, as if the input had ended: for good.' },
    detachedFlag,
    triggerIdFlag,
    statusFlag,
    selfContainedFlag,
    typeFlag,
    addressFlag,
    defineFlag,
  ],
  run: (invocation) => (invocation.flags.has('--status') ? tellStatus(invocation) : stop(invocation)),
}

async function stop(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  const { jobId, directory } = jobIdAndDirectory(flags.args, flags.value('--savepointPath'), 'stop')
  const formatType = formatOf(flags)
  const drain = flags.has('--drain')
  const triggerId = triggerIdFrom(invocation)
  const client = invocation.client()
  invocation.print(`${drain ? 'Draining' : 'Suspending'} job "${jobId}" with a ${formatType} savepoint.`)
  const work = async () => {
    const targetDirectory = directory === undefined ? null : pathFrom(context.cwd, directory)
    const body = { targetDirectory, drain, formatType, ...selfContainedField(flags) }
    await ask(client, { jobId, triggerId, path: 'stop', body })
    if (flags.has('--detached')) {
      invocation.print(`Successfully trigger stop-with-savepoint, triggerId: ${triggerId}`)
      return 0
    }
    const path = await savepointPath(invocation, client, { jobId, triggerId })
    if (drain) invocation.print(`Savepoint completed. Path: ${path}`)
    else printSavepoint(invocation, path)
    return 0
  }
  return tellingEnd(invocation, client, jobId, () => explaining(`Could not stop with a savepoint job "${jobId}"`, work))
}

export const cancelCommand: Command = {
  name: 'cancel',
  usage: '[-s [directory]] <jobId>',
  about: 'Cancels a job.',
  example: 'tidemark cancel 5e20cb6b0f357591171dfcca2eea09de',
  flags: [
    {
      names: ['-s', '--withSavepoint'],
      value: 'optional',
      valueName: 'directory',
      about: 'Take a savepoint first (better: tidemark stop).',
    },
    typeFlag,
    addressFlag,
    defineFlag,
  ],
  run: (invocation) => (invocation.flags.has('--withSavepoint') ? cancelWithSavepoint(invocation) : cancel(invocation)),
}

async function cancel(invocation: Invocation): Promise<number> {
  const jobId = jobIdOf(invocation.flags.args[0], 'cancel')
  noMoreThan(1, invocation.flags.args)
  const client = invocation.client()
  invocation.print(`Cancelling job ${jobId}.`)
  return explaining(`Could not cancel job ${jobId}`, async () => {
    await client.request('PATCH', `/jobs/${jobId}?mode=cancel`)
    // The request is answered when the job begins to end. Whoever reads the next line may count on what has been cleaned up.
    const status = (await client.endOf(jobId)) ?? 'CANCELED'
    if (status !== 'CANCELED') throw new StreamError('JOB_NOT_RUNNING', `It was ending already: it is ${status}.`)
    invocation.print(`Cancelled job ${jobId}.`)
    return 0
  })
}

async function cancelWithSavepoint(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  const { jobId, directory } = jobIdAndDirectory(flags.args, flags.value('--withSavepoint'), 'cancel')
  const formatType = formatOf(flags)
  const client = invocation.client()
  const deprecated =
    'warn: cancelling with a savepoint is deprecated, records may follow the savepoint: use tidemark stop.'
  printLine(context.stderr, deprecated)
  const to = directory ?? 'default savepoint directory'
  invocation.print(`Cancelling job ${jobId} with ${formatType} savepoint to ${to}.`)
  const triggerId = makeTriggerId(context.random.bytes(16))
  const location = await explaining(`Could not cancel job ${jobId}`, async () => {
    const body = {
      'target-directory': directory === undefined ? null : pathFrom(context.cwd, directory),
      'cancel-job': true,
      formatType,
    }
    await ask(client, { jobId, triggerId, path: 'savepoints', body })
    return savepointPath(invocation, client, { jobId, triggerId })
  })
  invocation.print(`Cancelled job ${jobId}. Savepoint stored in ${location}.`)
  return 0
}
