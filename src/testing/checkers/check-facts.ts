/** Checkers over one run: fact by fact as it goes, or over a list of all its facts. */
import { Violation } from '../explorer/system.ts'
import { checkers as all } from './all-checkers.ts'
import type { Checker } from './checker.ts'
import type { Fact } from './facts.ts'

export interface FactViolation {
  /** The id of the invariant, `S1` to `S18` or `L1` to `L7`. */
  readonly checker: string
  readonly message: string
  /** Place of the fact in the run, from 0; undefined: owed at the end. */
  readonly at: number | undefined
}

/**
 * Hears one run. A checker that was violated hears no more; the others go on. `memory` is what a checker remembers.
 *
 * @example
 * const run = new CheckerRun()
 * for (const fact of facts) run.tell(fact)
 * run.end() // every violation, in the order of the run
 */
export class CheckerRun {
  readonly #checkers: readonly Checker[]
  readonly #memories: unknown[]
  readonly #hearing = new Map<string, number[]>()
  readonly #violations: FactViolation[] = []
  #told = 0

  constructor(checkers: readonly Checker[] = all) {
    this.#checkers = checkers
    this.#memories = checkers.map(({ initial }) => initial)
    checkers.forEach(({ hears }, i) => {
      for (const type of hears) {
        const hearing = this.#hearing.get(type)
        if (hearing === undefined) this.#hearing.set(type, [i])
        else hearing.push(i)
      }
    })
  }

  /** Facts in the order in which they are so. */
  tell(fact: Fact): void {
    const at = this.#told++
    for (const i of this.#hearing.get(fact.type) ?? []) {
      const memory = this.#memories[i]
      if (memory instanceof Violation) continue
      const next = this.#checkers[i]!.next(memory, fact)
      this.#memories[i] = next
      if (next instanceof Violation)
        this.#violations.push({ checker: this.#checkers[i]!.name, message: next.message, at })
    }
  }

  /** Violations so far. */
  get violations(): readonly FactViolation[] {
    return this.#violations
  }

  /** What the checker of this name remembers, or the violation it ended with. */
  memory(name: string): unknown {
    return this.#memories[this.#checkers.findIndex((checker) => checker.name === name)]
  }

  /** Nothing more can happen: adds what is still owed, and gives all violations. */
  end(): readonly FactViolation[] {
    this.#checkers.forEach(({ name, atEnd }, i) => {
      const memory = this.#memories[i]
      const owed = memory instanceof Violation ? undefined : atEnd?.(memory)
      if (owed !== undefined) this.#violations.push({ checker: name, message: owed, at: undefined })
    })
    return this.#violations
  }
}

/**
 * Every violation of a run that is over, by `facts` in the order in which they were so.
 *
 * @example
 * expect(checkFacts(facts)).toEqual([])
 */
export function checkFacts(facts: Iterable<Fact>, checkers: readonly Checker[] = all): readonly FactViolation[] {
  const run = new CheckerRun(checkers)
  for (const fact of facts) run.tell(fact)
  return run.end()
}
