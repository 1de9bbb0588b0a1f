/**
 * What becomes of state that belongs to no key when an operator takes it over. A list stays, or is refused because it is declared
 * otherwise; one value goes to a source or a sink only. Decided from declarations and manifest: pure.
 *
 * What sources and sinks keep is their own, and seen by them only. Who takes which is `list-matching.ts`. Tests:
 * test/deployment/operator-state-check.test.ts.
 */
import type { ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { OperatorItemsFacts } from '../core/operator-state.ts'
import type { JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { isWhole, type UnkeyedSource } from './list-matching.ts'
import { labelOf, listsOf } from './state-mapping.ts'

export interface ListVerdict {
  /** Over all subtasks, as it was stored. */
  readonly list: OperatorItemsFacts
  /** The operator of the snapshot that had it. */
  readonly from: ManifestOperator
  /** Its name in the program. */
  readonly to: string
  readonly type: 'same' | 'refused'
}

/** One verdict for each list that an operator takes from each of its sources. */
export function judgeLists({ operator }: JobOperator, sources: readonly UnkeyedSource[]): readonly ListVerdict[] {
  const { operatorStates: declared = {} } = operator as OperatorFactory
  return sources.flatMap(({ stored: from, lists: choices }) =>
    listsOf(from).flatMap((list): readonly ListVerdict[] => {
      const to = choices === undefined ? list.name : choices.find((choice) => choice.from === list.name)?.to
      if (to === undefined) return []
      const mode = Object.hasOwn(declared, to) ? declared[to]?.mode : list.mode
      return [{ list, from, to, type: mode === list.mode ? 'same' : 'refused' }]
    }),
  )
}

/** Only a source or a sink can read what one of them keeps as one value; process functions keep lists. */
export const judgeWhole = ({ operator }: JobOperator): 'same' | 'refused' =>
  (operator as OperatorFactory).operatorStates === undefined ? 'same' : 'refused'

/** Why an operator cannot take over what belongs to no key. */
export function unkeyedRefusals(
  operator: JobOperator,
  sources: readonly UnkeyedSource[],
  path: string,
): readonly StreamError[] {
  const whole = judgeWhole(operator) === 'refused' ? sources.filter(({ stored }) => isWhole(stored)) : []
  return [
    ...whole.map(({ stored }) => wholeRefusal(operator, stored, path)),
    ...judgeLists(operator, sources).flatMap((verdict) =>
      verdict.type === 'refused' ? [refusal(operator, verdict, path)] : [],
    ),
  ]
}

const wholeRefusal = (operator: JobOperator, { name }: ManifestOperator, path: string): StreamError =>
  new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `State of operator ${labelOf(operator)} that belongs to no key cannot be restored from ${path}: "${name}", a source or a sink, ` +
      'wrote it as one value, and a process function keeps lists. Give this operator another uid, and drop that state with ' +
      '--allowNonRestoredState.',
    { details: { operator: operator.name, operatorId: operator.id, uid: operator.uid ?? null } },
  )

function refusal(operator: JobOperator, { list: { name, mode }, to }: ListVerdict, path: string): StreamError {
  const declared = (operator.operator as OperatorFactory).operatorStates?.[to]?.mode
  const was = name === to ? '' : `, as "${name}",`
  return new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `State "${to}" of operator ${labelOf(operator)}, which belongs to no key, cannot be restored from ${path}: it was written${was} ` +
      `as a ${mode} list, and the program declares ${declared}. Declare it as it was, or under another name.`,
    { details: { operator: operator.name, operatorId: operator.id, uid: operator.uid ?? null, state: to } },
  )
}
