/**
 * Carries out the operations of a step on one row of columns, and takes them back: every change is noted, so the row is
 * as before when a step has been tried. Each outcome (immediate sends may have several) is shown to `done`.
 */

import { limits } from '../../core/limits.ts'
import type { LinkedTurn } from './actor-table.ts'
import { Found } from './found.ts'
import { code, type Operations } from './operations.ts'
import type { SystemTables } from './system-tables.ts'

/** One turn that was taken, and the facts told; kept only while a `trail` is wanted. */
export type Footprint =
  | { readonly type: 'turn'; readonly turn: LinkedTurn; readonly input: number; readonly before: number }
  | { readonly type: 'begin' | 'restart'; readonly actor: number; readonly before: number }
  | { readonly type: 'facts'; readonly list: number }

/** Where to go on when an actor that was called has finished. */
interface Frame {
  readonly operations: Operations
  readonly at: number
  readonly then: Frame | undefined
  readonly depth: number
}

export class StepRunner {
  readonly tables: SystemTables
  readonly row: Int32Array
  /** Columns that were changed, in order; twice, if changed twice. */
  readonly changed: number[] = []
  trail: Footprint[] | undefined
  /** The row holds an outcome. */
  done: () => void = () => {}
  /** A step broke something. Without this, `Found` is thrown, and the row stays as it was left. */
  failed: ((found: Found) => void) | undefined
  readonly #previous: number[] = []
  /** The facts of the step so far, which observers are told at its end; -1: none. */
  #untold = -1
  readonly #conditions: number[] = []

  constructor(tables: SystemTables) {
    this.tables = tables
    this.row = tables.initial()
  }

  set(column: number, value: number): void {
    this.changed.push(column)
    this.#previous.push(this.row[column]!)
    this.row[column] = value
  }

  /** Takes one from a budget; false when nothing is left. */
  spend(budget: number): boolean {
    if (budget < 0) return false
    const { budgetColumn, budgets } = this.tables
    const next = budgets.spend(this.row[budgetColumn]!, budget)
    if (next < 0) return false
    this.set(budgetColumn, next)
    return true
  }

  /** Takes back every change but the first `length`. */
  undo(length: number): void {
    const { changed, row } = this
    const previous = this.#previous
    while (changed.length > length) row[changed.pop()!] = previous.pop()!
  }

  /** An actor takes each of its turns on an input in turn. What was changed before is kept. */
  take(actor: number, input: number): void {
    this.#untold = -1
    this.#call(actor, input, undefined)
  }

  run(operations: Operations): void {
    this.#untold = -1
    if (this.failed === undefined) this.#run(operations, 0, undefined)
    else this.#attempt(operations, undefined)
  }

  #attempt(operations: Operations, then: Frame | undefined): void {
    try {
      this.#run(operations, 0, then)
    } catch (thrown) {
      if (!(thrown instanceof Found)) throw thrown
      this.failed?.(thrown)
    }
  }

  #call(actor: number, input: number, then: Frame | undefined): void {
    const { row, tables } = this
    const before = row[actor]!
    const turns = tables.actors[actor]!.steps[before]![input] ?? this.#firstTurns(actor, before, input)
    const { length } = this.changed
    const footprints = this.trail?.length ?? 0
    const untold = this.#untold
    let isTaken = false
    for (let i = 0; i < turns.length; i++) {
      const turn = turns[i]!
      if (turn.spends >= 0 && !this.spend(turn.spends)) continue
      isTaken = true
      this.#untold = untold
      if (turn.situation !== before) this.set(actor, turn.situation)
      this.trail?.push({ type: 'turn', turn, input, before })
      if (this.failed === undefined) this.#run(turn.operations, 0, then)
      else this.#attempt(turn.operations, then)
      this.undo(length)
      if (this.trail !== undefined) this.trail.length = footprints
    }
    // A dead end: the step cannot be taken, but what was told on the way counts.
    if (!isTaken && untold >= 0) this.#tell(untold)
  }

  #run(operations: Operations, at: number, then: Frame | undefined): void {
    const { row, tables } = this
    for (;;) {
      if (at >= operations.length) {
        if (then === undefined) break
        ;({ operations, at, then } = then)
        continue
      }
      const one = operations[at + 1]!
      const two = operations[at + 2]!
      switch (operations[at]) {
        case code.push: {
          const channel = tables.channels[one]!
          this.set(channel.column, channel.push(row[channel.column]!, two))
          break
        }
        case code.facts:
          this.trail?.push({ type: 'facts', list: one })
          this.#untold = this.#untold < 0 ? one : tables.facts.joined(this.#untold, one)
          break
        case code.call: {
          const before = row[one]!
          const turns = tables.actors[one]!.steps[before]![two]
          const turn = turns?.length === 1 && this.failed === undefined ? turns[0]! : undefined
          // One turn, as most have: no need to come back here for another.
          if (turn !== undefined && turn.spends < 0) {
            if (turn.situation !== before) this.set(one, turn.situation)
            if (turn.operations.length === 0) break
            then = frame(tables, one, operations, at + 3, then)
            operations = turn.operations
            at = 0
            continue
          }
          this.#call(one, two, frame(tables, one, operations, at + 3, then))
          return
        }
        default:
          this.#change(operations[at]!, one, two)
      }
      at += 3
    }
    if (this.#untold >= 0) this.#tell(this.#untold)
    this.done()
  }

  /** The operations that are seldom. */
  #change(operation: number, one: number, two: number): void {
    const { row, tables } = this
    if (operation === code.timers) this.set(one, tables.actors[one]!.afterTimers(row[one]!, two))
    if (operation === code.begin) this.trail?.push({ type: 'begin', actor: one, before: row[one]! })
    if (operation === code.restart) {
      this.trail?.push({ type: 'restart', actor: one, before: row[one]! })
      this.set(one, two)
    }
    if (operation === code.lose) {
      for (const { column } of tables.faults[one]!.loses) if (row[column] !== 0) this.set(column, 0)
    }
  }

  #tell(list: number): void {
    const { row, tables } = this
    const first = tables.actors.length
    const { groups } = tables.observers
    const after = this.#conditions
    try {
      for (let i = 0; i < groups.length; i++) after[i] = groups[i]!.next(row[first + i]!, list)
    } catch (thrown) {
      if (!(thrown instanceof Found)) throw thrown
      throw tables.observers.objection([...row.subarray(first, first + groups.length)], list)
    }
    for (let i = 0; i < groups.length; i++) if (after[i] !== row[first + i]) this.set(first + i, after[i]!)
  }

  /** The turns of a step that is asked for the first time, which is when a model may throw. */
  #firstTurns(actor: number, situation: number, input: number): readonly LinkedTurn[] {
    try {
      return this.tables.actors[actor]!.step(situation, input)
    } catch (thrown) {
      if (this.failed === undefined || !(thrown instanceof Found)) throw thrown
      this.failed(thrown)
      return []
    }
  }
}

function frame(
  tables: SystemTables,
  actor: number,
  operations: Operations,
  at: number,
  then: Frame | undefined,
): Frame {
  const depth = (then?.depth ?? 0) + 1
  if (depth > limits.exploredCallsMax) {
    const { name } = tables.actors[actor]!
    throw new Found(
      'immediate sends end',
      `${name} is called in a chain of more than ${limits.exploredCallsMax} immediate sends`,
    )
  }
  return { operations, at, then, depth }
}
