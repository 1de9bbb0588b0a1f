/**
 * The state handles over a table: the hottest code there is, called for every record.
 *
 * So: no allocation, no closure, no string and one map look-up per call on the usual path; plain fields instead of
 * private ones; one class per kind. Every change calls `willChange` first while changes are tracked (INV-HT-1).
 */
import type { Key } from '../core/key-groups.ts'
import type { ListCell } from './heap-cells.ts'
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  StateDescriptor,
  ValueState,
} from './state-backend.ts'
import type { StateTable } from './state-table.ts'
import { freezeStored } from './stored-value.ts'

/** Where the handles read the current key. */
export interface KeyContext {
  /** Undefined before there was any. */
  readonly currentKey: Key | undefined
}

/** What every handle has: the key, the entries, and whether to check what is stored. */
class HeapHandle {
  readonly context: KeyContext
  readonly table: StateTable
  /** Names the state in messages when values are checked and frozen; undefined when they are not. */
  readonly owner: string | undefined

  constructor(context: KeyContext, table: StateTable, owner: string | undefined) {
    this.context = context
    this.table = table
    this.owner = owner
  }

  /** The cell of the current key; undefined when there is none. */
  cell(): unknown {
    return this.table.get(this.context.currentKey)
  }

  store(cell: unknown): void {
    this.table.put(this.context.currentKey, cell)
  }

  /** Before the cell of the current key, which there is, is changed in place. */
  willChange(): void {
    const table = this.table
    if (table.tracking) table.willChange(table.findAgain(this.context.currentKey))
  }

  clear(): void {
    this.table.remove(this.context.currentKey)
  }
}

export class HeapValueState extends HeapHandle implements ValueState<unknown> {
  readonly initial: unknown
  /** Can all keys be given the same object, because nobody can change it? */
  readonly shared: boolean

  constructor(context: KeyContext, table: StateTable, owner: string | undefined, initial: unknown, shared = true) {
    super(context, table, owner)
    this.initial = initial
    this.shared = shared
  }

  value(): unknown {
    const table = this.table
    const slot = table.find(this.context.currentKey)
    if (slot >= 0) return table.cells[slot]
    return this.shared ? this.initial : structuredClone(this.initial)
  }

  update(value: unknown): void {
    if (this.owner !== undefined) freezeStored(value, this.owner)
    this.table.put(this.context.currentKey, value)
  }
}

const noItems: readonly unknown[] = Object.freeze([])

export class HeapListState extends HeapHandle implements ListState<unknown> {
  get(): readonly unknown[] {
    const cell = this.cell() as ListCell | undefined
    if (cell === undefined) return noItems
    cell.exposed = true
    return this.owner === undefined ? cell.items : Object.freeze(cell.items)
  }

  add(value: unknown): void {
    if (this.owner !== undefined) freezeStored(value, this.owner)
    this.writable().push(value)
  }

  addAll(values: readonly unknown[]): void {
    if (this.owner !== undefined) for (const value of values) freezeStored(value, this.owner)
    if (values.length === 0) return
    const items = this.writable()
    for (const value of values) items.push(value)
  }

  update(values: readonly unknown[]): void {
    if (this.owner !== undefined) for (const value of values) freezeStored(value, this.owner)
    if (values.length === 0) this.clear()
    else this.store({ items: values.slice(), exposed: false } satisfies ListCell)
  }

  writable(): unknown[] {
    let cell = this.cell() as ListCell | undefined
    if (cell === undefined) {
      cell = { items: [], exposed: false }
      this.store(cell)
      return cell.items
    }
    this.willChange()
    if (cell.exposed) {
      cell.items = cell.items.slice()
      cell.exposed = false
    }
    return cell.items
  }
}

type Inner = Map<unknown, unknown>
const noEntries: ReadonlyMap<unknown, unknown> = new Map()

export class HeapMapState extends HeapHandle implements MapState<unknown, unknown> {
  get(key: unknown): unknown {
    return (this.cell() as Inner | undefined)?.get(key)
  }

  has(key: unknown): boolean {
    return (this.cell() as Inner | undefined)?.has(key) === true
  }

  put(key: unknown, value: unknown): void {
    if (this.owner !== undefined) {
      freezeStored(key, this.owner)
      freezeStored(value, this.owner)
    }
    const inner = this.cell() as Inner | undefined
    if (inner === undefined) this.store(new Map().set(key, value))
    else {
      this.willChange()
      inner.set(key, value)
    }
  }

  remove(key: unknown): void {
    const inner = this.cell() as Inner | undefined
    if (inner === undefined || !inner.has(key)) return
    if (inner.size === 1) {
      this.clear()
      return
    }
    this.willChange()
    inner.delete(key)
  }

  entries(): IterableIterator<[unknown, unknown]> {
    return this.inner().entries()
  }

  keys(): IterableIterator<unknown> {
    return this.inner().keys()
  }

  values(): IterableIterator<unknown> {
    return this.inner().values()
  }

  isEmpty(): boolean {
    return this.cell() === undefined
  }

  inner(): ReadonlyMap<unknown, unknown> {
    return (this.cell() as Inner | undefined) ?? noEntries
  }
}

export class HeapReducingState extends HeapHandle implements ReducingState<unknown> {
  readonly reduce: (a: unknown, b: unknown) => unknown

  constructor(
    context: KeyContext,
    table: StateTable,
    owner: string | undefined,
    reduce: (a: never, b: never) => unknown,
  ) {
    super(context, table, owner)
    this.reduce = reduce as (a: unknown, b: unknown) => unknown
  }

  get(): unknown {
    return this.cell()
  }

  add(value: unknown): void {
    const before = this.cell()
    const after = before === undefined ? value : this.reduce(before, value)
    if (this.owner !== undefined) freezeStored(after, this.owner)
    this.store(after)
  }
}

type Aggregate = Extract<StateDescriptor, { kind: 'aggregating' }>

export class HeapAggregatingState extends HeapHandle implements AggregatingState<unknown, unknown> {
  readonly aggregate: Aggregate

  constructor(context: KeyContext, table: StateTable, owner: string | undefined, aggregate: Aggregate) {
    super(context, table, owner)
    this.aggregate = aggregate
  }

  get(): unknown {
    const accumulator = this.cell()
    return accumulator === undefined ? undefined : this.aggregate.getResult(accumulator as never)
  }

  add(value: unknown): void {
    const before = this.cell() ?? this.aggregate.createAccumulator()
    const after = this.aggregate.add(value as never, before as never)
    if (this.owner !== undefined) freezeStored(after, this.owner)
    this.store(after)
  }
}
