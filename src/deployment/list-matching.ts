/**
 * Which state that belongs to no key each operator of a program takes over: pure.
 *
 * It goes with the place of its operator. A process function takes the lists that it declares, and those that a mapping gives to
 * it; sources and sinks do not say what they keep, and take all of it. Tests: test/deployment/list-matching.test.ts.
 */
import type { ManifestOperator } from '../backends/manifest.ts'
import type { StateChoice } from '../backends/state-backend.ts'
import type { StreamError } from '../core/errors.ts'
import type { OperatorItemsFacts } from '../core/operator-state.ts'
import type { JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { watermarkList } from '../operators/stored-watermark.ts'
import { invalid, labelOf, listsOf, type NamedMove, type StateMove } from './state-mapping.ts'

/** State without keys that an operator takes from one operator of the snapshot. */
export interface UnkeyedSource {
  readonly stored: ManifestOperator
  /** Which of its lists, and under which name; all that it has when left out, as it must be of what is no list. */
  readonly lists?: readonly StateChoice[] | undefined
}

/** Is there state of some subtask that is one value, not lists? */
export const isWhole = ({ subtasks }: ManifestOperator): boolean =>
  subtasks.some(({ operator }) => operator !== undefined && operator.states === undefined)

/** Operators with keys keep what belongs to none only if they declare it. */
export const keepsUnkeyed = ({ operator }: JobOperator): boolean => {
  const { stateful, keyed, operatorStates } = operator as OperatorFactory
  return stateful && (!keyed || operatorStates !== undefined)
}

/** `own` is in whose place the operator stands. What a mapping asks for and cannot have goes to `problems`. */
export function unkeyedSourcesOf(
  operator: JobOperator,
  own: ManifestOperator | undefined,
  moves: readonly StateMove[],
  problems: StreamError[],
): readonly UnkeyedSource[] {
  if (!keepsUnkeyed(operator)) return []
  const single = moves.filter((move) => move.type === 'list')
  const choices = new Map<ManifestOperator, StateChoice[]>()
  const stays = own === undefined ? [] : stayingLists(operator, own, single)
  if (own !== undefined && (stays.length > 0 || takesAnything(operator, own))) {
    choices.set(
      own,
      stays.map(({ name }) => ({ from: name, to: name })),
    )
  }
  for (const { stored, state, target, name, text } of single) {
    if (target !== operator) continue
    if (stays.some((stay) => stay.name === name)) {
      problems.push(invalid(text, `operator ${labelOf(operator)} has list "${name}" of its own in the savepoint`))
      continue
    }
    choices.set(stored, [...(choices.get(stored) ?? []), { from: state, to: name }])
  }
  return [...choices].map(([stored, chosen]) => {
    const as = chosen.every(({ from, to }) => from === to) && chosen.length === listsOf(stored).length
    return stored === own && (as || isWhole(own)) ? { stored } : { stored, lists: chosen }
  })
}

/** One value is taken, or refused, as it is; and a source that has given all its lists away has begun all the same. */
const takesAnything = ({ operator }: JobOperator, own: ManifestOperator): boolean =>
  isWhole(own) ||
  ((operator as OperatorFactory).operatorStates === undefined && own.subtasks.some((one) => one.operator !== undefined))

const stayingLists = (
  { operator }: JobOperator,
  own: ManifestOperator,
  moves: readonly NamedMove<'list'>[],
): readonly OperatorItemsFacts[] => {
  const { operatorStates: declared } = operator as OperatorFactory
  return listsOf(own).filter(
    ({ name }) =>
      (declared === undefined || Object.hasOwn(declared, name) || name === watermarkList) &&
      !moves.some(({ stored, state }) => stored === own && state === name),
  )
}

/** The lists of an operator of the snapshot that nobody takes. A watermark that nobody takes is no loss: nothing was put into it. */
export const unclaimedLists = (
  stored: ManifestOperator,
  sources: readonly UnkeyedSource[],
): readonly OperatorItemsFacts[] => {
  const own = sources.filter((source) => source.stored === stored)
  return listsOf(stored).filter(
    ({ name }) =>
      name !== watermarkList &&
      !own.some(({ lists }) => lists === undefined || lists.some(({ from }) => from === name)),
  )
}
