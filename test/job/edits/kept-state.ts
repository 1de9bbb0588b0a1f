/** What a savepoint keeps, as plain values: read without a session, and held against what it says of itself. */
import { expect } from 'vitest'
import { type Key, keyGroupOf } from '../../../src/core/key-groups.ts'
import type { OperatorStateMode } from '../../../src/core/operator-state.ts'
import type { StateKind } from '../../../src/core/state-handles.ts'
import type { SavepointReader } from '../../../src/savepoint/savepoint-reader.ts'

export interface KeptState {
  readonly kind: StateKind
  readonly version: number
  readonly ttl: boolean
  readonly entries: ReadonlyMap<Key, unknown>
}

/** Each value in a content made another one. */
export function mapContent(kind: StateKind, content: unknown, change: (value: unknown) => unknown): unknown {
  if (kind === 'list') return (content as readonly unknown[]).map(change)
  if (kind !== 'map') return change(content)
  return new Map([...(content as ReadonlyMap<unknown, unknown>)].map(([key, value]) => [key, change(value)]))
}

export interface KeptList {
  readonly mode: OperatorStateMode
  /** Of each subtask. */
  readonly parts: readonly (readonly unknown[])[]
}

export interface KeptOperator {
  readonly id: string
  readonly uid: string | undefined
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  readonly bytes: number
  readonly states: ReadonlyMap<string, KeptState>
  /** Undefined: it has none, not even an empty queue. */
  readonly timers: ReadonlyMap<Key, readonly number[]> | undefined
  readonly lists: ReadonlyMap<string, KeptList>
  /** Of each subtask, when its state that belongs to no key is one value. */
  readonly whole: readonly unknown[] | undefined
}

export async function readKept(savepoint: SavepointReader): Promise<readonly KeptOperator[]> {
  const kept: KeptOperator[] = []
  for (const { id, uid, name, parallelism, maxParallelism, bytes, states, timers } of savepoint.operators) {
    const entries = async <T extends { readonly key: Key; readonly keyGroup: number }>(rows: AsyncIterable<T>) => {
      const found = new Map<Key, T>()
      for await (const row of rows) {
        expect(row.keyGroup).toBe(keyGroupOf(row.key, maxParallelism))
        expect(found.has(row.key), `${name} has key ${String(row.key)} once`).toBe(false)
        found.set(row.key, row)
      }
      return found
    }
    const keyed = new Map<string, KeptState>()
    for (const { name: state, kind, version = 0, ttl = false } of states) {
      const rows = [...(await entries(savepoint.keyed(id, state)))]
      keyed.set(state, {
        kind: kind as StateKind,
        version,
        ttl,
        entries: new Map(rows.map(([key, { value }]) => [key, value])),
      })
    }
    const queue = timers[0]
    const times = queue === undefined ? undefined : [...(await entries(savepoint.timers(id, queue)))]
    kept.push({
      id,
      uid,
      name,
      parallelism,
      maxParallelism,
      bytes,
      states: keyed,
      timers: times && new Map(times.map(([key, { timestamps }]) => [key, timestamps])),
      ...(await unkeyed(savepoint, id)),
    })
  }
  return kept
}

async function unkeyed(savepoint: SavepointReader, id: string): Promise<Pick<KeptOperator, 'lists' | 'whole'>> {
  const { lists: facts, parallelism } = savepoint.operator(id)
  const lists = new Map(
    facts.map(({ name, mode }) => [name, { mode, parts: Array.from({ length: parallelism }, (): unknown[] => []) }]),
  )
  let whole: unknown[] | undefined
  for await (const row of savepoint.operatorState(id)) {
    if (row.list !== undefined) lists.get(row.list)!.parts[row.subtask]!.push(row.value)
    else {
      whole ??= Array.from({ length: parallelism }, () => undefined)
      whole[row.subtask] = row.value
    }
  }
  return { lists, whole }
}
