/**
 * What the handles, the timers and the snapshot know of the entries of one state, wherever those are kept: each key has
 * a slot as long as it is being used, and its cell stands in `cells` at that place.
 *
 * A slot is good until the next call that finds, puts or removes another key: a table that keeps only some entries in
 * memory may then give it to that key.
 */
import type { Key } from '../core/key-groups.ts'
import type { StateKind } from './state-backend.ts'

export type TableKind = StateKind | 'timers'

/** How the cells of one kind of state are seen from outside. */
export interface CellForm {
  /** The content now, to be encoded at once. */
  view(cell: unknown): unknown
  /** The content now, which later changes of the cell do not reach. */
  image(cell: unknown): unknown
  /** A cell with this content. */
  cell(content: unknown): unknown
}

export interface StateTable {
  readonly name: string
  readonly kind: TableKind
  readonly form: CellForm
  /** Number of entries. */
  readonly size: number
  /** By slot. */
  readonly cells: readonly unknown[]
  /** Must `willChange` be called before a cell is changed in place? */
  readonly tracking: boolean
  /** The slot of a key; −1 when it has no entry. Fails with `STATE_ACCESS_INVALID` when there is no key. */
  find(key: Key | undefined): number
  /** The same, for a change, which mostly follows a read of the same key. */
  findAgain(key: Key | undefined): number
  /** The cell of a key; undefined when it has no entry. */
  get(key: Key | undefined): unknown
  put(key: Key | undefined, cell: unknown): void
  remove(key: Key | undefined): void
  willChange(slot: number): void
  /** What there is now; given `since`, only what has changed since the mark of that epoch. */
  mark(since?: number): TableCapture
  /** Can a mark give what has changed after this epoch? */
  reaches(since: number): boolean
  /** Nobody will ask for what has changed in this epoch or earlier. */
  forget(upTo: number): void
  /** From now on only keys come that have no entry yet, until it is called with `false`. */
  fill(filling: boolean): void
  /** Forgets everything; captures have nothing more to read. */
  clear(): void
}

/** One table as it was at a mark, or what had changed in it since an earlier one, read out in pieces. */
export interface TableCapture {
  readonly table: StateTable
  /** Does it hold nothing? */
  readonly empty: boolean
  /**
   * Appends keys that were removed to `into` until it holds `max` items, also some that are back. May append nothing
   * although there is more. Returns whether there may be more. To be called to the end before `read`.
   */
  readRemovals(into: unknown[], max: number): boolean
  /** The same with `key, content, …` of the entries. */
  read(into: unknown[], max: number): boolean
  release(): void
}

/** How an operator's tables are made and what they share. */
export interface TableStore {
  /** `epoch` is the one to begin with. */
  makeTable(name: string, kind: TableKind, epoch: number): StateTable
  /** Every key that has an entry in any of these tables, which are the store's own, once. They may change meanwhile. */
  keys(tables: readonly StateTable[]): Iterable<Key>
  dispose(): void
}
