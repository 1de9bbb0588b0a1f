/**
 * A *system*: an initial state and a pure step. One chart, several composed ones, and a broken copy of either all have
 * this shape, so that tables and walks check them with the same code. Also how states, events and steps are printed.
 */
import type { AnyStateMachine, EventFromLogic, InputFrom, SnapshotFrom, StateValue } from 'xstate'
import { describeChart } from '../machines/chart-edges.ts'
import { type AnyEffect, type PlainState, plainState, type Stepped, start, step, traceStep } from '../machines/step.ts'
import { canonical } from './canonical.ts'

export interface System<State, Event extends { readonly type: string }, Effect extends AnyEffect> {
  readonly initial: Stepped<State, Effect>
  step(state: State, event: Event): Stepped<State, Effect>
  /** Equal for equal states, different for different ones. */
  key(state: State): string
  /** The state's name for people: coverage and rows use it. */
  name(state: State): string
  /** The ids of all edges, and those that a step takes, if the system is a chart. */
  readonly edges?: readonly string[]
  edgesOf?(state: State, event: Event): readonly string[]
}

/** A check failed. The message says what, and how to get there. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed'
}

/**
 * A chart as a system.
 *
 * ```ts
 * const system = machineSystem(doorMachine, { locked: false })
 * walk(system, [{ type: 'open' }, { type: 'close' }], [])
 * ```
 */
export function machineSystem<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect>(
  machine: M,
  ...input: undefined extends InputFrom<M> ? [input?: InputFrom<M>] : [input: InputFrom<M>]
): System<SnapshotFrom<M>, EventFromLogic<M>, Effect> {
  return {
    initial: start<M, Effect>(machine, ...input),
    step: (snapshot, event) => step<M, Effect>(machine, snapshot, event),
    key: memoised((snapshot) => canonical(plainState(snapshot as PlainState))),
    name: (snapshot) => stateName((snapshot as PlainState).value),
    edges: describeChart(machine).edges.map((edge) => edge.id),
    edgesOf: (snapshot, event) => traceStep(machine, snapshot, event).edges,
  }
}

/** Remembers the text of a value as long as the value lives. Most steps leave most of a state as it was. */
export function memoised<State>(text: (state: State) => string): (state: State) => string {
  const texts = new WeakMap<object, string>()
  return (state) => {
    if (typeof state !== 'object' || state === null) return text(state)
    let known = texts.get(state)
    if (known === undefined) {
      known = text(state)
      texts.set(state, known)
    }
    return known
  }
}

/** A state value of xstate as a dotted path; regions of a parallel state are joined by ` & `. */
export function stateName(value: StateValue): string {
  if (typeof value === 'string') return value
  return Object.entries(value)
    .map(([key, below]) => {
      const name = below === undefined ? '' : stateName(below)
      return name === '' ? key : `${key}.${name}`
    })
    .join(' & ')
}

/** One line of a machine's table. */
export interface Row<Event extends { readonly type: string }> {
  /** A key of the table's `givens`. */
  readonly given: string
  readonly event: Event
  /** What makes this row differ from the one above, for its title. */
  readonly condition?: string
  /** The name of the state reached. */
  readonly next: string
  /** In order: an effect's type, or its type with (some of) its parameters. */
  readonly effects: readonly (string | { readonly type: string; readonly params?: unknown })[]
}

/** The name of an event in titles and coverage: a timer by its own name. */
export const eventTitle = (event: { readonly type: string; readonly name?: unknown }): string =>
  event.type === 'timer.fired' ? `timer ${String(event.name)}` : event.type

/** A row as a line of TypeScript, to be pasted into a table. */
export const printRow = ({ given, event, next, effects }: Row<{ readonly type: string }>): string =>
  `{ given: ${quote(given)}, event: ${printValue(event)}, next: ${quote(next)}, effects: ${printValue(effects)} },`

const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`

/** A plain value as TypeScript source in one line. */
function printValue(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${value.map(printValue).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).map(
    ([key, field]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key)}: ${printValue(field)}`,
  )
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}
