/**
 * What a manifest says of each operator, summed over its subtasks, and how a person names one.
 * Tests: test/savepoint/open-savepoint.test.ts.
 */
import { handlesOf, type Manifest, type ManifestOperator, type StoredState } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { OperatorItemsFacts } from '../core/operator-state.ts'

/** One operator of a savepoint. */
export interface SavepointOperator {
  /** 32 hex digits. */
  readonly id: string
  readonly uid: string | undefined
  readonly name: string
  readonly parallelism: number
  /** The number of key groups. */
  readonly maxParallelism: number
  /** How many of its subtasks had reached the end of their data. */
  readonly finishedSubtasks: number
  /** Its keyed states, by name. */
  readonly states: readonly StoredState[]
  /** The names of its timer queues. */
  readonly timers: readonly string[]
  /** Its state that belongs to no key and can be divided: the lists, with the items of all subtasks. */
  readonly lists: readonly OperatorItemsFacts[]
  /** How many subtasks have state that belongs to no key and is whole. */
  readonly wholeStates: number
  /** How many channels had records on their way to it. */
  readonly channels: number
  /** Of everything above. */
  readonly bytes: number
}

export function factsOf(operator: ManifestOperator): SavepointOperator {
  const { id, uid, name, parallelism, maxParallelism, subtasks } = operator
  const stored = storedStates(operator)
  const operatorStates = subtasks.flatMap(({ operator: handle }) => handle ?? [])
  return {
    id,
    uid,
    name,
    parallelism,
    maxParallelism,
    finishedSubtasks: subtasks.filter(({ finished }) => finished).length,
    states: stored.filter(({ kind }) => kind !== 'timers'),
    timers: stored.filter(({ kind }) => kind === 'timers').map((state) => state.name),
    lists: summed(operatorStates.flatMap(({ states = [] }) => states)),
    wholeStates: operatorStates.filter(({ states }) => states === undefined).length,
    channels: subtasks.reduce((sum, { inFlight = [] }) => sum + inFlight.length, 0),
    bytes: subtasks.flatMap(handlesOf).reduce((sum, { length }) => sum + length, 0),
  }
}

/** Every keyed state of any subtask, timers too, in the order in which they come. */
export function storedStates({ subtasks }: ManifestOperator): readonly StoredState[] {
  const found = new Map<string, StoredState>()
  for (const { states } of subtasks.flatMap(({ keyed }) => keyed)) {
    for (const state of states) found.set(state.name, state)
  }
  return [...found.values()]
}

function summed(facts: readonly OperatorItemsFacts[]): readonly OperatorItemsFacts[] {
  const sums = new Map<string, OperatorItemsFacts>()
  for (const { name, mode, items } of facts) {
    sums.set(name, { name, mode, items: (sums.get(name)?.items ?? 0) + items })
  }
  return [...sums.values()]
}

interface Named {
  readonly id: string
  readonly uid: string | undefined
  readonly name: string
}

export const operatorCalled = (manifest: Manifest, called: string): ManifestOperator =>
  oneCalled(manifest.operators, called)

/** The operator of a uid, an id, or a name that only one has. Fails with `ARGUMENT_INVALID`, saying what there is. */
export function oneCalled<T extends Named>(operators: readonly T[], called: string): T {
  const byName = operators.filter(({ name }) => name === called)
  const found =
    operators.find(({ uid }) => uid === called) ??
    operators.find(({ id }) => id === String(called).toLowerCase()) ??
    byName[0]
  if (found === undefined) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `The savepoint has no operator "${called}": expected a uid, an id or a name of ${listed(operators.map(labelOf))}.`,
      { details: { operator: called } },
    )
  }
  if (found !== byName[0] || byName.length === 1 || found.uid === called) return found
  throw new StreamError(
    'ARGUMENT_INVALID',
    `The savepoint has ${byName.length} operators of the name "${called}": expected a uid or an id of ${listed(byName.map(labelOf))}.`,
    { details: { operator: called } },
  )
}

/** `"count" (uid "count")`, or with the id of one without a uid. */
export const labelOf = ({ name, uid, id }: Named): string =>
  uid === undefined ? `"${name}" (${id})` : `"${name}" (uid "${uid}")`

/** Some of the names, for a message. */
export const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
