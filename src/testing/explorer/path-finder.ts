/** Makes the choices of a path again: the search keeps only which state each state was first reached from. */
import { assert, StreamError } from '../../core/errors.ts'
import type { Choices } from './choices.ts'
import type { Found } from './found.ts'
import type { IntList } from './int-list.ts'
import { type Outcome, outcomesOf } from './outcomes.ts'
import type { StateTable } from './state-table.ts'
import type { StepRunner } from './step-runner.ts'
import type { SymmetryTable } from './symmetry-table.ts'
import type { Choice } from './system.ts'

export class PathFinder {
  readonly #runner: StepRunner
  readonly #choices: Choices
  readonly #states: StateTable
  readonly #parents: IntList
  readonly #symmetries: SymmetryTable | undefined

  constructor(
    runner: StepRunner,
    choices: Choices,
    states: StateTable,
    parents: IntList,
    symmetries: SymmetryTable | undefined,
  ) {
    this.#runner = runner
    this.#choices = choices
    this.#states = states
    this.#parents = parents
    this.#symmetries = symmetries
  }

  /**
   * The choices from a start to a state. Where states are stored with names swapped, to one of those that it stands for:
   * one that is `wanted`, if such a path is found.
   */
  to(id: number, wanted: (row: Int32Array) => boolean): Choice[] {
    let first: Choice[] | undefined
    for (let swap = -1; swap < (this.#symmetries?.count ?? 0); swap++) {
      const path = this.#follow(id, swap)
      if (path === undefined) continue
      if (wanted(path.row)) return withoutStart(path.choices)
      first ??= path.choices
    }
    return withoutStart(first ?? [])
  }

  /** The choices to a state, and the one after it that broke something. -1: a start broke it. */
  toFailure(id: number, { property }: Found): Choice[] {
    const path = id < 0 ? { choices: [], row: this.#runner.tables.initial() } : this.#follow(id, -1)
    assert(path !== undefined, 'a path without swapping exists')
    const failures = this.#outcomes(path.row, id < 0).filter(({ found }) => found !== undefined)
    const failed = failures.find(({ found }) => found?.property === property) ?? failures[0]
    return withoutStart([...path.choices, ...(failed === undefined ? [] : [failed.choice])])
  }

  /**
   * Follows the line of states that leads to `id`. What is stored may have its names swapped; `back` holds the swaps
   * that lead from the stored state to the one that the path is really in, so that one can be made from the other. With a
   * `swap`, the path with these names swapped throughout, if the starts allow for that.
   */
  #follow(id: number, swap: number): { readonly choices: Choice[]; readonly row: Int32Array } | undefined {
    const choices: Choice[] = []
    let back: readonly number[] = swap < 0 ? [] : [swap]
    let stored = -1
    let real = this.#runner.tables.initial()
    for (const state of this.#line(id)) {
      const isStart = stored < 0
      const row = this.#row(state)
      const step = this.#outcomes(isStart ? real : this.#row(stored), isStart).find((outcome) =>
        leadsTo(outcome, row, this.#symmetries),
      )
      assert(step !== undefined, 'a step that was made can be made again')
      const after = this.#mapped(step.row, back)
      const choice = this.#outcomes(real, isStart).find(({ found, row: made }) => !found && isSame(made, after))
      if (choice === undefined && isStart) return undefined
      if (choice === undefined) throw notSymmetric(this.#runner.tables.model.name, step.choice)
      choices.push(choice.choice)
      back = [...[...(this.#symmetries?.smallest(step.row).swaps ?? [])].reverse(), ...back]
      stored = state
      real = after
    }
    return { choices, row: real }
  }

  #mapped(row: Int32Array, swaps: readonly number[]): Int32Array {
    return swaps.reduce((mapped, swap) => this.#symmetries!.image(mapped, swap), row)
  }

  /** The states on the way to a state, itself last. */
  #line(id: number): number[] {
    const line: number[] = []
    for (let at = id; at >= 0; at = this.#parents.at(at)) line.push(at)
    return line.reverse()
  }

  #row(id: number): Int32Array {
    const row = new Int32Array(this.#runner.row.length)
    this.#states.load(id, row)
    return row
  }

  #outcomes(row: Int32Array, starts: boolean): Outcome[] {
    this.#runner.row.set(row)
    return outcomesOf(this.#runner, this.#choices, starts)
  }
}

const leadsTo = ({ found, row }: Outcome, wanted: Int32Array, symmetries: SymmetryTable | undefined): boolean =>
  found === undefined && isSame(symmetries?.smallest(row).row ?? row, wanted)

const isSame = (one: Int32Array, other: Int32Array): boolean => one.every((value, i) => value === other[i])

/** Carrying out the starts is no choice where it has one outcome. */
const withoutStart = (choices: readonly Choice[]): Choice[] =>
  choices[0] === 'start' ? choices.slice(1) : [...choices]

const notSymmetric = (system: string, choice: Choice): StreamError =>
  new StreamError(
    'ARGUMENT_INVALID',
    `The symmetries of system "${system}" do not hold: "${choice}" has no counterpart when the names are swapped.`,
    { details: { system, choice } },
  )
