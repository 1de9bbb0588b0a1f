/**
 * What is kept of one simulated run: how many facts of each type, what checkers object to, and one hash per step of a
 * machine.
 */
import type { StepSeen } from '../../actors/tap.ts'
import { CheckerRun } from '../checkers/check-facts.ts'
import type { Checker } from '../checkers/checker.ts'
import type { Fact } from '../checkers/facts.ts'
import { textHash } from './text-hash.ts'

/** Something that a run must not do, and who noticed. */
export interface RunProblem {
  /** The id of a checker (`S1` to `L7`), or `output`, `crash`, `end`, `restore` (the job cannot be resumed), `determinism`. */
  readonly checker: string
  readonly message: string
}

export class RunJournal {
  readonly facts = new Map<Fact['type'], number>()
  /** One per step of a machine: over who, what, and everything that followed from it, and over those before. */
  readonly hashes: number[] = []
  /** What each step was, by the same index, if it is kept. */
  readonly steps: string[] | undefined
  readonly #own: RunProblem[] = []
  readonly #checkers: CheckerRun
  readonly #trace: ((fact: Fact) => void) | undefined

  constructor(checkers: readonly Checker[], keep: { readonly trace?: (fact: Fact) => void; readonly steps?: boolean }) {
    this.#checkers = new CheckerRun(checkers)
    this.#trace = keep.trace
    this.steps = keep.steps === true ? [] : undefined
  }

  get failed(): boolean {
    return this.#own.length > 0 || this.#checkers.violations.length > 0
  }

  /** Is all that is wrong so far that the job does not end? Then what is owed says why. */
  get isEndless(): boolean {
    return (
      this.#own.length > 0 && this.#own.every(({ checker }) => checker === 'end') && !this.#checkers.violations.length
    )
  }

  get problems(): readonly RunProblem[] {
    return [...this.#checkers.violations.map(({ checker, message }) => ({ checker, message })), ...this.#own]
  }

  readonly tell = (fact: Fact): void => {
    this.facts.set(fact.type, (this.facts.get(fact.type) ?? 0) + 1)
    this.#trace?.(fact)
    this.#checkers.tell(fact)
  }

  problem(checker: string, message: string): void {
    this.#own.push({ checker, message })
  }

  /** Nothing more happens: adds what is still owed. */
  end(): void {
    this.#checkers.end()
  }

  step({ address, attempt, event, to, effects, snapshot }: StepSeen): void {
    const text = JSON.stringify([address, attempt, event, to, contextOf(snapshot), effects])
    this.hashes.push(textHash(text, this.hashes.at(-1)))
    this.steps?.push(text)
  }
}

/** The data of a snapshot, without xstate's own bookkeeping. */
function contextOf(snapshot: unknown): unknown {
  const { context, main, pending } = snapshot as {
    context?: unknown
    main?: { context: unknown }
    pending?: readonly { snapshot: { context: unknown } }[]
  }
  return main === undefined ? context : [main.context, pending?.map((one) => one.snapshot.context)]
}
