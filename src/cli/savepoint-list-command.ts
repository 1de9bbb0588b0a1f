/** `tidemark savepoint list`: every savepoint and retained checkpoint below a directory. */
import { pluginScheme } from '../backends/place-url.ts'
import { Storages } from '../job/storages.ts'
import { type ListedSavepoint, listSavepoints } from '../savepoint/list-savepoints.ts'
import { type Command, defineFlag, type Invocation } from './command.ts'
import { printable } from './context.ts'
import { printing } from './printing.ts'
import { formatBytes } from './progress.ts'
import { checkDirectory, jsonFlag, pathsOf } from './savepoint-argument.ts'

export const savepointListCommand: Command = {
  name: 'savepoint list',
  usage: '[--json] <directory or URL>',
  about:
    'Lists the savepoints and retained checkpoints below a directory: job, time, size, what they pin. Needs no session.',
  example: 'tidemark savepoint list /data/savepoints',
  flags: [jsonFlag, defineFlag],
  run: list,
}

async function list(invocation: Invocation): Promise<number> {
  const [dir = ''] = pathsOf(invocation, ['a directory, or the place of a plugin'])
  const isPlace = pluginScheme(dir) !== undefined
  if (!isPlace) await checkDirectory(dir)
  return printing(invocation.context.stdout, async (print) => {
    let found = 0
    const savepoints = isPlace ? await savepointsAt(dir, invocation) : listSavepoints(dir)
    for await (const savepoint of savepoints) {
      found++
      if (invocation.flags.has('--json')) await print(JSON.stringify(savepoint))
      else for (const line of linesOf(savepoint)) await print(printable(line))
    }
    if (found === 0 && !invocation.flags.has('--json')) await print(`No savepoints or checkpoints below ${dir}.`)
    return 0
  })
}

/** Those that a plugin keeps at a place: savepoints, which is what it can list. */
async function savepointsAt(url: string, invocation: Invocation): Promise<readonly ListedSavepoint[]> {
  const storages = new Storages({ plugins: await invocation.plugins() })
  const entries = await storages.savepoints({ kind: 'custom', url }).list()
  return entries.map(({ path, jobId: id, jobName: name, timestamp, checkpointPath: pointsTo }) => ({
    path,
    form: pointsTo === undefined ? 'self-contained' : 'pointer',
    job: { id, name },
    timestamp,
    checkpointId: undefined,
    bytes: 0,
    pointsTo,
    pinnedBy: [],
    problem: undefined,
  }))
}

function linesOf(savepoint: ListedSavepoint): readonly string[] {
  const { path, form, job, timestamp, checkpointId, bytes, pointsTo, pinnedBy, problem } = savepoint
  if (problem !== undefined) return [path, `  damaged[${problem.code}] ${problem.message}`]
  const time = timestamp === undefined ? '' : new Date(timestamp).toISOString()
  const id = checkpointId === undefined ? '' : ` ${checkpointId}`
  const size = form === 'pointer' ? '' : `, ${formatBytes(bytes)}`
  return [
    path,
    `  ${form}${id} of job "${job?.name}" (${job?.id}), ${time}${size}`,
    ...(pointsTo === undefined ? [] : [`  pins ${pointsTo}`]),
    ...pinnedBy.map((holder) => `  pinned by ${holder}`),
  ]
}
