/**
 * States that an operator keeps for itself, under names that say what they hold: what is to be said when the program's operator
 * keeps something else than the one of the snapshot did. Pure. Tests: test/deployment/own-states.test.ts.
 */
import type { StoredState } from '../backends/manifest.ts'
import type { JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'

/** Is this stored state one that operators of the kind of `heir` keep for themselves, so that nothing but the same takes it? */
export const isOwnState = (heir: JobOperator, { name }: Pick<StoredState, 'name'>): boolean =>
  (heir.operator as OperatorFactory).describeState?.(name) !== undefined

/** What is stored of an operator's own states, and what the program keeps in their place; undefined when there is none. */
export function otherContents(heir: JobOperator, states: readonly Pick<StoredState, 'name'>[]): string | undefined {
  const { describeState, states: declared = {} } = heir.operator as OperatorFactory
  const held = (names: readonly string[]) => names.flatMap((name) => describeState?.(name) ?? []).join('; ')
  const stored = held(states.map(({ name }) => name))
  return stored === '' ? undefined : `stored are ${stored}; the program keeps ${held(Object.keys(declared))}`
}
