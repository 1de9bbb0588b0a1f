/**
 * Who gets which items of state that belongs to no key: pure over what the old subtasks reported, no bytes are read.
 *
 * At another parallelism the items of a `split` list are put in a row, in the order of the old subtasks, and cut into as many runs as
 * there are new subtasks, whose lengths differ by one at most; the longer runs of the next list begin where those of this one
 * ended, so that many short lists do not all go to the first subtasks. At the same parallelism an item stays where it was.
 * Everybody gets a `union` whole, and one copy of a `broadcast`. The same rule as Flink's, item by item.
 * Tests: test/deployment/operator-state-shares.test.ts.
 */
import type { ItemRange } from '../actors/subtask-descriptor.ts'
import type { OperatorItemsFacts, OperatorStateMode } from '../core/operator-state.ts'

/** The lists that one old subtask reported; undefined when it had nothing to say. */
export type OperatorStateReport = readonly OperatorItemsFacts[] | undefined

/** What one new subtask takes of one old one. */
export interface OperatorStateShare {
  /** The old subtask. */
  readonly subtask: number
  /** Left out when it is everything. */
  readonly take?: readonly ItemRange[]
}

interface List {
  readonly mode: OperatorStateMode
  /** In the order of the old subtasks. */
  readonly parts: { readonly subtask: number; readonly items: number }[]
}

/**
 * The shares of each new subtask, in the order of the old ones. At another parallelism every subtask has one, if only of no
 * items, as long as one reported something; at the same one those that reported nothing may have none.
 */
export function operatorStateShares(
  reports: readonly OperatorStateReport[],
  parallelism: number,
): readonly (readonly OperatorStateShare[])[] {
  const shares = new Shares(reports, parallelism)
  const unchanged = parallelism === reports.length
  let start = 0
  for (const [name, { mode, parts }] of listsOf(reports)) {
    if (mode === 'union') shares.giveToAll(name, parts)
    else if (mode === 'broadcast') shares.giveCopies(name, parts, unchanged)
    else if (unchanged) shares.leave(name, parts)
    else {
      shares.deal(name, parts, start)
      start = (start + itemsOf(parts)) % parallelism
    }
  }
  return shares.all()
}

class Shares {
  readonly #reports: readonly OperatorStateReport[]
  /** Of each new subtask: old subtask → what it takes of it. */
  readonly #takes: readonly Map<number, ItemRange[]>[]

  constructor(reports: readonly OperatorStateReport[], parallelism: number) {
    this.#reports = reports
    this.#takes = Array.from({ length: parallelism }, () => new Map())
  }

  giveToAll(name: string, parts: List['parts']): void {
    for (let index = 0; index < this.#takes.length; index++) {
      for (const { subtask, items } of parts) this.#give(index, subtask, { name, from: 0, to: items })
    }
  }

  giveCopies(name: string, parts: List['parts'], unchanged: boolean): void {
    for (let index = 0; index < this.#takes.length; index++) {
      const own = unchanged ? parts.find(({ subtask }) => subtask === index) : undefined
      const { subtask, items } = own ?? parts[index % parts.length]!
      this.#give(index, subtask, { name, from: 0, to: items })
    }
  }

  leave(name: string, parts: List['parts']): void {
    for (const { subtask, items } of parts) this.#give(subtask, subtask, { name, from: 0, to: items })
  }

  deal(name: string, parts: List['parts'], start: number): void {
    const parallelism = this.#takes.length
    const total = itemsOf(parts)
    let part = 0
    let from = 0
    for (let turn = 0; turn < parallelism; turn++) {
      let wanted = Math.floor(total / parallelism) + (turn < total % parallelism ? 1 : 0)
      while (wanted > 0) {
        const { subtask, items } = parts[part]!
        const to = Math.min(items, from + wanted)
        this.#give((start + turn) % parallelism, subtask, { name, from, to })
        wanted -= to - from
        from = to
        if (to < items) continue
        part++
        from = 0
      }
    }
  }

  all(): readonly (readonly OperatorStateShare[])[] {
    const first = this.#reports.findIndex((report) => report !== undefined)
    if (first < 0) return this.#takes.map(() => [])
    return this.#takes.map((takes, index) => {
      if (takes.size > 0) return [...takes].toSorted(([a], [b]) => a - b).map(([from, take]) => this.#share(from, take))
      // Nothing is its own, which is not the same as a beginning: a source without splits must not look for its first ones.
      const subtask = this.#reports.length === this.#takes.length ? index : first
      const report = this.#reports[subtask]
      return report === undefined ? [] : [{ subtask, take: report.map(({ name }) => ({ name, from: 0, to: 0 })) }]
    })
  }

  #give(index: number, subtask: number, range: ItemRange): void {
    if (range.to === range.from) return
    const ranges = this.#takes[index]!.get(subtask)
    if (ranges === undefined) this.#takes[index]!.set(subtask, [range])
    else ranges.push(range)
  }

  #share(subtask: number, take: readonly ItemRange[]): OperatorStateShare {
    const taken = (list: string, items: number) =>
      items === 0 || take.some(({ name, from, to }) => name === list && from === 0 && to === items)
    return this.#reports[subtask]!.every(({ name, items }) => taken(name, items)) ? { subtask } : { subtask, take }
  }
}

/** By name, in the order in which the names first come. */
function listsOf(reports: readonly OperatorStateReport[]): ReadonlyMap<string, List> {
  const lists = new Map<string, List>()
  for (const [subtask, report] of reports.entries()) {
    for (const { name, mode, items } of report ?? []) {
      const list = lists.get(name) ?? { mode, parts: [] }
      list.parts.push({ subtask, items })
      lists.set(name, list)
    }
  }
  return lists
}

const itemsOf = (parts: List['parts']): number => parts.reduce((sum, { items }) => sum + items, 0)
