/**
 * The plan of a restore for people to read in a terminal, and its exit code. Owns the layout and the words; what is so is in
 * `deployment/restore-plan.ts`.
 *
 *     Restoring from /sp/1: savepoint 7 of job "count", taken 2026-01-01T00:00:00.000Z
 *
 *       rescaled  count  uid 'count'  2.0 KB  from 2 to 4 subtasks
 *                   total  value  as is
 *
 *     It would restore without loss.
 */
import type { OperatorName, PlannedOperator, PlannedState } from '../deployment/planned-operator.ts'
import type { RestorePlan, RestoreVerdict } from '../deployment/restore-plan.ts'
import { watermarkList } from '../operators/stored-watermark.ts'
import { printable } from './context.ts'
import { formatBytes } from './progress.ts'

/** 0: nothing is lost. 3: state would be dropped, be that allowed or not. 4: it cannot be restored. */
export const exitCodes: Readonly<Record<RestoreVerdict, number>> = { lossless: 0, 'drops-state': 3, impossible: 4 }

export function restoreLines(plan: RestorePlan): readonly string[] {
  const { path, snapshot, operators, warnings } = plan
  const rows = alignColumns(operators.map(operatorRow))
  const indent = ' '.repeat(Math.max(0, ...operators.map(({ outcome }) => words(outcome).length)) + 6)
  const taken = new Date(snapshot.timestamp).toISOString()
  const kind = snapshot.kind === 'checkpoint' ? 'checkpoint' : 'savepoint'
  const refusesToDrop = plan.problems.some((problem) => !isTold(problem))
  const told = new Set(operators.flatMap(({ refusals }) => refusals.map(({ message }) => message)))
  return [
    `Restoring from ${path}: ${kind} ${snapshot.checkpointId} of job "${printable(snapshot.job.name)}", taken ${taken}`,
    ...(snapshot.path === path ? [] : [`Its state is that of ${snapshot.path}`]),
    '',
    ...operators.flatMap((operator, index) => [
      `  ${rows[index]}`,
      ...alignColumns(operator.states.map(stateRow)).map((row) => `${indent}${row}`),
      ...operator.refusals
        .filter(isTold)
        .map(({ code, message }) => `${indent}! error[${code}]: ${printable(message)}`),
      ...remedyLines(operator, refusesToDrop).map((line) => `${indent}${line}`),
    ]),
    ...section(
      'Problems',
      plan.problems.filter((problem) => isTold(problem) && !told.has(problem.message)).map(problemText),
    ),
    ...section('Warnings', warnings),
    '',
    verdictOf(plan),
  ]
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ! ${printable(line)}`)]

const problemText = ({ code, message }: { readonly code: string; readonly message: string }): string =>
  `error[${code}]: ${message}`

/** What is dropped has a row of its own, which says as much. */
const isTold = ({ code }: { readonly code: string }): boolean => code !== 'RESTORE_STATE_UNMATCHED'

const words = (outcome: string): string => outcome.replace('-', ' ')

function operatorRow(operator: PlannedOperator): readonly string[] {
  const { outcome, name, bytes, from, parallelism } = operator
  const { stored, program } = parallelism
  const rescaled = stored === undefined || program === undefined || stored === program || outcome === 'refused'
  const more = [
    ...(from === undefined ? [] : [`from ${originOf(from)}`]),
    ...(rescaled ? [] : [`from ${stored} to ${program} subtask${program === 1 ? '' : 's'}`]),
  ]
  return [words(outcome), printable(name), originOf(operator), bytes === 0 ? '' : formatBytes(bytes), more.join(', ')]
}

/** The uid, else the id by which the operator can be named. */
const originOf = ({ uid, id }: OperatorName): string =>
  uid === undefined ? `no uid, id ${id}` : `uid '${printable(uid)}'`

function stateRow(state: PlannedState): readonly string[] {
  const { name, kind, storedKind, version, items, outcome, from, why } = state
  const count = items === undefined ? '' : ` of ${items} item${items === 1 ? '' : 's'}`
  const versions =
    version.stored === undefined && version.program === undefined
      ? ''
      : (version.stored ?? 0) === (version.program ?? 0) || outcome === 'new' || outcome === 'dropped'
        ? `version ${version.program ?? version.stored}`
        : `version ${version.stored ?? 0} to ${version.program ?? 0}`
  const origin = from === undefined ? '' : ` from ${printable(from)}`
  if (name === watermarkList) return ['watermark', 'how far event time had come', '', words(outcome)]
  return [
    name === undefined ? 'not by key' : printable(name),
    `${storedKind === undefined ? '' : `${kindText(storedKind)} to `}${kindText(kind)}${count}`,
    versions,
    `${words(outcome)}${origin}${why === undefined ? '' : `: ${printable(why)}`}`,
  ]
}

const kindText = (kind: PlannedState['kind']): string =>
  ({ split: 'split list', union: 'union list', broadcast: 'broadcast list', whole: 'one value per subtask' })[
    kind as string
  ] ?? kind

/** What is allowed to be dropped needs no word about how to allow it. */
function remedyLines({ remedies }: PlannedOperator, refused: boolean): readonly string[] {
  const keeping = remedies.filter(({ effect }) => effect === 'keeps')
  const dropping = refused ? remedies.filter(({ effect }) => effect === 'drops') : []
  return [
    ...keeping.map(({ type, guessed }, index) => {
      const doubt = guessed ? '  (if this is what it is called now)' : ''
      return `${index === 0 ? 'to keep it:' : '        or:'} ${printable(type)}${doubt}`
    }),
    ...dropping.map(({ type }) => `to drop it: ${printable(type)}`),
  ]
}

function verdictOf({ verdict, starts, problems, operators }: RestorePlan): string {
  if (verdict === 'lossless') return 'It would restore without loss.'
  if (verdict === 'impossible') {
    const count = problems.filter(isTold).length
    return `It cannot be restored: ${count} problem${count === 1 ? '' : 's'}.`
  }
  const losing = operators.filter(({ states, outcome }) => outcome === 'dropped' || states.some(isDropped)).length
  const whose = `State of ${losing} operator${losing === 1 ? '' : 's'} would be dropped`
  return starts ? `${whose}, as --allowNonRestoredState allows.` : `${whose}: refused without --allowNonRestoredState.`
}

const isDropped = ({ outcome }: PlannedState): boolean => outcome === 'dropped'

/** Pads each column to its widest cell; columns without anything are left out. */
function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .flatMap((cell, column) => (widths[column] === 0 ? [] : [cell.padEnd(widths[column]!)]))
      .join('  ')
      .trimEnd(),
  )
}
