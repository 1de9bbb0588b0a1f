/** Makes the choices of a path again: the search keeps only which state each state was first reached from. */
import type { Choices } from './choices.ts'
import type { Found } from './found.ts'
import type { IntList } from './int-list.ts'
import { type Outcome, outcomesOf } from './outcomes.ts'
import type { StateTable } from './state-table.ts'
import type { StepRunner } from './step-runner.ts'
import type { Choice } from './system.ts'

/** A new start is the first choice of a path only where there are several. */
export const isFirstStart = (choice: Choice): boolean => choice === 'start'

export class PathFinder {
  readonly #runner: StepRunner
  readonly #choices: Choices
  readonly #states: StateTable
  readonly #parents: IntList

  constructor(runner: StepRunner, choices: Choices, states: StateTable, parents: IntList) {
    this.#runner = runner
    this.#choices = choices
    this.#states = states
    this.#parents = parents
  }

  /** The choices from a start to a state. */
  to(id: number): Choice[] {
    const path: Choice[] = []
    for (const state of this.#line(id)) {
      const wanted = this.#row(state)
      const outcome = this.#outcomes(this.#parents.at(state)).find(({ found, row }) => !found && isSame(row, wanted))
      if (outcome === undefined) throw new Error('a step could not be made again')
      path.push(outcome.choice)
    }
    return path[0] !== undefined && isFirstStart(path[0]) ? path.slice(1) : path
  }

  /** The choices to a state, and the one after it that broke something. -1: a start broke it. */
  toFailure(id: number, { property }: Found): Choice[] {
    const failed = this.#outcomes(id).find(({ found }) => found?.property === property)
    const last = failed === undefined || isFirstStart(failed.choice) ? [] : [failed.choice]
    return id < 0 ? last : [...this.to(id), ...last]
  }

  /** The states on the way to a state, itself last. */
  #line(id: number): number[] {
    const line: number[] = []
    for (let at = id; at >= 0; at = this.#parents.at(at)) line.unshift(at)
    return line
  }

  #row(id: number): Int32Array {
    const row = this.#runner.row.slice()
    this.#states.load(id, row)
    return row
  }

  #outcomes(id: number): Outcome[] {
    if (id < 0) {
      this.#runner.row.set(this.#runner.tables.initial())
      return outcomesOf(this.#runner, this.#choices, true)
    }
    this.#states.load(id, this.#runner.row)
    return outcomesOf(this.#runner, this.#choices)
  }
}

const isSame = (one: Int32Array, other: Int32Array): boolean => one.every((value, i) => value === other[i])
