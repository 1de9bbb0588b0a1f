/** What state with a time to live must be, the plain way: everything with its time, looked through on every call. */
import type { TtlOptions } from '../../src/backends/state-backend.ts'
import type { Command } from './ttl-program.ts'

interface Held {
  usedMs: number
  value: unknown
}

interface KeyState {
  value: Held | undefined
  list: Held[]
  map: Map<number, Held>
  sum: Held | undefined
  count: Held | undefined
  plain: boolean
}

const empty = (): KeyState => ({
  value: undefined,
  list: [],
  map: new Map(),
  sum: undefined,
  count: undefined,
  plain: false,
})

export class TtlModel {
  readonly #keys = new Map<string, KeyState>()
  readonly #ms: number
  readonly #bucketMs: number
  readonly #refreshes: boolean
  readonly #visible: boolean

  constructor({ ms, refresh, expired }: TtlOptions) {
    this.#ms = ms
    this.#bucketMs = Math.max(1, Math.ceil(ms / 16))
    this.#refreshes = refresh === 'read-and-write'
    this.#visible = expired === 'visible-until-cleaned'
  }

  /** What the call sees. */
  tell({ key, call, item = 0, entry = 0 }: Command, nowMs: number): unknown {
    const state = this.#keys.get(key) ?? empty()
    this.#keys.set(key, state)
    this.#clean(state, nowMs)
    const [kind, what] = call.split('.') as ['value' | 'list' | 'map' | 'sum' | 'count' | 'plain', string]
    const now = (value: unknown): Held => ({ usedMs: nowMs, value })
    switch (kind) {
      case 'value':
        if (what === 'read') return this.#read(state.value, nowMs)?.value ?? -1
        state.value = what === 'write' ? now(item) : undefined
        return undefined
      case 'sum':
      case 'count': {
        if (what === 'read') return this.#told(kind, this.#read(state[kind], nowMs))
        if (what === 'clear') state[kind] = undefined
        else state[kind] = now(added(kind, this.#seen(state[kind], nowMs), item))
        return undefined
      }
      case 'list':
        return this.#tellList(state, what, item, nowMs)
      case 'map':
        return this.#tellMap(state, what, { item, entry }, nowMs)
      case 'plain':
        state.plain = true
        return undefined
    }
  }

  /** The keys with something left. */
  left(nowMs: number): readonly string[] {
    const alive = (held: Held | undefined) => held !== undefined && held.usedMs + this.#ms > nowMs
    return [...this.#keys]
      .filter(
        ([, { value, list, map, sum, count, plain }]) =>
          [value, sum, count, ...list, ...map.values()].some(alive) || plain,
      )
      .map(([key]) => key)
      .sort()
  }

  #tellList(state: KeyState, what: string, item: number, nowMs: number): unknown {
    const now = (value: unknown): Held => ({ usedMs: nowMs, value })
    if (what === 'read') return state.list.flatMap((held) => this.#read(held, nowMs) ?? []).map(({ value }) => value)
    if (what === 'add') state.list.push(now(item))
    else if (what === 'addAll') state.list.push(now(item), now(item + 1))
    else state.list = what === 'clear' || item === 0 ? [] : [now(item)]
    return undefined
  }

  #tellMap({ map }: KeyState, what: string, { item, entry }: { item: number; entry: number }, nowMs: number): unknown {
    const seen = () => [...map].filter(([, held]) => this.#seen(held, nowMs) !== undefined)
    const read = () => [...map].filter(([, held]) => this.#read(held, nowMs) !== undefined)
    const calls: Readonly<Record<string, () => unknown>> = {
      read: () => this.#read(map.get(entry), nowMs)?.value,
      has: () => this.#read(map.get(entry), nowMs) !== undefined,
      entries: () =>
        read()
          .map(([key, { value }]) => [key, value])
          .sort(([a], [b]) => (a as number) - (b as number)),
      keys: () =>
        read()
          .map(([key]) => key)
          .sort(),
      values: () =>
        read()
          .map(([, { value }]) => value)
          .sort(),
      isEmpty: () => seen().length === 0,
      put: () => void map.set(entry, { usedMs: nowMs, value: item }),
      remove: () => void map.delete(entry),
      clear: () => map.clear(),
    }
    return calls[what]!()
  }

  #told(kind: 'sum' | 'count', held: Held | undefined): unknown {
    if (held === undefined) return undefined
    return kind === 'sum' ? held.value : String(held.value)
  }

  #seen(held: Held | undefined, nowMs: number): Held | undefined {
    return held !== undefined && (this.#visible || held.usedMs + this.#ms > nowMs) ? held : undefined
  }

  #read(held: Held | undefined, nowMs: number): Held | undefined {
    const seen = this.#seen(held, nowMs)
    if (seen !== undefined && this.#refreshes && seen.usedMs + this.#ms > nowMs) seen.usedMs = nowMs
    return seen
  }

  /** What has expired goes at the end of its bucket. */
  #clean(state: KeyState, nowMs: number): void {
    const stays = (held: Held) => Math.ceil((held.usedMs + this.#ms) / this.#bucketMs) * this.#bucketMs > nowMs
    const kept = (held: Held | undefined) => (held !== undefined && stays(held) ? held : undefined)
    state.value = kept(state.value)
    state.sum = kept(state.sum)
    state.count = kept(state.count)
    state.list = state.list.filter(stays)
    for (const [key, held] of [...state.map]) if (!stays(held)) state.map.delete(key)
  }
}

const added = (kind: 'sum' | 'count', before: Held | undefined, item: number): number => {
  if (before === undefined) return kind === 'sum' ? item : 1
  return (before.value as number) + (kind === 'sum' ? item : 1)
}
