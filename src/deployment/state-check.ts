/**
 * What becomes of each keyed state that an operator takes over: it stays as it is, is converted, or is refused. Decided from
 * declarations and manifest, before anything runs: pure.
 *
 * Owns states that are taken; who takes which, and what nobody takes, is `operator-matching.ts`. How a state is converted is
 * `backends/state-conversion.ts`, which the reader of the bytes uses, too. Tests: test/deployment/state-check.test.ts.
 */
import type { ManifestOperator, StoredState } from '../backends/manifest.ts'
import { conversionOf, type StateConversion } from '../backends/state-conversion.ts'
import { StreamError } from '../core/errors.ts'
import type { JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import type { KeyedSource } from './operator-matching.ts'
import { keyedStatesOf, labelOf } from './state-mapping.ts'

/** What becomes of one state of a snapshot. */
export interface StateVerdict {
  readonly stored: StoredState
  /** The operator of the snapshot that had it. */
  readonly from: ManifestOperator
  /** Its name in the program. */
  readonly to: string
  readonly conversion: StateConversion
}

/** One verdict for each state that an operator takes from each of its sources. */
export const judgeStates = (
  factory: Pick<OperatorFactory, 'states'>,
  sources: readonly KeyedSource[],
): readonly StateVerdict[] =>
  sources.flatMap(({ stored: from, states: choices }) =>
    keyedStatesOf(from).flatMap((stored) => {
      const to = choices === undefined ? stored.name : choices.find((choice) => choice.from === stored.name)?.to
      return to === undefined ? [] : [{ stored, from, to, conversion: judge(factory, stored, to) }]
    }),
  )

function judge({ states = {} }: Pick<OperatorFactory, 'states'>, stored: StoredState, to: string): StateConversion {
  // Timers are a kind of their own, and of some operators it is not known what they declare.
  const declared = stored.kind === 'timers' || !Object.hasOwn(states, to) ? undefined : states[to]
  return declared === undefined ? { type: 'same' } : conversionOf(stored, declared)
}

/** The states that an operator declares and that nothing stored fills: they begin empty. */
export function newStates(
  { states = {} }: Pick<OperatorFactory, 'states'>,
  verdicts: readonly StateVerdict[],
): readonly string[] {
  const filled = new Set(verdicts.filter(({ stored }) => stored.kind !== 'timers').map(({ to }) => to))
  return Object.keys(states).filter((name) => !filled.has(name))
}

/** The refusal of a state that cannot become what the program declares; undefined when it can. */
export function refusalOfState(
  operator: JobOperator,
  { stored, to, conversion }: StateVerdict,
  path: string,
): StreamError | undefined {
  if (conversion.type !== 'refused') return undefined
  const { why, remedy } = conversion
  return new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `State "${to}" of operator ${labelOf(operator)} cannot be restored from ${path}: ${why}. To restore it, ${remedy}.`,
    { details: { operator: operator.name, operatorId: operator.id, uid: operator.uid ?? null, state: stored.name } },
  )
}

/** All refusals of states that an operator takes: none when each can become what it declares. */
export const stateRefusals = (
  operator: JobOperator,
  sources: readonly KeyedSource[],
  path: string,
): readonly StreamError[] =>
  judgeStates(operator.operator as OperatorFactory, sources).flatMap(
    (verdict) => refusalOfState(operator, verdict, path) ?? [],
  )
