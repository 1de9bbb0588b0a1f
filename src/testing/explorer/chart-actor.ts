/**
 * A chart as an actor of a system: named effects become sends, timers (`after`) become timers, and the state is
 * `{ value, context }`, so that equal states of the chart are one state of the system. Owns the translation only; what
 * the chart does is the chart's, and actors that are no chart implement `ActorModel` themselves.
 */
import type {
  AnyMachineSnapshot,
  AnyStateMachine,
  EventFromLogic,
  InputFrom,
  SnapshotFrom,
  StateMachine,
  StateValue,
} from 'xstate'
import { StreamError } from '../../core/errors.ts'
import { describeChart } from '../../machines/chart-edges.ts'
import { type AnyEffect, type PlainState, plainState, restoreState, type Stepped } from '../../machines/step.ts'
import { ChartCoverage } from './chart-coverage.ts'
import type { ActorModel, Message, Output, Turn } from './system.ts'

/** The actions that a chart declares in `setup`: name and parameters. */
// biome-ignore format: the parameters of StateMachine are positional, and only the fifth matters.
type ActionsOf<M> = M extends StateMachine<infer _C, infer _E, infer _K, infer _A, infer Action, infer _G, infer _D, infer _V, infer _T, infer _I, infer _O, infer _X, infer _M, infer _S, infer _N> ? Action : never

/** What a chart remembers, as properties and routes see it. */
export type ChartState<M extends AnyStateMachine> = PlainState<SnapshotFrom<M>['context']>

/**
 * What becomes of an effect. The name of an actor: it is sent there, as a message of the effect's type with the
 * effect's parameters as its fields. A function: what it returns is carried out.
 */
export type Route<Params, State> = string | ((params: Params, state: State) => Output | readonly Output[])

/** By effect; the effect `report` may be left out and is then ignored. */
export type Routes<M extends AnyStateMachine> = {
  readonly [Name in ActionsOf<M>['type']]?: Route<
    Extract<ActionsOf<M>, { readonly type: Name }>['params'],
    ChartState<M>
  >
}

export type ChartActorOptions<M extends AnyStateMachine> = {
  readonly routes: Routes<M>
  /** Notes which edges the chart takes, under `chart` or else the machine's id. */
  readonly coverage?: ChartCoverage
  readonly chart?: string
} & (undefined extends InputFrom<M> ? { readonly input?: InputFrom<M> } : { readonly input: InputFrom<M> })

/**
 * An xstate v5 chart, whose actions are named effects, as an actor that the explorer can move. Messages are its events.
 * Fails with `ARGUMENT_INVALID` for an effect without a route, a route without an effect, and a chart with history states.
 *
 * ```ts
 * const lamp = chartActor(lampMachine, { routes: { shine: 'room', log: () => [] } })
 * const report = explore({ name: 'a lamp', actors: { lamp, room } }, properties)
 * ```
 */
export function chartActor<M extends AnyStateMachine>(
  machine: M,
  options: ChartActorOptions<M>,
): ActorModel<ChartState<M>, EventFromLogic<M>> {
  const { coverage = new ChartCoverage(), chart = machine.id } = options
  const routes: LooseRoutes = new Map(Object.entries(options.routes))
  check(machine, chart, routes)
  coverage.declare(chart, machine)
  // Restoring costs more than stepping, and the explorer gives the same object for the same state.
  const snapshots = new WeakMap<object, AnyMachineSnapshot>()
  const turn = ({ snapshot, effects }: Stepped<AnyMachineSnapshot, AnyEffect>): Turn<PlainState> => {
    const state = plainState(snapshot)
    return { state, outputs: effects.flatMap((effect) => outputsOf(chart, routes, effect, state)) }
  }
  const starting = coverage.start as (
    chart: string,
    machine: M,
    input: unknown,
  ) => Stepped<AnyMachineSnapshot, AnyEffect>
  const actor: ActorModel<PlainState, EventFromLogic<M>> = {
    start: turn(starting.call(coverage, chart, machine, options.input)),
    receive(state, message) {
      let snapshot = snapshots.get(state)
      if (snapshot === undefined) {
        snapshot = restoreState(machine, state)
        snapshots.set(state, snapshot as AnyMachineSnapshot)
      }
      return turn(coverage.step(chart, machine, snapshot as SnapshotFrom<M>, message))
    },
  }
  return actor as ActorModel<ChartState<M>, EventFromLogic<M>>
}

type LooseRoutes = ReadonlyMap<string, Route<unknown, PlainState> | undefined>

function outputsOf(chart: string, routes: LooseRoutes, effect: AnyEffect, state: PlainState): readonly Output[] {
  const { type, params } = effect
  if (type === 'timer.set' || type === 'timer.clear') return [{ type, name: (params as { name: string }).name }]
  const route = routes.get(type)
  if (route === undefined) {
    if (type === 'report') return []
    throw unrouted(chart, type)
  }
  if (typeof route === 'string')
    return [{ type: 'send', to: route, message: { type, ...(params as object) } as Message }]
  const outputs = route(params, state)
  return Array.isArray(outputs) ? outputs : [outputs as Output]
}

const unrouted = (chart: string, effect: string): StreamError =>
  new StreamError(
    'ARGUMENT_INVALID',
    `The chart "${chart}" has the effect "${effect}", which has no route: expected the name of an actor or a function under routes.${effect}; () => [] ignores it.`,
  )

function check(machine: AnyStateMachine, chart: string, routes: LooseRoutes): void {
  const { states, edges } = describeChart(machine)
  const history = states.find(({ type }) => type === 'history')
  if (history !== undefined) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `The chart "${chart}" has the history state "${history.path}": expected a chart whose value and context are its whole state.`,
    )
  }
  const actions = [
    ...states.flatMap(({ entry, exit }) => [...entry, ...exit]),
    ...edges.flatMap((edge) => edge.actions),
  ]
  const used = actions
    .filter(({ name, kind }) => kind === 'effect' && isPlainEffect(machine, name))
    .map(({ name }) => name)
  for (const name of used) if (name !== 'report' && routes.get(name) === undefined) throw unrouted(chart, name)
  const declared = Object.keys(machine.implementations.actions).filter((name) => isPlainEffect(machine, name))
  const names = new Set([...declared, ...used])
  for (const [name] of routes) {
    if (names.has(name)) continue
    throw new StreamError(
      'ARGUMENT_INVALID',
      `The chart "${chart}" has no effect "${name}", which routes names; it has ${[...names].sort().join(', ')}.`,
    )
  }
}

/** Builtins such as `enqueueActions` are carried out by xstate, and only what they enqueue comes out. */
function isPlainEffect(machine: AnyStateMachine, name: string): boolean {
  const implementation = machine.implementations.actions[name] as { readonly type?: string } | undefined
  return !(implementation?.type ?? name).startsWith('xstate.')
}

/** Is the chart in this state, dotted from the root? For properties: `isIn(payment, 'paying.card')`. */
export function isIn(state: PlainState, path: string): boolean {
  let value: StateValue | undefined = state.value
  for (const name of path.split('.')) {
    if (typeof value === 'string') {
      if (value !== name) return false
      value = undefined
    } else {
      if (value === undefined || !(name in value)) return false
      value = value[name]
    }
  }
  return true
}
