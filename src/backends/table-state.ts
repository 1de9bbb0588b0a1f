/**
 * Keyed state over tables: names, kinds, the current key and the restore, for whatever keeps the tables.
 *
 * The calls made per record are in `heap-handles.ts` and `heap-timers.ts`, the snapshot in `table-snapshot.ts`, the entries
 * in a `StateTable`. Tests: src/testing/state-backend-suite.ts, on every backend.
 */

import { assert, StreamError } from '../core/errors.ts'
import { type Key, type KeyGroupRange, keyGroupOf } from '../core/key-groups.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { TimersCell } from './heap-cells.ts'
import {
  HeapAggregatingState,
  HeapListState,
  HeapMapState,
  HeapReducingState,
  HeapValueState,
  type KeyContext,
} from './heap-handles.ts'
import { HeapTimerQueue } from './heap-timers.ts'
import { readSegment, SegmentFrames, type SegmentReader, segmentVersions } from './keyed-segment.ts'
import { SegmentParser } from './segment-parser.ts'
import type {
  KeyedSnapshot,
  KeyedStateBackend,
  KeyedStateBackendOptions,
  SegmentRestore,
  StateChoice,
  StateDescriptor,
  StateHandleOf,
  TimerQueue,
} from './state-backend.ts'
import type { StateTable, TableKind, TableStore } from './state-table.ts'
import { freezeContent, freezeShared } from './stored-value.ts'
import { stateOwner, TableSnapshot } from './table-snapshot.ts'

interface RestoreTarget {
  readonly table: StateTable
  readonly timers: HeapTimerQueue | undefined
  readonly owner: string
}

export class TableState implements KeyedStateBackend, KeyContext {
  readonly range: KeyGroupRange
  currentKey: Key | undefined = undefined
  readonly #options: KeyedStateBackendOptions
  readonly #store: TableStore
  readonly #tables = new Map<string, StateTable>()
  readonly #handles = new Map<string, StateHandleOf>()
  readonly #timers = new Map<string, HeapTimerQueue>()
  /** The version of the next mark: the epoch of every table. */
  #version = 0
  /** Marks give what has changed since this version. */
  #since: number | undefined

  constructor(options: KeyedStateBackendOptions, store: TableStore) {
    this.range = options.range
    this.#options = options
    this.#store = store
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
    for (const key of this.#store.keys([...this.#tables.values()])) {
      yield [key, keyGroupOf(key, this.#options.maxParallelism)]
    }
  }

  mark(): KeyedSnapshot {
    const tables = this.#allTables()
    const since = this.#since
    const reached = since !== undefined && tables.every((table) => table.reaches(since))
    return new TableSnapshot(this.#options, tables, this.#version++, reached ? since : undefined)
  }

  rebase(base: { readonly since: number; readonly oldest: number } | undefined): void {
    assert(
      base === undefined || this.#options.incremental === true,
      'a backend that keeps no track of changes is rebased',
    )
    this.#since = base?.since
    for (const table of this.#allTables()) table.forget(base?.oldest ?? this.#version - 1)
  }

  restore(bytes: Uint8Array, states?: readonly StateChoice[]): void {
    readSegment(bytes, this.#reader(states))
  }

  beginRestore(states?: readonly StateChoice[]): SegmentRestore {
    return new SegmentParser(new SegmentFrames(this.#reader(states)))
  }

  #reader(choices: readonly StateChoice[] | undefined): SegmentReader {
    const { start, end } = this.range
    let targets: readonly (RestoreTarget | undefined)[] = []
    const fill = (filling: boolean) => {
      for (const target of targets) target?.table.fill(filling)
    }
    return {
      header: ({ states, format }) => {
        targets = states.map(([stored, kind]) => {
          const name = choices === undefined ? stored : choices.find(({ from }) => from === stored)?.to
          return name === undefined ? undefined : this.#target(name, kind)
        })
        fill(format !== segmentVersions.delta)
      },
      end: () => fill(false),
      entry: (state, keyGroup, key, content) => {
        const target = targets[state]
        if (target === undefined || keyGroup < start || keyGroup > end) return
        const { table, timers, owner } = target
        const cell = table.form.cell(content)
        if (timers !== undefined) timers.restore(key, cell as TimersCell)
        else {
          table.put(key, cell)
          if (this.#options.freeze) freezeContent(table.kind, content, owner)
        }
      },
      removal: (state, keyGroup, key) => {
        const target = targets[state]
        if (target === undefined || keyGroup < start || keyGroup > end) return
        const { table, timers } = target
        if (timers !== undefined) timers.restore(key, undefined)
        else table.remove(key)
      },
    }
  }

  /** Where the restored entries of a state go. */
  #target(name: string, kind: TableKind): RestoreTarget {
    const timers = kind === 'timers' ? this.#timerQueue(name) : undefined
    const table = timers?.table ?? this.#table(name, kind)
    if (table.kind !== kind) throw this.#incompatible(name, kind, table.kind)
    return { table, timers, owner: stateOwner(this.#options, name) }
  }

  get entryCount(): number {
    return this.#allTables().reduce((sum, table) => sum + table.size, 0)
  }

  dispose(): void {
    for (const table of this.#allTables()) table.clear()
    this.#tables.clear()
    this.#handles.clear()
    this.#timers.clear()
    this.#store.dispose()
  }

  #allTables(): readonly StateTable[] {
    return [...this.#tables.values(), ...[...this.#timers.values()].map((timers) => timers.table)]
  }

  #table(name: string, kind: TableKind): StateTable {
    const table = this.#tables.get(name) ?? this.#makeTable(name, kind)
    this.#tables.set(name, table)
    return table
  }

  #makeTable(name: string, kind: TableKind): StateTable {
    return this.#store.makeTable(name, kind, this.#version)
  }

  #timerQueue(name: string): HeapTimerQueue {
    const timers = this.#timers.get(name) ?? new HeapTimerQueue(this, this.#makeTable(name, 'timers'))
    this.#timers.set(name, timers)
    return timers
  }

  #makeHandle(table: StateTable, descriptor: StateDescriptor): StateHandleOf {
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
