/**
 * Which edges of which charts were taken, over any number of steps. Owns the counting only: whoever steps the charts
 * decides what to step. Edges are called as `describeChart` calls them, so a missing one is found in the generated table.
 */
import type { AnyStateMachine, EventFromLogic, InputFrom, SnapshotFrom } from 'xstate'
import { describeChart, edgeIdOf } from '../../machines/chart-edges.ts'
import { type AnyEffect, gatherTransitions, type Stepped, start, step, type TimerFired } from '../../machines/step.ts'

export interface ChartCoverageReport {
  readonly chart: string
  readonly edges: number
  readonly taken: number
  /** In the order of the chart. */
  readonly missing: readonly string[]
}

interface Entry {
  readonly chart: string
  readonly edges: Set<string>
  readonly taken: Set<string>
}

/**
 * Steps charts and remembers the edges that they took. Several machines may share a chart's name: their edges are one list.
 *
 * ```ts
 * const coverage = new ChartCoverage()
 * const { snapshot } = coverage.start('door', door)
 * coverage.step('door', door, snapshot, { type: 'open' })
 * console.log(coverage.report()) // [{ chart: 'door', edges: 4, taken: 1, missing: ['closed × lock', …] }]
 * ```
 */
export class ChartCoverage {
  readonly #entries = new Map<string, Entry>()
  readonly #machines = new Map<AnyStateMachine, Entry>()
  /** What a transition of xstate counts as; undefined for those of machines that were never declared. */
  readonly #known = new WeakMap<object, { readonly entry: Entry; readonly id: string }>()

  /** Makes the edges of a chart known, so that it is reported even if it is never stepped. */
  declare(chart: string, machine: AnyStateMachine): void {
    if (this.#machines.has(machine)) return
    const entry = this.#entries.get(chart) ?? { chart, edges: new Set<string>(), taken: new Set<string>() }
    this.#entries.set(chart, entry)
    this.#machines.set(machine, entry)
    for (const { id } of describeChart(machine).edges) entry.edges.add(id)
  }

  /** As `start`, noting the edges taken on entry. */
  start<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect>(
    chart: string,
    machine: M,
    ...input: undefined extends InputFrom<M> ? [input?: InputFrom<M>] : [input: InputFrom<M>]
  ): Stepped<SnapshotFrom<M>, Effect> {
    this.declare(chart, machine)
    return this.watch(() => start<M, Effect>(machine, ...input))
  }

  /** As `step`, noting the edges taken. */
  step<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect>(
    chart: string,
    machine: M,
    snapshot: SnapshotFrom<M>,
    event: EventFromLogic<M> | TimerFired,
  ): Stepped<SnapshotFrom<M>, Effect> {
    this.declare(chart, machine)
    return this.watch(() => step<M, Effect>(machine, snapshot, event))
  }

  /** Notes the edges that declared charts take within `run`, for logic that steps its charts itself. */
  watch<Result>(run: () => Result): Result {
    const { result, transitions } = gatherTransitions(run)
    for (const transition of transitions) this.#note(transition as object)
    return result
  }

  /** One line per chart, in the order of declaration. */
  report(): readonly ChartCoverageReport[] {
    return [...this.#entries.values()].map(({ chart, edges, taken }) => ({
      chart,
      edges: edges.size,
      taken: taken.size,
      missing: [...edges].filter((edge) => !taken.has(edge)),
    }))
  }

  #note(transition: object): void {
    let known = this.#known.get(transition)
    if (known === undefined) {
      for (const [machine, entry] of this.#machines) {
        const id = edgeIdOf(machine, transition)
        if (id !== undefined) known = { entry, id }
      }
      if (known === undefined) return
      this.#known.set(transition, known)
    }
    known.entry.taken.add(known.id)
  }
}
