/** What is left of each budget, as one number for all of them. */
export class BudgetTable {
  readonly names: readonly string[]
  readonly #left: number[][]
  readonly #ids = new Map<string, number>()
  /** By id, then by budget: the id when one is taken; -1: nothing is left. */
  readonly #spent: (number | undefined)[][] = [[]]

  constructor(budgets: Readonly<Record<string, number>>) {
    this.names = Object.keys(budgets)
    this.#left = [Object.values(budgets)]
    this.#ids.set(this.#left[0]!.join(), 0)
  }

  /** -1: there is no such budget, so there is nothing left of it. */
  index(name: string): number {
    return this.names.indexOf(name)
  }

  left(id: number, budget: number): number {
    return this.#left[id]![budget]!
  }

  /** The id when one of `budget` is taken, or -1 if nothing is left of it. */
  spend(id: number, budget: number): number {
    return this.#spent[id]![budget] ?? this.#take(id, budget)
  }

  #take(id: number, budget: number): number {
    const left = [...this.#left[id]!]
    const rest = left[budget]! - 1
    let next = -1
    if (rest >= 0) {
      left[budget] = rest
      const text = left.join()
      next = this.#ids.get(text) ?? this.#left.length
      if (next === this.#left.length) {
        this.#ids.set(text, next)
        this.#left.push(left)
        this.#spent.push([])
      }
    }
    this.#spent[id]![budget] = next
    return next
  }
}
