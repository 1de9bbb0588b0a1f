/**
 * What becomes of state that belongs to no key when an operator takes it over. A list stays, is carried along although nothing
 * declares it, or is refused because it is declared otherwise; one value goes to a source or a sink only. Decided from declarations and manifest: pure.
 *
 * What sources and sinks keep is their own, and seen by them only. Tests: test/deployment/operator-state-check.test.ts.
 */
import type { ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { OperatorItemsFacts } from '../core/operator-state.ts'
import type { JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { keepsUnkeyed } from './operator-matching.ts'
import { labelOf } from './state-mapping.ts'

export interface ListVerdict {
  /** Over all subtasks. */
  readonly list: OperatorItemsFacts
  readonly type: 'same' | 'carried' | 'refused'
}

/** The lists of an operator over all of its subtasks, in the order in which they were written. */
export function listsOf({ subtasks }: ManifestOperator): readonly OperatorItemsFacts[] {
  const lists = new Map<string, OperatorItemsFacts>()
  for (const list of subtasks.flatMap(({ operator }) => operator?.states ?? [])) {
    lists.set(list.name, { ...list, items: list.items + (lists.get(list.name)?.items ?? 0) })
  }
  return [...lists.values()]
}

export function judgeLists({ operator }: JobOperator, place: ManifestOperator): readonly ListVerdict[] {
  const { operatorStates: declared } = operator as OperatorFactory
  return listsOf(place).map((list) => {
    if (declared === undefined) return { list, type: 'same' }
    if (!Object.hasOwn(declared, list.name)) return { list, type: 'carried' }
    return { list, type: declared[list.name]?.mode === list.mode ? 'same' : 'refused' }
  })
}

/** Is there state of some subtask that is one value, not lists? */
export const isWhole = ({ subtasks }: ManifestOperator): boolean =>
  subtasks.some(({ operator }) => operator !== undefined && operator.states === undefined)

/** Only a source or a sink can read what one of them keeps as one value; process functions keep lists. */
export const judgeWhole = ({ operator }: JobOperator): 'same' | 'refused' =>
  (operator as OperatorFactory).operatorStates === undefined ? 'same' : 'refused'

/** Why an operator cannot take over what belongs to no key of the one in whose place it stands. */
export function unkeyedRefusals(
  operator: JobOperator,
  place: ManifestOperator | undefined,
  path: string,
): readonly StreamError[] {
  if (place === undefined || !keepsUnkeyed(operator)) return []
  const lists = judgeLists(operator, place).flatMap(({ list, type }) =>
    type === 'refused' ? [refusal(operator, list, path)] : [],
  )
  return isWhole(place) && judgeWhole(operator) === 'refused' ? [wholeRefusal(operator, place, path), ...lists] : lists
}

const wholeRefusal = (operator: JobOperator, { name }: ManifestOperator, path: string): StreamError =>
  new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `State of operator ${labelOf(operator)} that belongs to no key cannot be restored from ${path}: "${name}", a source or a sink, ` +
      'wrote it as one value, and a process function keeps lists. Give this operator another uid, and drop that state with ' +
      '--allowNonRestoredState.',
    { details: { operator: operator.name, operatorId: operator.id, uid: operator.uid ?? null } },
  )

function refusal(operator: JobOperator, { name, mode }: OperatorItemsFacts, path: string): StreamError {
  const declared = (operator.operator as OperatorFactory).operatorStates?.[name]?.mode
  return new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `State "${name}" of operator ${labelOf(operator)}, which belongs to no key, cannot be restored from ${path}: it was written ` +
      `as a ${mode} list, and the program declares ${declared}. Declare it as it was, or under another name.`,
    { details: { operator: operator.name, operatorId: operator.id, uid: operator.uid ?? null, state: name } },
  )
}
