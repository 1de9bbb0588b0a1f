/** `tidemark savepoint inspect`: what is in a savepoint, operator by operator. */
import type { OperatorItemsFacts } from '../core/operator-state.ts'
import { watermarkList } from '../operators/stored-watermark.ts'
import { type InspectedOperator, type InspectedState, inspectSavepoint } from '../savepoint/inspect-savepoint.ts'
import type { SavepointReader } from '../savepoint/savepoint-reader.ts'
import { printTagged, tagged } from '../savepoint/tagged-json.ts'
import { type Command, defineFlag, type Invocation } from './command.ts'
import { printable } from './context.ts'
import { type Print, printing } from './printing.ts'
import { formatBytes, formatCount } from './progress.ts'
import { countOf, jsonFlag, opened, pathsOf } from './savepoint-argument.ts'

export const savepointInspectCommand: Command = {
  name: 'savepoint inspect',
  usage: '[--json] [--sample <n>] <path>',
  about: 'Shows what is in a savepoint or retained checkpoint: operators, states, keys, sizes. Needs no session.',
  example: 'tidemark savepoint inspect --sample 10 /data/savepoints/savepoint-5e20cb-94f1c7a2be01',
  flags: [
    { names: ['--sample'], value: 'needed', valueName: 'n', about: 'Rows of each state to show. Default: 3.' },
    jsonFlag,
    defineFlag,
  ],
  run: inspect,
}

async function inspect(invocation: Invocation): Promise<number> {
  const [path = ''] = pathsOf(invocation, ['the path of a savepoint'])
  const sample = countOf(invocation, '--sample', 3)
  const savepoint = await opened(path, invocation)
  return printing(invocation.context.stdout, async (print) => {
    const json = invocation.flags.has('--json')
    if (json) await print(JSON.stringify({ savepoint: headOf(savepoint) }))
    else for (const line of headLines(savepoint)) await print(line)
    for await (const operator of inspectSavepoint(savepoint, { sample })) {
      if (json) await print(JSON.stringify({ operator: tagged(operator) }))
      else await printOperator(operator, print)
    }
    return 0
  })
}

function headOf({ path, stateDir, isPointer, manifest }: SavepointReader) {
  const { formatVersion, kind, job, checkpointId, timestamp } = manifest
  return { path, ...(isPointer && { pointsTo: stateDir }), kind, job, checkpointId, timestamp, formatVersion }
}

function headLines(savepoint: SavepointReader): readonly string[] {
  const { path, stateDir, isPointer, manifest, operators } = savepoint
  const { kind, job, checkpointId, timestamp, formatVersion } = manifest
  const bytes = operators.reduce((sum, operator) => sum + operator.bytes, 0)
  return [
    path,
    ...(isPointer ? [`  points to ${stateDir}`] : []),
    `  ${kind} ${checkpointId} of job ${quoted(job.name)} (${job.id})`,
    `  triggered at ${new Date(timestamp).toISOString()}, format version ${formatVersion}`,
    `  operators: ${operators.length}, ${formatBytes(bytes)}`,
  ]
}

async function printOperator(operator: InspectedOperator, print: Print): Promise<void> {
  const { id, uid, name, parallelism, maxParallelism, finishedSubtasks, bytes } = operator
  await print()
  await print(`operator ${quoted(name)}, ${uid === undefined ? 'without a uid' : `uid ${quoted(uid)}`}`)
  const finished = finishedSubtasks === 0 ? '' : `, ${finishedSubtasks} finished`
  await print(`  id ${id}, parallelism ${parallelism} of ${maxParallelism}${finished}, ${formatBytes(bytes)}`)
  for (const state of operator.inspected) for (const line of stateLines(state)) await print(line)
  for (const list of operator.lists) await print(`  ${listLine(list)}`)
  if (operator.wholeStates > 0) {
    await print(`  state without keys, whole, in ${operator.wholeStates} of ${parallelism} subtasks`)
  }
  if (operator.channels > 0) {
    await print(`  ${formatCount(operator.recordsInFlight)} records on their way in ${operator.channels} channels`)
  }
}

function stateLines(state: InspectedState): readonly string[] {
  const { name, kind, version, ttl, keys, timers, bytes, largest, sample } = state
  const what = timers === undefined ? `state ${quoted(name)}, ${kind}` : `timers ${quoted(name)}`
  const versioned = version === undefined ? '' : `, version ${version}`
  const counted = timers === undefined ? '' : `${formatCount(timers)} of `
  return [
    `  ${what}${versioned}${ttl === true ? ', with a time to live' : ''}: ${counted}${formatCount(keys)} keys, ${formatBytes(bytes)}`,
    ...(timers === undefined && largest.length > 0
      ? [`    largest: ${largest.map((one) => `${shown(one.key)} ${formatBytes(one.bytes)}`).join(', ')}`]
      : []),
    ...sample.map(({ key, value }) => `    ${shown(key)} → ${shown(value)}`),
  ]
}

const listLine = ({ name, mode, items }: OperatorItemsFacts): string =>
  name === watermarkList
    ? `the watermark of ${formatCount(items)} subtask${items === 1 ? '' : 's'}`
    : `list ${quoted(name)} without keys, ${mode}: ${formatCount(items)} items`

const quoted = (text: string): string => `"${printable(text)}"`

/** Of a value that fills the screen, the beginning. */
function shown(value: unknown): string {
  const text = printable(printTagged(value))
  return text.length <= 100 ? text : `${text.slice(0, 97)}…`
}
