/**
 * Keyed state over tables: names, kinds, the current key and the restore, for whatever keeps the tables.
 *
 * The calls made per record are in `heap-handles.ts` and `heap-timers.ts`, the snapshot in `table-snapshot.ts`, the entries
 * in a `StateTable`. Tests: src/testing/state-backend-suite.ts, on every backend.
 */

import { assert, StreamError } from '../core/errors.ts'
import { type Key, type KeyGroupRange, keyGroupOf } from '../core/key-groups.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { ExpiryIndex } from './expiry-index.ts'
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
import { holdsChanges, readSegment, SegmentFrames, type SegmentReader, storedStateOf } from './keyed-segment.ts'
import type { StoredState } from './manifest.ts'
import { restoredContent } from './restored-content.ts'
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
import { earliestUse } from './state-contents.ts'
import { factsOf, type StateFacts } from './state-conversion.ts'
import type { StateTable, TableKind, TableStore } from './state-table.ts'
import { freezeContent, freezeShared } from './stored-value.ts'
import { type DescribedTable, stateOwner, TableSnapshot } from './table-snapshot.ts'

interface RestoreTarget {
  readonly table: StateTable
  readonly timers: HeapTimerQueue | undefined
  readonly owner: string
  /** Undefined when contents stay what they are. */
  readonly convert: ((content: unknown, key: Key) => unknown) | undefined
  /** Undefined when contents have no time to live. */
  readonly track: ((key: Key, content: unknown) => void) | undefined
}

export class TableState implements KeyedStateBackend, KeyContext {
  readonly range: KeyGroupRange
  currentKey: Key | undefined = undefined
  readonly #options: KeyedStateBackendOptions
  readonly #store: TableStore
  readonly #tables = new Map<string, StateTable>()
  /** Of restored and declared states. */
  readonly #facts = new Map<string, StateFacts>()
  readonly #handles = new Map<string, StateHandleOf>()
  readonly #timers = new Map<string, HeapTimerQueue>()
  readonly #expiries = new Map<string, ExpiryIndex>()
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
    const handle = this.#handles.get(name)
    const facts = this.#facts.get(name)
    const declared = { name, kind: descriptor.kind, ...factsOf(descriptor) }
    const known = facts && { name, kind: this.#tables.get(name)!.kind, ...facts }
    if (known !== undefined && describe(known) !== describe(declared)) {
      throw handle === undefined ? this.#incompatible(known, declared) : this.#duplicate(known, declared)
    }
    if (handle !== undefined) return handle
    const made = this.#makeHandle(this.#table(name, descriptor.kind), descriptor)
    this.#handles.set(name, made)
    this.#facts.set(name, factsOf(descriptor))
    return made
  }

  timers(name: string): TimerQueue {
    return this.#timerQueue(name)
  }

  expiries(name: string, ttlMs: number): ExpiryIndex {
    const index = this.#expiries.get(name) ?? new ExpiryIndex(ttlMs)
    this.#expiries.set(name, index)
    return index
  }

  *keys(state?: string): Iterable<readonly [key: Key, keyGroup: number]> {
    const tables = [...this.#tables].flatMap(([name, table]) => (state === undefined || name === state ? [table] : []))
    for (const key of this.#store.keys(tables)) {
      yield [key, keyGroupOf(key, this.#options.maxParallelism)]
    }
  }

  mark(): KeyedSnapshot {
    const tables = this.#described()
    const since = this.#since
    const reached = since !== undefined && tables.every(({ table }) => table.reaches(since))
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
        targets = states.map((state) => {
          const stored = storedStateOf(state)
          const name = choices === undefined ? stored.name : choices.find(({ from }) => from === stored.name)?.to
          return name === undefined ? undefined : this.#target({ ...stored, name })
        })
        // Segments with everything hold different key groups, one for each subtask that wrote, however many are restored here.
        fill(!holdsChanges(format))
      },
      end: () => fill(false),
      entry: (state, keyGroup, key, stored) => {
        const target = targets[state]
        if (target === undefined || keyGroup < start || keyGroup > end) return
        const { table, timers, owner, convert, track } = target
        const content = convert === undefined ? stored : convert(stored, key)
        track?.(key, content)
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
  #target(stored: StoredState): RestoreTarget {
    const { name, kind } = stored
    const owner = stateOwner(this.#options, name)
    if (kind === 'timers') {
      const timers = this.#timerQueue(name)
      return { table: timers.table, timers, owner, convert: undefined, track: undefined }
    }
    const { states = {} } = this.#options
    // A name may be that of a property that every object has.
    const declared = Object.hasOwn(states, name) ? states[name] : undefined
    const nowMs = this.#options.now?.() ?? 0
    const convert = declared && restoredContent({ stored, declared, operator: this.#options, nowMs })
    const facts = factsOf(declared ?? stored)
    const becomes = { name, kind: declared?.kind ?? kind, ...facts }
    const table = this.#table(name, becomes.kind)
    const known = this.#facts.get(name)
    if (known !== undefined && describe({ kind: table.kind, ...known }) !== describe(becomes)) {
      throw this.#incompatible(becomes, { name, kind: table.kind, ...known })
    }
    this.#facts.set(name, facts)
    return { table, timers: undefined, owner, convert, track: declared && this.#tracker(name, declared, nowMs) }
  }

  /** The index of what expires is filled while its entries come. */
  #tracker(name: string, { kind, ttl }: StateDescriptor, nowMs: number): RestoreTarget['track'] {
    if (ttl === undefined) return undefined
    const index = this.expiries(name, ttl.ms)
    return (key, content) => void index.track(key, earliestUse(kind, content) + ttl.ms, nowMs)
  }

  get entryCount(): number {
    return this.#allTables().reduce((sum, table) => sum + table.size, 0)
  }

  entryCountOf(name: string): number {
    return this.#tables.get(name)?.size ?? 0
  }

  dispose(): void {
    for (const table of this.#allTables()) table.clear()
    this.#tables.clear()
    this.#handles.clear()
    this.#timers.clear()
    this.#expiries.clear()
    this.#store.dispose()
  }

  #allTables(): readonly StateTable[] {
    return [...this.#tables.values(), ...[...this.#timers.values()].map((timers) => timers.table)]
  }

  #described(): readonly DescribedTable[] {
    return this.#allTables().map((table) => {
      const { name, kind } = table
      const facts = kind === 'timers' ? undefined : this.#facts.get(name)
      return { table, state: { name, kind, ...facts } }
    })
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

  #incompatible(stored: StoredState, declared: StoredState): StreamError {
    return new StreamError(
      'RESTORE_STATE_INCOMPATIBLE',
      `State "${stored.name}" of operator ${operatorLabel(this.#options)} was stored as ${describe(stored)} and is declared as ` +
        `${describe(declared)}: expected the same.`,
    )
  }

  #duplicate(first: StoredState, second: StoredState): StreamError {
    return new StreamError(
      'STATE_NAME_DUPLICATE',
      `Operator ${operatorLabel(this.#options)} declares state "${first.name}" as ${describe(first)} and as ${describe(second)}.`,
    )
  }
}

const describe = ({ kind, version, ttl }: Omit<StoredState, 'name'>): string =>
  `${kind}${version === undefined ? '' : ` of version ${version}`}${ttl ? ' with a time to live' : ''}`
