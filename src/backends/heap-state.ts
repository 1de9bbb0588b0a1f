/**
 * Keyed state on the heap: a Map per state. The reference backend, and the fastest.
 *
 * Owns names, kinds and the current key. The calls made per record are in `heap-handles.ts` and `heap-timers.ts`, the
 * snapshot in `heap-snapshot.ts`. Tests: test/backends/heap-state.test.ts, src/testing/state-backend-suite.ts.
 */

import { assert, StreamError } from '../core/errors.ts'
import { type Key, type KeyGroupRange, keyGroupOf } from '../core/key-groups.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { cellForms, type TimersCell } from './heap-cells.ts'
import {
  HeapAggregatingState,
  HeapListState,
  HeapMapState,
  HeapReducingState,
  HeapValueState,
  type KeyContext,
} from './heap-handles.ts'
import { HeapSnapshot, stateOwner } from './heap-snapshot.ts'
import { HeapTable, type TableKind } from './heap-table.ts'
import { HeapTimerQueue } from './heap-timers.ts'
import { readSegment } from './keyed-segment.ts'
import type {
  KeyedSnapshot,
  KeyedStateBackend,
  KeyedStateBackendOptions,
  StateBackend,
  StateDescriptor,
  StateHandleOf,
  TimerQueue,
} from './state-backend.ts'
import { freezeShared, freezeStored } from './stored-value.ts'

/**
 * Keyed state in this process's memory; a snapshot copies nothing but what changes while it is written.
 *
 * @example
 * const range = { start: 0, end: 127 }
 * const backend = heapStateBackend.create({ range, maxParallelism: 128, freeze: true, operatorName: 'count' })
 */
export const heapStateBackend: StateBackend = {
  kind: 'heap',
  create: (options) => new HeapKeyedState(options),
}

class HeapKeyedState implements KeyedStateBackend, KeyContext {
  readonly range: KeyGroupRange
  currentKey: Key | undefined = undefined
  readonly #options: KeyedStateBackendOptions
  readonly #tables = new Map<string, HeapTable>()
  readonly #handles = new Map<string, StateHandleOf>()
  readonly #timers = new Map<string, HeapTimerQueue>()
  /** The version of the next mark: the epoch of every table. */
  #version = 0
  /** Marks give what has changed since this version. */
  #since: number | undefined

  constructor(options: KeyedStateBackendOptions) {
    this.range = options.range
    this.#options = options
  }

  get currentKeyGroup(): number {
    return keyGroupOf(this.currentKey, this.#options.maxParallelism)
  }

  setCurrentKey(key: Key): void {
    this.currentKey = key
  }

  state(name: string, descriptor: StateDescriptor): StateHandleOf {
    const table = this.#tables.get(name)
    const handle = this.#handles.get(name)
    if (table !== undefined && table.kind !== descriptor.kind) {
      throw handle === undefined
        ? this.#incompatible(name, table.kind, descriptor.kind)
        : new StreamError(
            'STATE_NAME_DUPLICATE',
            `Operator ${operatorLabel(this.#options)} declares state "${name}" as ${table.kind} and as ${descriptor.kind}.`,
          )
    }
    if (handle !== undefined) return handle
    const made = this.#makeHandle(this.#table(name, descriptor.kind), descriptor)
    this.#handles.set(name, made)
    return made
  }

  timers(name: string): TimerQueue {
    return this.#timerQueue(name)
  }

  *keys(): Iterable<readonly [key: Key, keyGroup: number]> {
    // A copy, since a key that is removed and put back between two steps would come again.
    const keys = new Set<Key>()
    for (const { slots } of this.#tables.values()) for (const key of slots.keys()) keys.add(key as Key)
    for (const key of keys) yield [key, keyGroupOf(key, this.#options.maxParallelism)]
  }

  mark(): KeyedSnapshot {
    const tables = this.#allTables()
    const since = this.#since
    const reached = since !== undefined && tables.every(({ removals }) => removals?.reaches(since))
    return new HeapSnapshot(this.#options, tables, this.#version++, reached ? since : undefined)
  }

  rebase(base: { readonly since: number; readonly oldest: number } | undefined): void {
    assert(
      base === undefined || this.#options.incremental === true,
      'a backend that keeps no track of changes is rebased',
    )
    this.#since = base?.since
    for (const { removals } of this.#allTables()) removals?.forget(base?.oldest ?? this.#version - 1)
  }

  restore(bytes: Uint8Array): void {
    const { start, end } = this.range
    let targets: { readonly table: HeapTable; readonly timers: HeapTimerQueue | undefined; readonly owner: string }[] =
      []
    readSegment(bytes, {
      header: ({ states }) => {
        targets = states.map(([name, kind]) => {
          const timers = kind === 'timers' ? this.#timerQueue(name) : undefined
          const table = timers?.table ?? this.#table(name, kind)
          if (table.kind !== kind) throw this.#incompatible(name, kind, table.kind)
          return { table, timers, owner: stateOwner(this.#options, name) }
        })
      },
      entry: (state, keyGroup, key, content) => {
        if (keyGroup < start || keyGroup > end) return
        const { table, timers, owner } = targets[state]!
        const cell = table.form.cell(content)
        if (timers !== undefined) timers.restore(key, cell as TimersCell)
        else {
          table.put(key, cell)
          if (this.#options.freeze) freezeContent(table.kind, content, owner)
        }
      },
      removal: (state, keyGroup, key) => {
        if (keyGroup < start || keyGroup > end) return
        const { table, timers } = targets[state]!
        if (timers !== undefined) timers.restore(key, undefined)
        else table.remove(key)
      },
    })
  }

  get entryCount(): number {
    return this.#allTables().reduce((sum, table) => sum + table.size, 0)
  }

  dispose(): void {
    for (const table of this.#allTables()) table.clear()
    this.#tables.clear()
    this.#handles.clear()
    this.#timers.clear()
  }

  #allTables(): readonly HeapTable[] {
    return [...this.#tables.values(), ...[...this.#timers.values()].map((timers) => timers.table)]
  }

  #table(name: string, kind: TableKind): HeapTable {
    const table = this.#tables.get(name) ?? this.#makeTable(name, kind)
    this.#tables.set(name, table)
    return table
  }

  #makeTable(name: string, kind: TableKind): HeapTable {
    return new HeapTable(name, kind, cellForms[kind], this.#options.incremental === true ? this.#version : undefined)
  }

  #timerQueue(name: string): HeapTimerQueue {
    const timers = this.#timers.get(name) ?? new HeapTimerQueue(this, this.#makeTable(name, 'timers'))
    this.#timers.set(name, timers)
    return timers
  }

  #makeHandle(table: HeapTable, descriptor: StateDescriptor): StateHandleOf {
    const owner = this.#options.freeze ? stateOwner(this.#options, table.name) : undefined
    switch (descriptor.kind) {
      case 'value': {
        const { initial } = descriptor
        const shared = freezeShared(initial, stateOwner(this.#options, table.name))
        return new HeapValueState(this, table, owner, initial, shared)
      }
      case 'list':
        return new HeapListState(this, table, owner)
      case 'map':
        return new HeapMapState(this, table, owner)
      case 'reducing':
        return new HeapReducingState(this, table, owner, descriptor.reduce)
      case 'aggregating':
        return new HeapAggregatingState(this, table, owner, descriptor)
    }
  }

  #incompatible(name: string, stored: TableKind, declared: TableKind): StreamError {
    return new StreamError(
      'RESTORE_STATE_INCOMPATIBLE',
      `State "${name}" of operator ${operatorLabel(this.#options)} was stored as ${stored} and is declared as ${declared}: expected the same kind.`,
    )
  }
}

/** The containers of lists and maps belong to the backend and change in place; what is in them does not. */
function freezeContent(kind: TableKind, content: unknown, owner: string): void {
  if (kind === 'list') for (const item of content as unknown[]) freezeStored(item, owner)
  else if (kind === 'map') for (const item of (content as Map<unknown, unknown>).values()) freezeStored(item, owner)
  else freezeStored(content, owner)
}
