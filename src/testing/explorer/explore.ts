/**
 * The exhaustive search, breadth first: every state once, so the first violation found has a shortest path. Everything
 * that takes time is looked up (see `actor-table.ts`, `observer-table.ts`); this file is the loop, the limits and the
 * verdict.
 */
import { realClock } from '../../core/clock.ts'
import { checkArguments } from './checked-arguments.ts'
import { Choices } from './choices.ts'
import { commutingChoice } from './commuting-choice.ts'
import { Found } from './found.ts'
import { IntList } from './int-list.ts'
import { EdgeList, firstTrapped } from './livelock.ts'
import { PathFinder } from './path-finder.ts'
import { PropertyTable } from './property-table.ts'
import { StateTable } from './state-table.ts'
import { StepRunner } from './step-runner.ts'
import { SymmetryTable } from './symmetry-table.ts'
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
  readonly #symmetries: SymmetryTable | undefined
  /** Kept for livelocks only: every transition, and the states in which nothing more can happen. */
  readonly #edges: EdgeList | undefined
  readonly #ends: IntList | undefined
  /** The state that is looked at; -1: the starts. */
  #at = -1
  #depth = 0
  /** The depth of the newest state. */
  #deepest = 0
  /** The newest successor of the state that is looked at. */
  #furthest = -1
  #transitions = 0
  #terminals = 0
  #isIncomplete = false
  /** The state that is being checked; undefined while steps are taken. */
  #checked: number | undefined

  constructor(system: SystemModel, properties: readonly Property[], limits: ExploreLimits) {
    checkArguments(system, properties, limits)
    this.#system = system
    this.#limits = limits
    this.#tables = new SystemTables(system)
    this.#tables.widened = (columns) => this.#states.widen(columns)
    this.#runner = new StepRunner(this.#tables)
    this.#choices = new Choices(this.#runner)
    this.#properties = new PropertyTable(properties, this.#tables)
    this.#states = new StateTable(this.#tables.columns)
    if ((system.symmetries ?? []).length > 0) this.#symmetries = new SymmetryTable(this.#tables)
    if (limits.livelocks) this.#edges = new EdgeList()
    if (limits.livelocks) this.#ends = new IntList()
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
      if (!this.#isIncomplete) this.#checkLivelocks()
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
    this.#tryChoices()
    if (this.#transitions > before) return
    this.#terminals++
    this.#ends?.push(this.#at)
    this.#checked = this.#at
    this.#properties.checkEnd(this.#runner.row)
    this.#tables.checkOwed(this.#runner.row)
    this.#checked = undefined
  }

  /** Tries the choices of the loaded state: one that commutes with the others and leads on, or all. */
  #tryChoices(): void {
    const one = this.#system.commutes === undefined ? undefined : commutingChoice(this.#tables, this.#runner.row)
    if (one !== undefined) {
      this.#furthest = -1
      if (one.channel !== undefined) this.#choices.tryDelivery(one.channel)
      else this.#choices.tryTimer(one.actor, one.input)
      // Not if it only leads back: the other choices would be put off for ever.
      if (this.#furthest > this.#at) return
    }
    this.#choices.tryAll(one)
  }

  /** The runner's row is a successor. */
  #add(): void {
    const { changed, row } = this.#runner
    const states = this.#states
    this.#transitions++
    const { count } = states
    const isStart = this.#at < 0
    const symmetries = this.#symmetries
    let id: number
    if (symmetries !== undefined) id = states.internAll(symmetries.smallest(row).row)
    else id = isStart ? states.internAll(row) : states.intern(row, changed)
    if (id > this.#furthest) this.#furthest = id
    if (!isStart) this.#edges?.push(this.#at, id)
    if (id < count) return
    this.#parents.push(this.#at)
    this.#deepest = isStart ? 0 : this.#depth + 1
    this.#checked = id
    this.#properties.check(row, this.#deepest, isStart || symmetries !== undefined ? undefined : changed)
    symmetries?.forEachImage(row, (image) => this.#properties.check(image, this.#deepest, undefined))
    this.#checked = undefined
  }

  #checkLivelocks(): void {
    if (this.#edges === undefined || this.#ends === undefined) return
    const trapped = firstTrapped(this.#states.count, this.#edges, this.#ends)
    if (trapped === undefined) return
    this.#checked = trapped
    throw new Found('an end can be reached', 'whatever happens from here, it never ends')
  }

  #counterexample(found: Found): Counterexample {
    this.#runner.undo(0)
    const paths = new PathFinder(this.#runner, this.#choices, this.#states, this.#parents, this.#symmetries)
    const path =
      this.#checked === undefined
        ? paths.toFailure(this.#at, found)
        : paths.to(this.#checked, (row) => this.#properties.breaks(found.property, row))
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
      bytesPerState: Math.ceil(
        (this.#states.bytes + this.#parents.bytes + (this.#edges?.bytes ?? 0)) / Math.max(1, states),
      ),
      sometimes,
      violation,
    }
  }
}
