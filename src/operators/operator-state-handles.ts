/**
 * The handles of state that belongs to no key. They hold the items themselves.
 *
 * What a snapshot took is never changed: a list that was handed out, to a snapshot or to the program, is copied before
 * its next change, and a list that did not change is handed out again as it is.
 */
import { freezeStored } from '../backends/stored-value.ts'
import type { BroadcastState, OperatorListState } from './operator-state-declarations.ts'

/** When a handle may be used, and whether what is stored in it is checked and frozen. */
export interface OperatorStateAccess {
  /** Fails with `STATE_ACCESS_INVALID` outside of a callback. */
  check(): void
  /** The same where broadcast state may not be changed. */
  checkWrite(): void
  /** Names the state in messages; undefined when values are not checked and frozen. */
  readonly owner: string | undefined
}

/** What the operator sees of a handle. */
export interface StoredOperatorState {
  /** As they are now; not changed afterwards. */
  capture(): readonly unknown[]
}

export class OperatorListHandle implements OperatorListState<unknown>, StoredOperatorState {
  readonly #access: OperatorStateAccess
  #items: unknown[]
  /** Has `#items` been handed out? */
  #exposed = false

  constructor(access: OperatorStateAccess, restored: readonly unknown[]) {
    this.#access = access
    for (const item of restored) this.#freeze(item)
    this.#items = restored.slice()
  }

  get(): readonly unknown[] {
    this.#access.check()
    this.#exposed = true
    return this.#access.owner === undefined ? this.#items : Object.freeze(this.#items)
  }

  add(value: unknown): void {
    this.#access.check()
    this.#freeze(value)
    this.#writable().push(value)
  }

  addAll(values: readonly unknown[]): void {
    this.#access.check()
    for (const value of values) this.#freeze(value)
    if (values.length === 0) return
    const items = this.#writable()
    for (const value of values) items.push(value)
  }

  update(values: readonly unknown[]): void {
    this.#access.check()
    for (const value of values) this.#freeze(value)
    this.#replace(values.slice())
  }

  clear(): void {
    this.#access.check()
    this.#replace([])
  }

  capture(): readonly unknown[] {
    this.#exposed = true
    return this.#items
  }

  #freeze(value: unknown): void {
    if (this.#access.owner !== undefined) freezeStored(value, this.#access.owner)
  }

  #replace(items: unknown[]): void {
    this.#items = items
    this.#exposed = false
  }

  #writable(): unknown[] {
    if (this.#exposed) this.#replace(this.#items.slice())
    return this.#items
  }
}

type Entry = readonly [unknown, unknown]

export class BroadcastHandle implements BroadcastState<unknown, unknown>, StoredOperatorState {
  readonly #access: OperatorStateAccess
  readonly #entries: Map<unknown, unknown>
  /** The entries as the last snapshot took them, as long as they are the same. */
  #captured: readonly Entry[] | undefined

  constructor(access: OperatorStateAccess, restored: readonly Entry[]) {
    this.#access = access
    this.#entries = new Map(restored)
    for (const [key, value] of restored) this.#freeze(key, value)
    this.#captured = restored
  }

  get(key: unknown): unknown {
    this.#access.check()
    return this.#entries.get(key)
  }

  has(key: unknown): boolean {
    this.#access.check()
    return this.#entries.has(key)
  }

  put(key: unknown, value: unknown): void {
    this.#access.checkWrite()
    this.#freeze(key, value)
    this.#captured = undefined
    this.#entries.set(key, value)
  }

  remove(key: unknown): void {
    this.#access.checkWrite()
    if (this.#entries.delete(key)) this.#captured = undefined
  }

  entries(): IterableIterator<[unknown, unknown]> {
    this.#access.check()
    return this.#entries.entries()
  }

  keys(): IterableIterator<unknown> {
    this.#access.check()
    return this.#entries.keys()
  }

  values(): IterableIterator<unknown> {
    this.#access.check()
    return this.#entries.values()
  }

  isEmpty(): boolean {
    this.#access.check()
    return this.#entries.size === 0
  }

  clear(): void {
    this.#access.checkWrite()
    this.#captured = undefined
    this.#entries.clear()
  }

  capture(): readonly Entry[] {
    this.#captured ??= [...this.#entries]
    return this.#captured
  }

  #freeze(key: unknown, value: unknown): void {
    const { owner } = this.#access
    if (owner === undefined) return
    freezeStored(key, owner)
    freezeStored(value, owner)
  }
}
