/** `tidemark savepoint` and `tidemark checkpoint`: take a snapshot of a running job, ask what came of it, dispose of a savepoint. */
import {
  ask,
  printSavepoint,
  savepointPath,
  statusFlag,
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
import { explaining } from './failure.ts'
import { UsageError } from './flags.ts'
import { jobIdOf, noMoreThan, pathFrom } from './job-argument.ts'
import { listOperations } from './operation-list.ts'

export const savepointCommand: Command = {
  name: 'savepoint',
  usage: '<jobId> [directory] | --status <id> <jobId> | --pending <jobId> | -d <path>',
  about: 'Takes a savepoint of a running job, tells what came of one, or disposes of one.',
  example: 'tidemark savepoint 5e20cb6b0f357591171dfcca2eea09de /data/savepoints',
  flags: [
    { names: ['-d', '--dispose'], value: 'needed', valueName: 'path', about: 'Dispose of the savepoint at this path.' },
    detachedFlag,
    triggerIdFlag,
    statusFlag,
    { names: ['--pending'], value: 'none', about: 'List the savepoints and stops under way, and the last ones.' },
    selfContainedFlag,
    typeFlag,
    addressFlag,
    defineFlag,
  ],
  run: (invocation) => {
    if (invocation.flags.has('--dispose')) return dispose(invocation)
    if (invocation.flags.has('--status')) return tellStatus(invocation)
    return invocation.flags.has('--pending') ? listOperations(invocation) : trigger(invocation)
  },
}

async function trigger(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  const [id, directory, ...extra] = flags.args
  const jobId = jobIdOf(id, 'take a savepoint of')
  const formatType = formatOf(flags)
  const triggerId = triggerIdFrom(invocation)
  const client = invocation.client()
  if (extra.length > 0) {
    invocation.print(`Only the job and the directory are used; these arguments are ignored: ${extra.join(' ')}`)
  }
  const detached = flags.has('--detached')
  invocation.print(
    detached ? `Triggering savepoint in detached mode for job ${jobId}.` : `Triggering savepoint for job ${jobId}.`,
  )
  invocation.print('Waiting for response...')
  return explaining(`Failed to trigger a savepoint for the job ${jobId}`, async () => {
    const body = {
      'target-directory': directory === undefined ? null : pathFrom(context.cwd, directory),
      'cancel-job': false,
      formatType,
      ...selfContainedField(flags),
    }
    await ask(client, { jobId, triggerId, path: 'savepoints', body })
    if (detached) invocation.print(`Successfully trigger manual savepoint, triggerId: ${triggerId}`)
    else printSavepoint(invocation, await savepointPath(invocation, client, { jobId, triggerId }))
    return 0
  })
}

async function dispose(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  const path = flags.value('--dispose') ?? ''
  if (path === '') throw new UsageError('Missing argument for option: -d (expected the path of a savepoint)')
  noMoreThan(0, flags.args)
  if (flags.has('--trigger-id')) {
    throw new UsageError(
      'Options -d and --trigger-id exclude each other: what is disposed of is asked for under no id.',
    )
  }
  const client = invocation.client()
  invocation.print(`Disposing savepoint '${path}'.`)
  invocation.print('Waiting for response...')
  await explaining(`Failed to dispose the savepoint '${path}'`, async () => {
    const body = { 'savepoint-path': pathFrom(context.cwd, path) }
    const answer = await client.request<{ 'request-id': string }>('POST', '/savepoint-disposal', body)
    await client.result(`/savepoint-disposal/${answer['request-id']}`)
  })
  invocation.print(`Savepoint '${path}' disposed.`)
  return 0
}

export const checkpointCommand: Command = {
  name: 'checkpoint',
  usage: '<jobId>',
  about: 'Takes a checkpoint of a running job now.',
  example: 'tidemark checkpoint 5e20cb6b0f357591171dfcca2eea09de',
  flags: [
    { names: ['--full'], value: 'none', about: 'Write all state, even where only changes would do.' },
    addressFlag,
    defineFlag,
  ],
  run: takeCheckpoint,
}

async function takeCheckpoint(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  const jobId = jobIdOf(flags.args[0], 'take a checkpoint of')
  noMoreThan(1, flags.args)
  const checkpointType = flags.has('--full') ? 'FULL' : 'CONFIGURED'
  const client = invocation.client()
  invocation.print(`Triggering checkpoint for job ${jobId}.`)
  invocation.print('Waiting for response...')
  const { checkpointId } = await explaining(`Failed to trigger a checkpoint for the job ${jobId}`, async () => {
    const path = `/jobs/${jobId}/checkpoints`
    const answer = await client.request<{ 'request-id': string }>('POST', path, { checkpointType })
    return client.result(`${path}/${answer['request-id']}`)
  })
  invocation.print(`Checkpoint(${checkpointType}) ${checkpointId} for job ${jobId} completed.`)
  return 0
}
