/**
 * What differs between two savepoints, by operator, state and key. Operators are the same when their ids are.
 *
 * Bounded: the keys of a state are compared one part of the key groups after the other.
 * Tests: test/savepoint/diff-savepoints.test.ts.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ManifestOperator, StoredState } from '../backends/manifest.ts'
import { type Key, keyGroupOf } from '../core/key-groups.ts'
import { limits } from '../core/limits.ts'
import { chainEntries } from './chain-entries.ts'
import { keySlices } from './key-slices.ts'
import { storedStates } from './operator-facts.ts'
import { type SavepointReader, timestampsOf } from './savepoint-reader.ts'

/** One difference. `before` is what the first savepoint has, `after` what the second has; undefined where there is nothing. */
export interface Difference {
  /** The uid, or the id of an operator without one. */
  readonly operator: string
  readonly change: 'added' | 'removed' | 'changed'
  /**
   * `operator`, and `parallelism` and `maxParallelism` of one; `state`: one that is new, gone, or of another kind or version; `key`:
   * of a state or of timers; `operator-state`: a list, or the whole value of a subtask; `in-flight`: the number of records.
   */
  readonly of: 'operator' | 'parallelism' | 'maxParallelism' | 'state' | 'key' | 'operator-state' | 'in-flight'
  /** The state, the timer queue or the list. */
  readonly state?: string | undefined
  readonly key?: Key | undefined
  readonly before?: unknown
  readonly after?: unknown
}

export interface DiffOptions {
  /** Keys that are compared at once. */
  readonly keysAtOnce?: number
}

/** Fails as `SavepointReader.keyed` does. */
export async function* diffSavepoints(
  before: SavepointReader,
  after: SavepointReader,
  options: DiffOptions = {},
): AsyncGenerator<Difference> {
  const others = new Map(after.manifest.operators.map((operator) => [operator.id, operator]))
  for (const old of before.manifest.operators) {
    const operator = old.uid ?? old.id
    const now = others.get(old.id)
    others.delete(old.id)
    if (now === undefined) yield { operator, change: 'removed', of: 'operator', before: old.name }
    else yield* diffOperators({ savepoint: before, operator: old }, { savepoint: after, operator: now }, options)
  }
  for (const { uid, id, name } of others.values()) {
    yield { operator: uid ?? id, change: 'added', of: 'operator', after: name }
  }
}

interface Side {
  readonly savepoint: SavepointReader
  readonly operator: ManifestOperator
}

async function* diffOperators(a: Side, b: Side, options: DiffOptions): AsyncGenerator<Difference> {
  const operator = a.operator.uid ?? a.operator.id
  for (const of of ['parallelism', 'maxParallelism'] as const) {
    const [before, after] = [a.operator[of], b.operator[of]]
    if (before !== after) yield { operator, change: 'changed', of, before, after }
  }
  const states = new Map(storedStates(b.operator).map((state) => [state.name, state]))
  for (const old of storedStates(a.operator)) {
    const state = old.name
    const now = states.get(state)
    states.delete(state)
    if (now === undefined) yield { operator, change: 'removed', of: 'state', state, before: old.kind }
    else if (!isDeepStrictEqual(formOf(old), formOf(now))) {
      yield { operator, change: 'changed', of: 'state', state, before: formOf(old), after: formOf(now) }
    }
    if (now?.kind === old.kind) yield* diffKeys(a, b, old, options)
  }
  for (const { name, kind } of states.values()) {
    yield { operator, change: 'added', of: 'state', state: name, after: kind }
  }
  yield* diffRest(a, b)
}

const formOf = ({ kind, version = 0, ttl }: StoredState) => ({ kind, version, ttl: ttl === true })

async function* diffKeys(a: Side, b: Side, { name, kind }: StoredState, options: DiffOptions) {
  const { keysAtOnce = limits.savepointKeysAtOnce } = options
  const operator = a.operator.uid ?? a.operator.id
  const { maxParallelism } = a.operator
  const shown = kind === 'timers' ? timestampsOf : (content: unknown) => content
  const counts = new Uint32Array(maxParallelism)
  for (const side of [a, b]) {
    for await (const [key] of entriesOf(side, name)) counts[keyGroupOf(key, maxParallelism)]!++
  }
  for (const slice of keySlices(counts, 2 * keysAtOnce)) {
    const isIn = (key: Key) => {
      const group = keyGroupOf(key, maxParallelism)
      return group >= slice.start && group <= slice.end
    }
    const old = new Map<Key, unknown>()
    for await (const [key, content] of entriesOf(a, name)) if (isIn(key)) old.set(key, shown(content))
    for await (const [key, content] of entriesOf(b, name)) {
      if (!isIn(key)) continue
      const [was, before, after] = [old.has(key), old.get(key), shown(content)]
      old.delete(key)
      const one = { operator, of: 'key', state: name, key } as const
      if (!was) yield { ...one, change: 'added', after } as const
      else if (!isDeepStrictEqual(before, after)) yield { ...one, change: 'changed', before, after } as const
    }
    for (const [key, before] of old) {
      yield { operator, change: 'removed', of: 'key', state: name, key, before } as const
    }
  }
}

async function* entriesOf({ savepoint, operator }: Side, state: string): AsyncGenerator<readonly [Key, unknown]> {
  for (const { keyed } of operator.subtasks) {
    for await (const entries of chainEntries(savepoint.snapshot, keyed, { state: (name) => name === state })) {
      for (const { key, content } of entries) yield [key, content]
    }
  }
}

/** State without keys, which is small, and how many records were on their way. */
async function* diffRest(a: Side, b: Side): AsyncGenerator<Difference> {
  const operator = a.operator.uid ?? a.operator.id
  const [old, now] = [await operatorStateOf(a), await operatorStateOf(b)]
  for (const state of new Set([...old.keys(), ...now.keys()])) {
    const [before, after] = [old.get(state), now.get(state)]
    if (isDeepStrictEqual(before, after)) continue
    const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
    yield { operator, change, of: 'operator-state', state, before, after }
  }
  const [before, after] = [await recordsInFlight(a), await recordsInFlight(b)]
  if (before !== after) yield { operator, change: 'changed', of: 'in-flight', before, after }
}

/** The items of each list, whichever subtask has them, and the whole value of each subtask. */
async function operatorStateOf({ savepoint, operator }: Side): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>()
  for await (const { subtask, list, value } of savepoint.operatorState(operator.id)) {
    if (list === undefined) found.set(`subtask ${subtask}`, value)
    else found.set(list, [...((found.get(list) as readonly unknown[] | undefined) ?? []), value])
  }
  return found
}

async function recordsInFlight({ savepoint, operator }: Side): Promise<number> {
  let records = 0
  for await (const _ of savepoint.inFlight(operator.id)) records++
  return records
}
