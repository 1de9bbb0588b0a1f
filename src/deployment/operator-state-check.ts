/**
 * What becomes of each list of state that belongs to no key when an operator takes it over: it stays, is carried along although
 * nothing declares it, or is refused because it is declared otherwise. Decided from declarations and manifest: pure.
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

/** Why an operator cannot take over the lists of the one in whose place it stands. */
export const listRefusals = (operator: JobOperator, place: ManifestOperator | undefined, path: string) =>
  place === undefined || !keepsUnkeyed(operator)
    ? []
    : judgeLists(operator, place).flatMap(({ list, type }) =>
        type === 'refused' ? [refusal(operator, list, path)] : [],
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
