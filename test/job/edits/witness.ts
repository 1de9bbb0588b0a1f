/** What the functions of a program last saw in their own state: nothing of how it is stored. */
import type { Key } from '../../../src/core/key-groups.ts'

export class Witness {
  /** `operator/state` → key → content. */
  readonly keyed = new Map<string, Map<Key, unknown>>()
  /** Operator → key → times, ascending. */
  readonly timers = new Map<string, Map<Key, readonly number[]>>()
  /** `operator/list` → subtask → items. */
  readonly lists = new Map<string, Map<number, readonly unknown[]>>()

  sawState(operator: string, state: string, key: Key, content: unknown): void {
    inner(this.keyed, `${operator}/${state}`).set(key, content)
  }

  sawTimer(operator: string, key: Key, atMs: number): void {
    const timers = inner(this.timers, operator)
    timers.set(
      key,
      [...new Set([...(timers.get(key) ?? []), atMs])].toSorted((a, b) => a - b),
    )
  }

  sawList(operator: string, list: string, subtask: number, items: readonly unknown[]): void {
    inner(this.lists, `${operator}/${list}`).set(subtask, items)
  }
}

function inner<K, V>(maps: Map<string, Map<K, V>>, name: string): Map<K, V> {
  const found = maps.get(name) ?? new Map<K, V>()
  maps.set(name, found)
  return found
}
