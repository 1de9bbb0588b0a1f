/**
 * The one caller of xstate besides the charts: (machine, snapshot, event) → next snapshot and effects, as plain data.
 *
 * It drives `machine.transition` over an actor scope of our own, so that nothing runs, nothing is scheduled and no
 * process-wide id is drawn: time, ids and delivery belong to the kernel. Timers come out as `timer.set` and `timer.clear`
 * under the name that the delay has in the chart, and come back as `timer.fired`. A later xstate is absorbed here.
 */
import type {
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  EventFromLogic,
  InputFrom,
  SnapshotFrom,
  StateValue,
} from 'xstate'
import { assert } from '../core/errors.ts'
import { edgeIdOf } from './chart-edges.ts'
import { stayingStep } from './staying-step.ts'
import { type TimerTable, timerTableOf } from './timer-table.ts'

/** Any effect, for code that does not know the protocol: a named action and its parameters. */
export interface AnyEffect {
  readonly type: string
  readonly params?: unknown
}

export interface Stepped<Snapshot, Effect> {
  readonly snapshot: Snapshot
  readonly effects: readonly Effect[]
}

export interface TimerFired {
  readonly type: 'timer.fired'
  readonly name: string
}

/** What of a snapshot is kept, printed, compared and written to disk: never xstate's own persisted form. */
export interface PlainState<Context = unknown> {
  readonly value: StateValue
  readonly context: Context
}

/**
 * Declares, in a chart's `setup`, an action that is an effect: it has a name and typed parameters and does nothing here.
 *
 * ```ts
 * setup({ actions: { putManifest: effect<{ checkpointId: CheckpointId }>() } })
 * ```
 */
export const effect =
  <Params = undefined>() =>
  (_args: unknown, _params: Params): void => {}

/**
 * The first snapshot of a machine and the effects of entering it. Give the effect union through the expected type:
 * `const first: Stepped<SnapshotFrom<typeof chart>, MyEffect> = start(chart, input)`. What the context factory or a
 * guard throws is thrown here.
 */
export function start<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect>(
  machine: M,
  ...input: undefined extends InputFrom<M> ? [input?: InputFrom<M>] : [input: InputFrom<M>]
): Stepped<SnapshotFrom<M>, Effect> {
  const timers = timerTableOf(machine)
  return collect(timers, undefined, () => {
    const snapshot = machine.getInitialSnapshot(scope, input[0])
    if (snapshot.status === 'error') throw snapshot.error
    return snapshot
  })
}

/**
 * The snapshot after `event` and the effects, in the order of the chart. An event that no state takes reaches the
 * root's `*`, if the chart has one; so does a `timer.fired` whose timer the current state has not set. A machine that
 * is done still hears events in this way.
 */
export function step<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect>(
  machine: M,
  snapshot: SnapshotFrom<M>,
  event: EventFromLogic<M> | TimerFired,
): Stepped<SnapshotFrom<M>, Effect> {
  const before: AnyMachineSnapshot = snapshot
  const incoming: AnyEventObject = event
  // A timer has another name inside; and whoever gathers transitions hears of them from xstate alone.
  if (taken === undefined && before.status === 'active' && incoming.type !== 'timer.fired') {
    const stayed = stayingStep(before, incoming)
    if (stayed !== undefined) return stayed as Stepped<SnapshotFrom<M>, Effect>
  }
  const timers = timerTableOf(machine)
  const fired = incoming.type === 'timer.fired' ? timers.eventOf(incoming, before) : undefined
  return collect(timers, fired === undefined ? undefined : incoming.name, () =>
    transition(machine, before, fired ?? incoming),
  )
}

/**
 * A step that also says which edges of the chart it took, as ids of `describeChart`, in order. For tests: slower.
 */
export function traceStep<M extends AnyStateMachine, Effect extends AnyEffect = AnyEffect>(
  machine: M,
  snapshot: SnapshotFrom<M>,
  event: EventFromLogic<M> | TimerFired,
): Stepped<SnapshotFrom<M>, Effect> & { readonly edges: readonly string[] } {
  const { result, transitions } = gatherTransitions(() => step<M, Effect>(machine, snapshot, event))
  return { ...result, edges: transitions.flatMap((transition) => edgeIdOf(machine, transition) ?? []) }
}

/**
 * The transitions, as objects of xstate for `edgeIdOf`, that all charts took which were started or stepped within `run`.
 */
export function gatherTransitions<Result>(run: () => Result): {
  readonly result: Result
  readonly transitions: readonly unknown[]
} {
  const outer = taken
  const mine: unknown[] = []
  taken = mine
  try {
    return { result: run(), transitions: mine }
  } finally {
    taken = outer
    outer?.push(...mine)
  }
}

export const plainState = <Context>(snapshot: {
  readonly value: StateValue
  readonly context: Context
}): PlainState<Context> => ({ value: snapshot.value, context: snapshot.context })

/** A live snapshot from our own form. Timers are not armed by this: step an event that leads to them. */
export function restoreState<M extends AnyStateMachine>(machine: M, state: PlainState): SnapshotFrom<M> {
  const { value, context } = state
  return machine.resolveState({ value, context } as Parameters<M['resolveState']>[0]) as SnapshotFrom<M>
}

function transition(machine: AnyStateMachine, before: AnyMachineSnapshot, event: AnyEventObject): AnyMachineSnapshot {
  if (before.status === 'active') return machine.transition(before, event, scope)
  // xstate would run the exit actions of a finished machine again on each event; shown as active, it does not.
  const shown = { ...before, status: 'active' } as unknown as AnyMachineSnapshot
  const next: AnyMachineSnapshot = machine.transition(shown, event, scope)
  if (next._nodes !== before._nodes) return next
  return next.context === before.context
    ? before
    : ({ ...next, status: before.status } as unknown as AnyMachineSnapshot)
}

/** What xstate hands to the scope's executor instead of running it. */
interface Resolved {
  readonly type: string
  readonly params?: unknown
}

let collecting: Resolved[] = []
/** Transitions of xstate, gathered only while a step is traced. */
let taken: unknown[] | undefined

function collect<Snapshot, Effect extends AnyEffect>(
  timers: TimerTable,
  firedName: string | undefined,
  run: () => unknown,
): Stepped<Snapshot, Effect> {
  const outer = collecting
  const mine: Resolved[] = []
  collecting = mine
  try {
    const snapshot = run() as Snapshot
    return { snapshot, effects: mine.length === 0 ? none : (translate(mine, timers, firedName) as Effect[]) }
  } finally {
    collecting = outer
  }
}

const none: readonly never[] = []

function translate(actions: readonly Resolved[], timers: TimerTable, firedName: string | undefined): AnyEffect[] {
  const effects: AnyEffect[] = []
  let spent = firedName
  for (const { type, params } of actions) {
    if (!type.startsWith('xstate.')) {
      effects.push(params === undefined ? { type } : { type, params })
      continue
    }
    if (type === 'xstate.raise') {
      const { delay, id, event } = params as { delay?: number; id?: string; event: AnyEventObject }
      if (delay === undefined) continue
      const name = timers.nameOf(id ?? event.type)
      assert(name !== undefined, `delayed raise of ${event.type} whose event is not written in the chart`)
      effects.push({ type: 'timer.set', params: { name, delayMs: delay } })
      continue
    }
    assert(type === 'xstate.cancel', `a chart used ${type}, which the kernel does not carry out`)
    const { sendId } = params as { sendId: string }
    const name = timers.nameOf(sendId) ?? sendId
    // Leaving a state because its timer fired: there is nothing left to clear.
    if (name === spent) spent = undefined
    else effects.push({ type: 'timer.clear', params: { name } })
  }
  return effects
}

const nothing = (): undefined => undefined

/** The parts of xstate's scope that a transition touches. All of them are inert but for the executor. */
const inert = {
  self: { id: 'machine', sessionId: 'machine', _parent: undefined, send: nothing, getSnapshot: nothing },
  id: 'machine',
  sessionId: 'machine',
  logger: nothing,
  defer: nothing,
  stopChild: nothing,
  emit: nothing,
  system: {
    _sendInspectionEvent(event: { readonly _transitions?: readonly unknown[] }) {
      if (event._transitions !== undefined) taken?.push(...event._transitions)
    },
    _relay: nothing,
    _set: nothing,
    _unregister: nothing,
    _bookId: () => 'machine',
    get: nothing,
    scheduler: { schedule: nothing, cancel: nothing, cancelAll: nothing },
  },
  actionExecutor: (action: Resolved): void => void collecting.push(action),
}
const scope = inert as unknown as AnyActorScope
