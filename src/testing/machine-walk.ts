/** The exhaustive walk over every reachable state of a system, with invariants and coverage. */
import type { AnyEffect } from '../machines/step.ts'
import { CheckFailed, eventTitle, printRow, type System } from './machine-system.ts'

export interface Visit<State, Event, Effect> {
  readonly before: State
  readonly event: Event
  readonly after: State
  readonly effects: readonly Effect[]
}

/** Says what is wrong with a step, or nothing. Its function name is printed when it fails. */
export type Invariant<State, Event, Effect> = (visit: Visit<State, Event, Effect>) => string | undefined

export interface WalkLimits<State> {
  /** More states than this fail the walk: a bound that was hit proves nothing. Default 100,000. */
  readonly maxStates?: number
  /** States outside are checked but not walked on from; keeps endless systems small. */
  readonly within?: (state: State) => boolean
}

export interface WalkReport {
  readonly states: number
  readonly edges: number
  /** The longest of the shortest paths. */
  readonly depth: number
  /** Every state name reached. */
  readonly names: ReadonlySet<string>
  /** Every `<state> × <event>` that was tried. */
  readonly pairs: ReadonlySet<string>
  /** Every `<state> × <event> → <state>` that was seen. */
  readonly transitions: ReadonlySet<string>
  /** Types of all effects that were issued. */
  readonly effects: ReadonlySet<string>
}

/**
 * Visits every reachable state breadth first, tries every event of the alphabet in each, and checks every invariant on
 * every step. On failure throws `CheckFailed` with the shortest path to it, as rows for the table test.
 */
export function walk<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  system: System<State, Event, Effect>,
  alphabet: readonly Event[] | ((state: State) => readonly Event[]),
  invariants: readonly Invariant<State, Event, Effect>[],
  limits: WalkLimits<State> = {},
): WalkReport {
  const { maxStates = 100_000, within = () => true } = limits
  const eventsOf = typeof alphabet === 'function' ? alphabet : () => alphabet
  const found: Found<State, Event>[] = [{ state: system.initial.snapshot, from: -1, event: undefined, depth: 0 }]
  const known = new Set([system.key(system.initial.snapshot)])
  const report = { names: new Set<string>(), pairs: new Set<string>(), transitions: new Set<string>() }
  const effectTypes = new Set<string>(system.initial.effects.map((effect) => effect.type))
  let edges = 0
  for (let at = 0; at < found.length; at++) {
    const { state: before, depth } = found[at]!
    const name = system.name(before)
    report.names.add(name)
    if (!within(before)) continue
    for (const event of eventsOf(before)) {
      const { snapshot: after, effects } = system.step(before, event)
      edges++
      for (const effect of effects) effectTypes.add(effect.type)
      const pair = `${name} × ${eventTitle(event)}`
      report.pairs.add(pair)
      report.transitions.add(`${pair} → ${system.name(after)}`)
      for (const invariant of invariants) {
        const wrong = invariant({ before, event, after, effects })
        if (wrong === undefined) continue
        const path = [...pathTo(found, at), event]
        throw new CheckFailed(`${invariant.name}: ${wrong}\n${printPath(system, path)}`)
      }
      const key = system.key(after)
      if (known.has(key)) continue
      known.add(key)
      found.push({ state: after, from: at, event, depth: depth + 1 })
      if (found.length > maxStates) throw new CheckFailed(`More than ${maxStates} states: make the alphabet smaller.`)
    }
  }
  return { states: found.length, edges, depth: found.at(-1)!.depth, ...report, effects: effectTypes }
}

interface Found<State, Event> {
  readonly state: State
  readonly from: number
  readonly event: Event | undefined
  readonly depth: number
}

function pathTo<State, Event>(found: readonly Found<State, Event>[], at: number): Event[] {
  const events: Event[] = []
  for (let one = found[at]!; one.event !== undefined; one = found[one.from]!) events.unshift(one.event)
  return events
}

function printPath<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  system: System<State, Event, Effect>,
  path: readonly Event[],
): string {
  let state = system.initial.snapshot
  const lines = path.map((event) => {
    const given = system.name(state)
    const stepped = system.step(state, event)
    state = stepped.snapshot
    return `  ${printRow({ given, event, next: system.name(state), effects: stepped.effects })}`
  })
  return [`Shortest path, ${path.length} steps:`, ...lines].join('\n')
}
