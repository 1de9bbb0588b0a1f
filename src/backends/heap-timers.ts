/**
 * Timers on the heap: what the snapshot holds (per key, the timestamps) and an index by time.
 *
 * Many keys share a timestamp (the end of a window), so the heap orders distinct timestamps, each with the bucket of its
 * keys. Whether a key has a timer is asked of the table alone, so a bucket is a plain list, in the order in which timers were
 * added, which is that in which they fire; after a restore, that of the snapshot. A key whose timer is deleted stays in the
 * list, and the bucket counts how often it is to be passed over. A bucket with no timer left leaves the heap when it comes
 * to the top. Tests: src/testing/state-backend-suite.ts, test/backends/heap-timers.test.ts.
 */
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import type { TimersCell } from './heap-cells.ts'
import type { KeyContext } from './heap-handles.ts'
import { MinHeap } from './min-heap.ts'
import type { TimerQueue } from './state-backend.ts'
import type { StateTable } from './state-table.ts'

/** Deleted timers that a bucket may keep in its list beyond as many as it has. */
const deletedMax = 1_000

class Bucket {
  /** Those before `next` have fired. */
  keys: Key[] = []
  next = 0
  /** Timers that are still to fire. */
  size = 0
  /** By key, how many of its next places in the list are of deleted timers. */
  #deleted: Map<Key, number> | undefined

  add(key: Key): void {
    this.keys.push(key)
    this.size++
  }

  delete(key: Key): void {
    this.#deleted ??= new Map()
    this.#deleted.set(key, (this.#deleted.get(key) ?? 0) + 1)
    this.size--
    if (this.keys.length - this.next > 2 * this.size + deletedMax) this.#compact()
  }

  /** There is one. */
  take(): Key {
    let key = this.keys[this.next++]!
    if (this.#deleted !== undefined) while (this.#isDeleted(key)) key = this.keys[this.next++]!
    this.size--
    return key
  }

  /** Is the timer in this place deleted? Then that has been counted. */
  #isDeleted(key: Key): boolean {
    const left = this.#deleted!.get(key)
    if (left === undefined) return false
    if (left > 1) this.#deleted!.set(key, left - 1)
    else this.#deleted!.delete(key)
    return true
  }

  #compact(): void {
    const waiting = this.keys.slice(this.next)
    this.keys = waiting.filter((key) => !this.#isDeleted(key))
    this.next = 0
    this.#deleted = undefined
  }
}

export interface TimerContext extends KeyContext {
  setCurrentKey(key: Key): void
}

export class HeapTimerQueue implements TimerQueue {
  readonly table: StateTable
  readonly #context: TimerContext
  readonly #times = new MinHeap()
  readonly #buckets = new Map<number, Bucket>()
  /** The bucket found last: mostly the next timer is for the same time. */
  #foundAt = Number.NaN
  #found = new Bucket()
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
    const { table } = this
    const slot = table.find(currentKey)
    const cell = slot < 0 ? undefined : (table.cells[slot] as TimersCell)
    if (cell === undefined) table.put(currentKey, timestamp)
    else if (typeof cell === 'number') {
      if (cell === timestamp) return false
      table.put(currentKey, new Set([cell, timestamp]))
    } else {
      if (cell.has(timestamp)) return false
      if (table.tracking) table.willChange(slot)
      cell.add(timestamp)
    }
    this.#index(currentKey as Key, timestamp)
    return true
  }

  delete(timestamp: number): boolean {
    const key = this.#context.currentKey as Key
    const slot = this.table.find(key)
    if (slot < 0) return false
    const cell = this.table.cells[slot] as TimersCell
    if (typeof cell === 'number' ? cell !== timestamp : !cell.has(timestamp)) return false
    this.#bucket(timestamp)!.delete(key)
    this.#remove(key, timestamp)
    return true
  }

  next(): number | undefined {
    for (let top = this.#times.top(); top !== undefined; top = this.#times.top()) {
      if (this.#bucket(top)!.size > 0) return top
      this.#times.pop()
      this.#buckets.delete(top)
      this.#foundAt = Number.NaN
    }
    return undefined
  }

  poll(until: number): number | undefined {
    const timestamp = this.next()
    if (timestamp === undefined || timestamp > until) return undefined
    const key = this.#bucket(timestamp)!.take()
    this.#remove(key, timestamp)
    this.#context.setCurrentKey(key)
    return timestamp
  }

  /** Takes over what a snapshot says of a key: its timers now, whatever they were; `undefined` when it has none. */
  restore(key: Key, cell: TimersCell | undefined): void {
    const before = this.table.get(key) as TimersCell | undefined
    for (const timestamp of timestampsOf(before)) {
      this.#bucket(timestamp)!.delete(key)
      this.#size--
    }
    if (cell === undefined) this.table.remove(key)
    else this.table.put(key, cell)
    for (const timestamp of timestampsOf(cell)) this.#index(key, timestamp)
  }

  /** The table has it, and had it not before. */
  #index(key: Key, timestamp: number): void {
    let bucket = this.#bucket(timestamp)
    if (bucket === undefined) {
      bucket = new Bucket()
      this.#buckets.set(timestamp, bucket)
      this.#times.push(timestamp)
    }
    bucket.add(key)
    this.#size++
  }

  #bucket(timestamp: number): Bucket | undefined {
    if (timestamp === this.#foundAt) return this.#found
    const found = this.#buckets.get(timestamp)
    if (found === undefined) return undefined
    this.#foundAt = timestamp
    this.#found = found
    return found
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
