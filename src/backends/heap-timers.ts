/**
 * Timers on the heap: what the snapshot holds (per key group and key, the timestamps) and an index by time.
 *
 * Many keys share a timestamp (the end of a window), so the heap orders distinct timestamps, each with the bucket of its
 * keys. A bucket emptied by `delete` leaves the heap when it comes to the top. Within one timestamp timers fire in the
 * order they were added; after a restore, in the order of the snapshot. Tests: src/testing/state-backend-suite.ts.
 */
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import type { TimersCell } from './heap-cells.ts'
import type { KeyContext } from './heap-handles.ts'
import type { HeapTable } from './heap-table.ts'
import { MinHeap } from './min-heap.ts'
import type { TimerQueue } from './state-backend.ts'

interface Bucket {
  /** Key → key group. */
  readonly keys: Map<Key, number>
  /** Kept between polls: a fresh iterator would step over every key removed so far. */
  cursor: IterableIterator<[Key, number]>
}

export interface TimerContext extends KeyContext {
  setCurrentKey(key: Key, keyGroup: number): void
}

export class HeapTimerQueue implements TimerQueue {
  readonly table: HeapTable
  readonly #context: TimerContext
  readonly #times = new MinHeap()
  readonly #buckets = new Map<number, Bucket>()
  #size = 0

  constructor(context: TimerContext, table: HeapTable) {
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
    const { currentKey, currentKeyGroup } = this.#context
    const group = currentKeyGroup - this.table.start
    const map = this.table.open(group)
    if (!this.#index(currentKey, currentKeyGroup, timestamp)) return false
    if (this.table.capturing) this.table.touch(group, currentKey, map)
    const cell = map.get(currentKey) as TimersCell | undefined
    if (cell === undefined) map.set(currentKey, timestamp)
    else if (typeof cell === 'number') map.set(currentKey, new Set([cell, timestamp]))
    else cell.add(timestamp)
    return true
  }

  delete(timestamp: number): boolean {
    const { currentKey, currentKeyGroup } = this.#context
    if (this.#buckets.get(timestamp)?.keys.delete(currentKey) !== true) return false
    this.#remove(currentKey, currentKeyGroup, timestamp)
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
      bucket.cursor = bucket.keys.entries()
      step = bucket.cursor.next()
    }
    const [key, keyGroup] = step.value as [Key, number]
    bucket.keys.delete(key)
    this.#remove(key, keyGroup, timestamp)
    this.#context.setCurrentKey(key, keyGroup)
    return timestamp
  }

  /** Takes over a cell of a snapshot, which is in the table already. */
  restored(key: Key, keyGroup: number, cell: TimersCell): void {
    if (typeof cell === 'number') this.#index(key, keyGroup, cell)
    else for (const timestamp of cell) this.#index(key, keyGroup, timestamp)
  }

  /** Returns false when it was there already. */
  #index(key: Key, keyGroup: number, timestamp: number): boolean {
    let bucket = this.#buckets.get(timestamp)
    if (bucket === undefined) {
      const keys = new Map<Key, number>()
      bucket = { keys, cursor: keys.entries() }
      this.#buckets.set(timestamp, bucket)
      this.#times.push(timestamp)
    }
    if (bucket.keys.has(key)) return false
    bucket.keys.set(key, keyGroup)
    this.#size++
    return true
  }

  /** Takes the timestamp out of the table. */
  #remove(key: Key, keyGroup: number, timestamp: number): void {
    const group = keyGroup - this.table.start
    const map = this.table.open(group)
    if (this.table.capturing) this.table.touch(group, key, map)
    const cell = map.get(key) as TimersCell
    if (typeof cell === 'number') map.delete(key)
    else {
      cell.delete(timestamp)
      if (cell.size === 0) map.delete(key)
    }
    this.#size--
  }
}
