/** Lists of facts, and of changes of timers, that steps tell at once, as numbers. */
import { Interner } from './interner.ts'
import { PairCache } from './pair-cache.ts'
import type { Message, Output } from './system.ts'

export class FactLists {
  readonly facts = new Interner<Message>('A fact')
  /** By list: its facts. */
  readonly lists: (readonly number[])[] = []
  readonly timerChanges: (readonly Output[])[] = []
  readonly #ids = new Map<string, number>()
  readonly #joined = new PairCache()
  readonly #timerIds = new Map<string, number>()

  id(facts: readonly Message[]): number {
    const list = facts.map((fact) => this.facts.id(fact))
    return named(this.#ids, this.lists, list.join(), list)
  }

  /** A list behind another. */
  joined(first: number, second: number): number {
    const known = this.#joined.get(first, second)
    if (known >= 0) return known
    const list = [...this.lists[first]!, ...this.lists[second]!]
    const id = named(this.#ids, this.lists, list.join(), list)
    this.#joined.set(first, second, id)
    return id
  }

  timerChange(outputs: readonly Output[]): number {
    return named(this.#timerIds, this.timerChanges, JSON.stringify(outputs), outputs)
  }
}

function named<Value>(ids: Map<string, number>, values: Value[], text: string, value: Value): number {
  const known = ids.get(text)
  if (known !== undefined) return known
  ids.set(text, values.length)
  values.push(value)
  return values.length - 1
}
