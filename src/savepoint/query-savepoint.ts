/** The rows of a savepoint of whatever kind, one after the other. Tests: test/savepoint/query-savepoint.test.ts. */
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import { labelOf, listed, type SavepointOperator } from './operator-facts.ts'
import type { SavepointReader } from './savepoint-reader.ts'

export interface SavepointQuery {
  /** A uid, an id, or a name that only one has. All when it is left out. */
  readonly operator?: string | undefined
  /** The name of a keyed state, of a timer queue, or of a list of state without keys. All when it is left out. */
  readonly state?: string | undefined
  /** Leaves out what has no key. */
  readonly key?: Key | undefined
}

/** One row; `operator` is the uid, or the id of one without. */
export type SavepointRow = { readonly operator: string } & (
  | { readonly state: string; readonly key: Key; readonly keyGroup: number; readonly value: unknown }
  | { readonly timers: string; readonly key: Key; readonly keyGroup: number; readonly timestamps: readonly number[] }
  | { readonly list: string; readonly subtask: number; readonly value: unknown }
  | { readonly subtask: number; readonly value: unknown }
  | { readonly inFlight: unknown; readonly subtask: number; readonly from: number; readonly gate: number }
)

/** Fails as `SavepointReader.keyed` does, and with `ARGUMENT_INVALID` for a state that none of the operators has. */
export async function* querySavepoint(
  savepoint: SavepointReader,
  { operator: called, state, key }: SavepointQuery,
): AsyncGenerator<SavepointRow> {
  const operators = called === undefined ? savepoint.operators : [savepoint.operator(called)]
  const choice = key === undefined ? {} : { key }
  if (state !== undefined) checkState(state, operators)
  const wanted = (name: string) => state === undefined || state === name
  for (const { id, uid, states, timers } of operators) {
    const operator = uid ?? id
    for (const { name } of states.filter((one) => wanted(one.name))) {
      for await (const row of savepoint.keyed(id, name, choice)) yield { operator, state: name, ...row }
    }
    for (const name of timers.filter(wanted)) {
      for await (const row of savepoint.timers(id, name, choice)) yield { operator, timers: name, ...row }
    }
    if (key !== undefined) continue
    for await (const { subtask, list, value } of savepoint.operatorState(id, state)) {
      yield list === undefined ? { operator, subtask, value } : { operator, list, subtask, value }
    }
    if (state !== undefined) continue
    for await (const { subtask, from, gate, value } of savepoint.inFlight(id)) {
      yield { operator, inFlight: value, subtask, from, gate }
    }
  }
}

function checkState(state: string, operators: readonly SavepointOperator[]): void {
  const names = new Set(
    operators.flatMap(({ states, timers, lists }) => [...[...states, ...lists].map(({ name }) => name), ...timers]),
  )
  if (names.has(state)) return
  const [one, ...others] = operators
  const owner = one !== undefined && others.length === 0 ? `Operator ${labelOf(one)}` : 'The savepoint'
  throw new StreamError(
    'ARGUMENT_INVALID',
    `${owner} has no state, timers or list "${state}": expected one of ${listed([...names])}.`,
    { details: { state } },
  )
}
