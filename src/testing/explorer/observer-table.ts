/**
 * The memories of the observers as numbers. Observers stand in groups of eight, and the memories of a group are one
 * number, so that a list of facts costs one look-up per group; it is told memory by memory, fact by fact, only when the
 * group has not heard this list in this condition lately.
 */
import { StreamError } from '../../core/errors.ts'
import type { FactLists } from './fact-lists.ts'
import { Found } from './found.ts'
import { Interner } from './interner.ts'
import { PairCache } from './pair-cache.ts'
import { type Message, type Observer, Violation } from './system.ts'
import { VectorTable } from './vector-table.ts'

const groupSize = 8

/** One observer. */
class MemoryTable {
  readonly observer: Observer
  readonly #memories: Interner
  /** By memory and heard fact: the memory then. */
  readonly #next: (number | undefined)[][] = []
  /** The facts it hears, under numbers of its own; and by fact: that number, or -1. */
  readonly #heard: Message[] = []
  readonly #numbers: (number | undefined)[] = []
  readonly #hears: ReadonlySet<string> | undefined

  constructor(observer: Observer) {
    this.observer = observer
    this.#memories = new Interner(`The memory of observer "${observer.name}"`)
    this.#hears = observer.hears === undefined ? undefined : new Set(observer.hears)
    this.id(observer.initial)
  }

  /** Its own number of a fact, or -1 if it does not hear it. */
  heard(factId: number, fact: Message): number {
    const known = this.#numbers[factId]
    if (known !== undefined) return known
    const hears = this.#hears?.has(fact.type) ?? true
    const number = hears ? this.#heard.push(fact) - 1 : -1
    this.#numbers[factId] = number
    return number
  }

  id(memory: unknown): number {
    const id = this.#memories.id(memory)
    this.#next[id] ??= []
    return id
  }

  memory(id: number): unknown {
    return this.#memories.values[id]
  }

  /** Throws `Found` when it objects. */
  next(id: number, heard: number): number {
    const known = this.#next[id]![heard]
    if (known !== undefined) return known
    const after = this.observer.next(this.memory(id), this.#heard[heard]!)
    if (after instanceof Violation) throw new Found(this.observer.name, after.message)
    const next = this.id(after)
    this.#next[id]![heard] = next
    return next
  }
}

export class ObserverTable {
  readonly groups: readonly ObserverGroup[]
  readonly #facts: FactLists
  readonly #memories: readonly MemoryTable[]

  constructor(observers: readonly Observer[], facts: FactLists) {
    this.#facts = facts
    this.#memories = observers.map((observer) => new MemoryTable(observer))
    const groups: ObserverGroup[] = []
    for (let i = 0; i < observers.length; i += groupSize) {
      groups.push(new ObserverGroup(this.#memories.slice(i, i + groupSize), facts))
    }
    this.groups = groups
  }

  /** The memory of observer `index`, when its group is in `condition`. */
  memory(index: number, condition: number): unknown {
    const id = this.groups[Math.floor(index / groupSize)]!.memories.at(condition, index % groupSize)
    return this.#memories[index]!.memory(id)
  }

  /**
   * The objection that comes first when these groups are told this list, for when one of them objects: the first fact
   * that anyone objects to, and the first who does.
   */
  objection(conditions: readonly number[], list: number): Found {
    const ids = this.#memories.map((_, i) =>
      this.groups[Math.floor(i / groupSize)]!.memories.at(conditions[Math.floor(i / groupSize)]!, i % groupSize),
    )
    for (const factId of this.#facts.lists[list]!) {
      const fact = this.#facts.facts.values[factId]!
      for (const [i, memory] of this.#memories.entries()) {
        const heard = memory.heard(factId, fact)
        if (heard < 0) continue
        try {
          ids[i] = memory.next(ids[i]!, heard)
        } catch (thrown) {
          if (thrown instanceof Found) return thrown
          throw thrown
        }
      }
    }
    throw new StreamError('BUG', 'This must not happen, please report it: no observer objects any more.')
  }
}

/** Up to eight observers. */
export class ObserverGroup {
  /** Its conditions: a memory of each. */
  readonly memories = new VectorTable(groupSize)
  readonly initial: number
  readonly #tables: readonly MemoryTable[]
  readonly #facts: FactLists
  readonly #cache = new PairCache()
  /** By list: who hears which of its facts, as pairs of an observer and its own number of the fact. */
  readonly #heard: (readonly number[] | undefined)[] = []
  readonly #scratch = new Int32Array(groupSize)
  /** By condition: what is still owed at the end, by whom. */
  readonly #owed: (Found | null | undefined)[] = []

  constructor(tables: readonly MemoryTable[], facts: FactLists) {
    this.#tables = tables
    this.#facts = facts
    this.initial = this.memories.intern(this.#scratch, 0)
  }

  /** The condition after a list of facts; throws `Found` when someone objects. */
  next(condition: number, list: number): number {
    const heard = this.#heard[list] ?? this.#listen(list)
    if (heard.length === 0) return condition
    const known = this.#cache.get(condition, list)
    if (known >= 0) return known
    const after = this.#tell(condition, heard)
    this.#cache.set(condition, list, after)
    return after
  }

  /** What is owed when nothing more can happen. */
  owed(condition: number): Found | undefined {
    let owed = this.#owed[condition]
    if (owed === undefined) {
      owed = null
      for (const [i, table] of this.#tables.entries()) {
        const what = table.observer.atEnd?.(table.memory(this.memories.at(condition, i)))
        if (what !== undefined) owed ??= new Found(table.observer.name, what)
      }
      this.#owed[condition] = owed
    }
    return owed ?? undefined
  }

  /** The condition with every memory replaced. */
  mapped(condition: number, map: (observer: string, memory: unknown) => unknown): number {
    const scratch = new Int32Array(groupSize)
    for (const [i, table] of this.#tables.entries()) {
      scratch[i] = table.id(map(table.observer.name, table.memory(this.memories.at(condition, i))))
    }
    return this.memories.intern(scratch, 0)
  }

  #listen(list: number): readonly number[] {
    const { facts, lists } = this.#facts
    const heard: number[] = []
    for (const [i, table] of this.#tables.entries()) {
      for (const factId of lists[list]!) {
        const number = table.heard(factId, facts.values[factId]!)
        if (number >= 0) heard.push(i, number)
      }
    }
    this.#heard[list] = heard
    return heard
  }

  #tell(condition: number, heard: readonly number[]): number {
    const scratch = this.#scratch
    const tables = this.#tables
    this.memories.read(condition, scratch, 0)
    for (let i = 0; i < heard.length; i += 2) {
      const observer = heard[i]!
      scratch[observer] = tables[observer]!.next(scratch[observer]!, heard[i + 1]!)
    }
    return this.memories.intern(scratch, 0)
  }
}
