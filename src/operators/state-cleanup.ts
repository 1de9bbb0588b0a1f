/**
 * Removes state that has outlived its time, of one operator: when a bucket of an index is due, a bounded number of keys per
 * turn, so that the stream goes on between. What it removes is gone like what a program removes, also for incremental
 * checkpoints.
 *
 * Does not own which keys are due (`backends/expiry-index.ts`) nor what of a key is over (`ttl-handles.ts`).
 */
import type { ExpiryIndex } from '../backends/expiry-index.ts'
import type { KeyedStateBackend } from '../backends/state-backend.ts'
import type { Key } from '../core/key-groups.ts'
import { limits } from '../core/limits.ts'
import type { Cleanable } from './ttl-cells.ts'

interface Expiring {
  readonly handle: Cleanable
  readonly index: ExpiryIndex
}

export class StateCleanup {
  readonly #backend: Pick<KeyedStateBackend, 'setCurrentKey'>
  readonly #states: Expiring[] = []

  constructor(backend: Pick<KeyedStateBackend, 'setCurrentKey'>) {
    this.#backend = backend
  }

  add(handle: Cleanable, index: ExpiryIndex): void {
    this.#states.push({ handle, index })
  }

  /** When there is something to do next; undefined when nothing is stored. */
  next(): number | undefined {
    let next: number | undefined
    for (const { index } of this.#states) next = earlier(next, index.next())
    return next
  }

  /** Looks at some of the keys that are due; `next` says whether there are more. Changes the current key. */
  run(nowMs: number): void {
    let left: number = limits.ttlKeysPerTurn
    for (const { handle, index } of this.#states) {
      for (; left > 0; left--) {
        const key = index.poll(nowMs)
        if (key === undefined) break
        this.#clean(handle, index, key, nowMs)
      }
    }
  }

  /** Removes everything that is over now, due or not, before somebody goes through all keys. */
  runAll(nowMs: number): void {
    for (const { handle, index } of this.#states) {
      for (const key of index.takeExpired(nowMs)) this.#clean(handle, index, key, nowMs)
    }
  }

  #clean(handle: Cleanable, index: ExpiryIndex, key: Key, nowMs: number): void {
    this.#backend.setCurrentKey(key)
    const expiresMs = handle.clean(nowMs)
    // Later than now in any case, so that no turn finds a key again.
    if (expiresMs !== undefined) index.track(key, Math.max(expiresMs, nowMs + 1), nowMs)
  }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b)
