/** Lists and maps with a time to live: every item, and the value of every entry, is stamped with the time of its last use. */
import type { ListState, MapState } from '../backends/state-backend.ts'
import type { Stamped } from '../backends/state-contents.ts'
import type { Cleanable } from './ttl-cells.ts'
import type { TtlRule } from './ttl-rule.ts'

/** Each item has a time of its own. */
export class TtlListState implements ListState<unknown>, Cleanable {
  readonly #inner: ListState<Stamped>
  readonly #rule: TtlRule

  constructor(inner: ListState<unknown>, rule: TtlRule) {
    this.#inner = inner as ListState<Stamped>
    this.#rule = rule
  }

  get(): readonly unknown[] {
    const held = this.#inner.get()
    const nowMs = this.#rule.now()
    const seen = held.filter((item) => this.#rule.isSeen(item, nowMs))
    if (held.some((item) => this.#rule.isRefreshed(item, nowMs))) {
      this.#inner.update(held.map((item) => (this.#rule.isRefreshed(item, nowMs) ? [nowMs, item[1]] : item)))
    }
    return seen.map(([, value]) => value)
  }

  add(value: unknown): void {
    const nowMs = this.#rule.now()
    this.#inner.add([nowMs, value])
    this.#rule.track(nowMs)
  }

  addAll(values: readonly unknown[]): void {
    if (values.length === 0) return
    const nowMs = this.#rule.now()
    this.#inner.addAll(values.map((value) => [nowMs, value] as const))
    this.#rule.track(nowMs)
  }

  update(values: readonly unknown[]): void {
    const nowMs = this.#rule.now()
    this.#inner.update(values.map((value) => [nowMs, value] as const))
    if (values.length > 0) this.#rule.track(nowMs)
  }

  clear(): void {
    this.#inner.clear()
  }

  clean(nowMs: number): number | undefined {
    const held = this.#inner.get()
    const left = held.filter((item) => !this.#rule.isOver(item, nowMs))
    if (left.length < held.length) this.#inner.update(left)
    return firstToExpire(left, this.#rule)
  }
}

/** Each entry has a time of its own. */
export class TtlMapState implements MapState<unknown, unknown>, Cleanable {
  readonly #inner: MapState<unknown, Stamped>
  readonly #rule: TtlRule

  constructor(inner: MapState<unknown, unknown>, rule: TtlRule) {
    this.#inner = inner as MapState<unknown, Stamped>
    this.#rule = rule
  }

  get(key: unknown): unknown {
    return this.#read(key)?.[1]
  }

  has(key: unknown): boolean {
    return this.#read(key) !== undefined
  }

  put(key: unknown, value: unknown): void {
    const nowMs = this.#rule.now()
    this.#inner.put(key, [nowMs, value])
    this.#rule.track(nowMs)
  }

  remove(key: unknown): void {
    this.#inner.remove(key)
  }

  entries(): IterableIterator<[unknown, unknown]> {
    return this.#readAll()
      .map(([key, [, value]]): [unknown, unknown] => [key, value])
      .values()
  }

  keys(): IterableIterator<unknown> {
    return this.#readAll()
      .map(([key]) => key)
      .values()
  }

  values(): IterableIterator<unknown> {
    return this.#readAll()
      .map(([, [, value]]) => value)
      .values()
  }

  isEmpty(): boolean {
    const nowMs = this.#rule.now()
    for (const stamped of this.#inner.values()) if (this.#rule.isSeen(stamped, nowMs)) return false
    return true
  }

  clear(): void {
    this.#inner.clear()
  }

  clean(nowMs: number): number | undefined {
    const held = [...this.#inner.entries()]
    const left = held.filter(([, stamped]) => !this.#rule.isOver(stamped, nowMs))
    if (left.length === 0) this.#inner.clear()
    else if (left.length < held.length) {
      for (const [key, stamped] of held) if (this.#rule.isOver(stamped, nowMs)) this.#inner.remove(key)
    }
    return firstToExpire(
      left.map(([, stamped]) => stamped),
      this.#rule,
    )
  }

  #read(key: unknown): Stamped | undefined {
    const stamped = this.#inner.get(key)
    if (stamped === undefined) return undefined
    const nowMs = this.#rule.now()
    if (this.#rule.isRefreshed(stamped, nowMs)) this.#inner.put(key, [nowMs, stamped[1]])
    return this.#rule.isSeen(stamped, nowMs) ? stamped : undefined
  }

  /** As they are now: what is refreshed, put or removed meanwhile does not disturb whoever goes through them. */
  #readAll(): readonly (readonly [unknown, Stamped])[] {
    const nowMs = this.#rule.now()
    const seen = [...this.#inner.entries()].filter(([, stamped]) => this.#rule.isSeen(stamped, nowMs))
    for (const [key, stamped] of seen) {
      if (this.#rule.isRefreshed(stamped, nowMs)) this.#inner.put(key, [nowMs, stamped[1]])
    }
    return seen
  }
}

const firstToExpire = (left: readonly Stamped[], { ttlMs }: TtlRule): number | undefined =>
  left.length === 0
    ? undefined
    : left.reduce((first, [usedMs]) => Math.min(first, usedMs), Number.POSITIVE_INFINITY) + ttlMs
