/**
 * Walks in which invariants may speak of the past: a *monitor* watches events and effects with a small memory of its own
 * and says what is wrong. Each monitor is walked alone, so that its memory multiplies the states as little as possible,
 * and all of them share the machine's steps.
 */
import type { AnyEffect, Stepped } from '../../src/machines/step.ts'
import { type Invariant, type System, type WalkReport, walk } from '../../src/testing/machine-harness.ts'

export interface Monitor<Memory, Event, Effect> {
  readonly name: string
  /** A plain value; its fields are always written in the same order, since states are told apart by its JSON. */
  readonly start: Memory
  /** The memory after one step, or what is wrong with it. */
  watch(memory: Memory, event: Event, effects: readonly Effect[], state: string): Memory | Wrong
}

export class Wrong {
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}

/** Any monitor, whatever it remembers. */
export type AnyMonitor<Event, Effect> = Monitor<unknown, Event, Effect>

export const monitor = <Memory, Event, Effect>(
  name: string,
  start: Memory,
  watch: (memory: Memory, event: Event, effects: readonly Effect[], state: string) => Memory | Wrong,
): AnyMonitor<Event, Effect> => ({
  name,
  start,
  watch: (memory, event, effects, state) => watch(memory as Memory, event, effects, state),
})

/** The same system with one object per state and every step computed once. Events are told apart as objects. */
export function remembered<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  system: System<State, Event, Effect>,
): System<State, Event, Effect> {
  const states = new Map<string, State>()
  const steps = new Map<State, Map<Event, Stepped<State, Effect>>>()
  const intern = (state: State): State => {
    const key = system.key(state)
    const known = states.get(key) ?? state
    states.set(key, known)
    return known
  }
  return {
    ...system,
    initial: { ...system.initial, snapshot: intern(system.initial.snapshot) },
    step: (state, event) => {
      const done = steps.get(state) ?? new Map<Event, Stepped<State, Effect>>()
      steps.set(state, done)
      let stepped = done.get(event)
      if (stepped === undefined) {
        const { snapshot, effects } = system.step(state, event)
        stepped = { snapshot: intern(snapshot), effects }
        done.set(event, stepped)
      }
      return stepped
    },
  }
}

interface Watched<State> {
  readonly state: State
  readonly memory: unknown
}

function watched<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  system: System<State, Event, Effect>,
  { start, watch }: AnyMonitor<Event, Effect>,
): System<Watched<State>, Event, Effect> {
  const numbers = new Map<State, number>()
  const numberOf = (state: State): number => {
    const known = numbers.get(state) ?? numbers.size
    numbers.set(state, known)
    return known
  }
  return {
    initial: { snapshot: { state: system.initial.snapshot, memory: start }, effects: system.initial.effects },
    step: ({ state, memory }, event) => {
      const { snapshot, effects } = system.step(state, event)
      return { snapshot: { state: snapshot, memory: watch(memory, event, effects, system.name(snapshot)) }, effects }
    },
    key: ({ state, memory }) => `${numberOf(state)} ${JSON.stringify(memory)}`,
    name: ({ state }) => system.name(state),
  }
}

export interface MonitoredReport extends WalkReport {
  /** The edges of the chart that the walk took. */
  readonly edgesTaken: ReadonlySet<string>
}

/**
 * Walks the system once for coverage (no event may be silent: some edge must take it) and once with each monitor.
 * Fails with the shortest path to what is wrong.
 */
export function monitoredWalk<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  plain: System<State, Event, Effect>,
  alphabet: readonly Event[],
  monitors: readonly AnyMonitor<Event, Effect>[],
): MonitoredReport {
  const system = remembered(plain)
  const edgesTaken = new Set<string>()
  const everyEventIsHandled: Invariant<State, Event, Effect> = ({ before, event }) => {
    const edges = system.edgesOf?.(before, event) ?? []
    for (const edge of edges) edgesTaken.add(edge)
    return edges.length === 0 ? 'no edge takes this event' : undefined
  }
  const report = walk(system, alphabet, [everyEventIsHandled])
  walkMonitors(system, alphabet, monitors)
  return { ...report, edgesTaken }
}

/** The walks with the monitors alone. */
export function walkMonitors<State, Event extends { readonly type: string }, Effect extends AnyEffect>(
  plain: System<State, Event, Effect>,
  alphabet: readonly Event[],
  monitors: readonly AnyMonitor<Event, Effect>[],
): void {
  const system = remembered(plain)
  for (const one of monitors) {
    const holds: Invariant<Watched<State>, Event, Effect> = ({ after }) =>
      after.memory instanceof Wrong ? after.memory.what : undefined
    Object.defineProperty(holds, 'name', { value: one.name })
    walk(watched(system, one), alphabet, [holds])
  }
}
