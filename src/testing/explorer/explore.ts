/**
 * The exhaustive search, breadth first: every state once, so the first violation found has a shortest path. Everything
 * that takes time is looked up (see `actor-table.ts`, `observer-table.ts`); this file is the loop, the limits and the
 * verdict.
 */
import { realClock } from '../../core/clock.ts'
import { Choices } from './choices.ts'
import { Found } from './found.ts'
import { IntList } from './int-list.ts'
import { PathFinder } from './path-finder.ts'
import { PropertyTable } from './property-table.ts'
import { StateTable } from './state-table.ts'
import { StepRunner } from './step-runner.ts'
import type { Counterexample, ExploreLimits, ExploreReport, Property, SystemModel } from './system.ts'
import { SystemTables } from './system-tables.ts'

/** How many states are looked at between two looks at the clock. */
const statesPerLook = 256
const statesDefault = 10_000_000

/**
 * Visits every state that `system` can reach, in every order of deliveries, timers and faults, and checks what must
 * hold. Throws `ARGUMENT_INVALID` when the model names an actor that does not exist, or keeps a state that is not plain.
 *
 * ```ts
 * const report = explore(system, [{ kind: 'always', name: 'never negative', of: ['account'], holds: (a) => a.sum >= 0 }])
 * if (report.verdict !== 'holds') console.log(report.violation)
 * ```
 */
export function explore(
  system: SystemModel,
  properties: readonly Property[],
  limits: ExploreLimits = {},
): ExploreReport {
  return new Search(system, properties, limits).run()
}

class Search {
  readonly #system: SystemModel
  readonly #limits: ExploreLimits
  readonly #tables: SystemTables
  readonly #runner: StepRunner
  readonly #choices: Choices
  readonly #properties: PropertyTable
  readonly #states: StateTable
  readonly #parents = new IntList()
  readonly #sometimes: readonly string[]
  #columns: number
  /** The state that is looked at; -1: the starts. */
  #at = -1
  #depth = 0
  /** The depth of the newest state. */
  #deepest = 0
  #transitions = 0
  #terminals = 0
  #isIncomplete = false
  /** The state that is being checked; undefined while steps are taken. */
  #checked: number | undefined

  constructor(system: SystemModel, properties: readonly Property[], limits: ExploreLimits) {
    this.#system = system
    this.#limits = limits
    this.#tables = new SystemTables(system)
    this.#runner = new StepRunner(this.#tables)
    this.#choices = new Choices(this.#runner)
    this.#properties = new PropertyTable(properties, this.#tables)
    this.#columns = this.#tables.columns
    this.#states = new StateTable(this.#columns)
    this.#sometimes = properties.filter(({ kind }) => kind === 'sometimes').map(({ name }) => name)
  }

  run(): ExploreReport {
    const { clock = realClock } = this.#limits
    const begin = clock.monotonicMs()
    const seconds = () => (clock.monotonicMs() - begin) / 1_000
    let violation: Counterexample | undefined
    try {
      this.#runner.done = () => this.#add()
      this.#choices.tryStart()
      this.#transitions = 0
      this.#expandAll(seconds)
    } catch (thrown) {
      if (!(thrown instanceof Found)) throw thrown
      violation = this.#counterexample(thrown)
    }
    return this.#report(violation, seconds())
  }

  #expandAll(seconds: () => number): void {
    const { maxDepth = Infinity, maxSeconds = Infinity, maxStates = statesDefault, onProgress } = this.#limits
    const states = this.#states
    let levelEnd = states.count
    for (this.#at = 0; this.#at < states.count; this.#at++) {
      if (this.#at === levelEnd) {
        levelEnd = states.count
        this.#depth++
      }
      this.#isIncomplete = this.#depth >= maxDepth || states.count >= maxStates
      if (this.#at % statesPerLook === 0) {
        const past = seconds()
        this.#isIncomplete ||= past > maxSeconds
        onProgress?.({ states: states.count, open: states.count - this.#at, depth: this.#depth, seconds: past })
      }
      if (this.#isIncomplete) return
      this.#expand()
    }
  }

  #expand(): void {
    const before = this.#transitions
    this.#states.load(this.#at, this.#runner.row)
    this.#choices.tryAll()
    if (this.#transitions > before) return
    this.#terminals++
    this.#checked = this.#at
    this.#properties.checkEnd(this.#runner.row)
    const { actors, observers } = this.#tables
    for (const [i, group] of observers.groups.entries()) {
      const owed = group.owed(this.#runner.row[actors.length + i]!)
      if (owed !== undefined) throw owed
    }
    this.#checked = undefined
  }

  /** The runner's row is a successor. */
  #add(): void {
    const { changed, row } = this.#runner
    const states = this.#states
    if (this.#tables.columns > this.#columns) {
      this.#columns = this.#tables.columns
      states.widen(this.#columns)
    }
    this.#transitions++
    const { count } = states
    const isStart = this.#at < 0
    const id = isStart ? states.internAll(row) : states.intern(row, changed)
    if (id < count) return
    this.#parents.push(this.#at)
    this.#deepest = isStart ? 0 : this.#depth + 1
    this.#checked = id
    this.#properties.check(row, this.#deepest, isStart ? undefined : changed)
    this.#checked = undefined
  }

  #counterexample(found: Found): Counterexample {
    this.#runner.undo(0)
    const paths = new PathFinder(this.#runner, this.#choices, this.#states, this.#parents)
    const path = this.#checked === undefined ? paths.toFailure(this.#at, found) : paths.to(this.#checked)
    return { property: found.property, message: found.message, path }
  }

  #report(violation: Counterexample | undefined, seconds: number): ExploreReport {
    const sometimes = Object.fromEntries(this.#sometimes.map((name) => [name, this.#properties.reached.get(name)]))
    const isVacuous = Object.values(sometimes).includes(undefined)
    const unless = this.#isIncomplete ? 'incomplete' : isVacuous ? 'vacuous' : 'holds'
    const states = this.#states.count
    return {
      verdict: violation === undefined ? unless : 'violated',
      system: this.#system.name,
      states,
      transitions: this.#transitions,
      depth: this.#deepest,
      terminals: this.#terminals,
      seconds,
      bytesPerState: Math.ceil((this.#states.bytes + this.#parents.bytes) / Math.max(1, states)),
      sometimes,
      violation,
    }
  }
}
