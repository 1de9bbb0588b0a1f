/**
 * Timers on the heap: what the snapshot holds (per key, the timestamps) and an index by time.
 *
 * Many keys share a timestamp (the end of a window), so the heap orders distinct timestamps, each with the bucket of its
 * keys. A bucket emptied by `delete` leaves the heap when it comes to the top. Within one timestamp timers fire in the
 * order they were added; after a restore, in the order of the snapshot. Tests: src/testing/state-backend-suite.ts.
 */
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import type { TimersCell } from './heap-cells.ts'
import type { KeyContext } from './heap-handles.ts'
import { MinHeap } from './min-heap.ts'
import type { TimerQueue } from './state-backend.ts'
import type { StateTable } from './state-table.ts'

interface Bucket {
  readonly keys: Set<Key>
  /** Kept between polls: a fresh iterator would step over every key removed so far. */
  cursor: IterableIterator<Key>
}

export interface TimerContext extends KeyContext {
  setCurrentKey(key: Key): void
}

export class HeapTimerQueue implements TimerQueue {
  readonly table: StateTable
  readonly #context: TimerContext
  readonly #times = new MinHeap()
  readonly #buckets = new Map<number, Bucket>()
  #size = 0

  constructor(context: TimerContext, table: StateTable) {
    this.#context = context
    this.table = table
  }

  get size(): number {
    return this.#size
  }

  add(timestamp: number): boolean {
    if (typeof timestamp !== 'number' || Number.isNaN(timestamp)) {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `A timer of "${this.table.name}" was set for ${timestamp}: expected milliseconds.`,
      )
    }
    const { currentKey } = this.#context
    const slot = this.table.find(currentKey)
    if (!this.#index(currentKey as Key, timestamp)) return false
    const cell = slot < 0 ? undefined : (this.table.cells[slot] as TimersCell)
    if (cell === undefined) this.table.put(currentKey, timestamp)
    else if (typeof cell === 'number') this.table.put(currentKey, new Set([cell, timestamp]))
    else {
      if (this.table.tracking) this.table.willChange(slot)
      cell.add(timestamp)
    }
    return true
  }

  delete(timestamp: number): boolean {
    const key = this.#context.currentKey as Key
    if (this.#buckets.get(timestamp)?.keys.delete(key) !== true) return false
    this.#remove(key, timestamp)
    return true
  }

  next(): number | undefined {
    for (let top = this.#times.top(); top !== undefined; top = this.#times.top()) {
      if (this.#buckets.get(top)!.keys.size > 0) return top
      this.#times.pop()
      this.#buckets.delete(top)
    }
    return undefined
  }

  poll(until: number): number | undefined {
    const timestamp = this.next()
    if (timestamp === undefined || timestamp > until) return undefined
    const bucket = this.#buckets.get(timestamp)!
    let step = bucket.cursor.next()
    if (step.done === true) {
      bucket.cursor = bucket.keys.values()
      step = bucket.cursor.next()
    }
    const key = step.value as Key
    bucket.keys.delete(key)
    this.#remove(key, timestamp)
    this.#context.setCurrentKey(key)
    return timestamp
  }

  /** Takes over what a snapshot says of a key: its timers now, whatever they were; `undefined` when it has none. */
  restore(key: Key, cell: TimersCell | undefined): void {
    const before = this.table.get(key) as TimersCell | undefined
    for (const timestamp of timestampsOf(before)) {
      this.#buckets.get(timestamp)?.keys.delete(key)
      this.#size--
    }
    if (cell === undefined) this.table.remove(key)
    else this.table.put(key, cell)
    for (const timestamp of timestampsOf(cell)) this.#index(key, timestamp)
  }

  /** Returns false when it was there already. */
  #index(key: Key, timestamp: number): boolean {
    let bucket = this.#buckets.get(timestamp)
    if (bucket === undefined) {
      const keys = new Set<Key>()
      bucket = { keys, cursor: keys.values() }
      this.#buckets.set(timestamp, bucket)
      this.#times.push(timestamp)
    }
    if (bucket.keys.has(key)) return false
    bucket.keys.add(key)
    this.#size++
    return true
  }

  /** Takes the timestamp out of the table. */
  #remove(key: Key, timestamp: number): void {
    const table = this.table
    const slot = table.find(key)
    const cell = table.cells[slot] as TimersCell
    if (typeof cell === 'number') table.remove(key)
    else {
      if (table.tracking) table.willChange(slot)
      cell.delete(timestamp)
      if (cell.size === 0) table.remove(key)
    }
    this.#size--
  }
}

const timestampsOf = (cell: TimersCell | undefined): Iterable<number> =>
  cell === undefined ? [] : typeof cell === 'number' ? [cell] : cell
