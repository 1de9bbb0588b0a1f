/**
 * Between a chart's own checks and `xstate/graph`: events that it can traverse, with timers under the names that xstate
 * gives them, and its paths repeated through the step that the runtime uses. Imports nothing of `xstate/graph`.
 */
import type { AnyEventObject, AnyStateMachine, EventFromLogic, SnapshotFrom } from 'xstate'
import { describeChart } from '../machines/chart-edges.ts'
import type { PlainState, TimerFired } from '../machines/step.ts'
import { timerTableOf } from '../machines/timer-table.ts'
import { CheckFailed, eventTitle, type System } from './machine-system.ts'

/** What a test can give a chart: its events, and its timers going off. */
export type TestEvent<M extends AnyStateMachine> = EventFromLogic<M> | TimerFired

/**
 * A path as `getShortestPaths`, `getSimplePaths`, `getPathsFromEvents` and the methods of `createTestModel` return it; each
 * `state` is a snapshot of the machine.
 */
export interface GraphPath {
  readonly steps: readonly { readonly event: { readonly type: string }; readonly state: object }[]
}

/**
 * Every event that the chart names, without payload, each timer, and one stranger where there is a `*`. An alphabet for
 * charts whose events carry nothing; add those that do.
 *
 * ```ts
 * testMachine(door, { alphabet: [...bareEvents(door), { type: 'knock', times: 2 }] })
 * ```
 */
export function bareEvents<M extends AnyStateMachine>(machine: M): readonly TestEvent<M>[] {
  const events = new Map<string, AnyEventObject>()
  for (const { event } of describeChart(machine).edges) {
    if (event === 'always') continue
    events.set(
      event,
      event.startsWith('timer ')
        ? { type: 'timer.fired', name: event.slice('timer '.length) }
        : { type: event.replace('*', 'unheard-of') },
    )
  }
  return [...events.values()] as unknown as readonly TestEvent<M>[]
}

/**
 * The option `events` of `xstate/graph` for an alphabet: the same events, with a timer that the current state has set as
 * the event that xstate fires for it; a timer that is not set is left out.
 *
 * ```ts
 * const paths = getShortestPaths(door, { events: graphEvents(door, bareEvents(door)) })
 * testMachine(door, { paths })
 * ```
 */
export function graphEvents<M extends AnyStateMachine>(
  machine: M,
  alphabet: readonly TestEvent<M>[],
): (snapshot: SnapshotFrom<M>) => readonly EventFromLogic<M>[] {
  const timers = timerTableOf(machine)
  return (snapshot) =>
    alphabet.flatMap((event) => {
      if ((event as AnyEventObject).type !== 'timer.fired') return [event as EventFromLogic<M>]
      const fired = timers.eventOf(event, snapshot)
      return fired === undefined ? [] : [{ type: fired.type } as EventFromLogic<M>]
    })
}

/** A path's name for people. */
export const pathTitle = (machine: AnyStateMachine, path: GraphPath): string =>
  eventsOf(machine, path).map(eventTitle).join(', ') || 'the start'

/** Repeats a path, and compares value and context after each step with what the path says. */
export function replayPath<M extends AnyStateMachine>(
  machine: M,
  system: System<SnapshotFrom<M>, TestEvent<M>, { readonly type: string }>,
  path: GraphPath,
): void {
  let state = system.initial.snapshot
  path.steps.forEach(({ event, state: said }, i) => {
    const mine = translated(machine, event)
    if (mine !== undefined) state = system.step(state, mine as TestEvent<M>).snapshot
    if (system.key(state) === system.key(said as SnapshotFrom<M>)) return
    throw new CheckFailed(
      `The path says that step ${i} (${mine === undefined ? 'the start' : eventTitle(mine)}) leads to\n  ${show(said)}\nIt leads to\n  ${show(state)}`,
    )
  })
}

const eventsOf = (machine: AnyStateMachine, path: GraphPath) =>
  path.steps.flatMap(({ event }) => translated(machine, event) ?? [])

/** An event of a path as ours: a timer by its name; nothing for the step that stands for the start. */
function translated(machine: AnyStateMachine, event: { readonly type: string }): { readonly type: string } | undefined {
  if (event.type === 'xstate.init') return undefined
  const name = event.type.startsWith('xstate.after.') ? timerTableOf(machine).nameOf(event.type) : undefined
  return name === undefined ? event : ({ type: 'timer.fired', name } as { readonly type: string })
}

function show(state: object): string {
  const { value, context } = state as PlainState
  return JSON.stringify({ value, context })
}
