/**
 * The process functions with a broadcast side: every subtask gets all of its records and keeps the same state of them, which the
 * other side, keyed or not, may only read.
 *
 * Owns who may write. The state itself is operator state of mode `broadcast`, and the loop is that of all process functions
 * (`callback-operator.ts`). Tests: test/operators/broadcast-process.test.ts.
 */
import { CallbackOperator, type Callbacks, keepsState } from './callback-operator.ts'
import type { CallbackContext, KeyedProcessContext, ProcessContext } from './keyed-context.ts'
import type { OperatorFactory } from './operator.ts'
import type { BroadcastState, OperatorStateDeclaration, OperatorStateHandles } from './operator-state-declarations.ts'
import { declaredBy, refuseKeyedParts } from './process.ts'
import type { StateDeclarations, StateHandles } from './state-descriptors.ts'

/** Declarations by `broadcastState`, by name. */
export type BroadcastStateDeclarations = Readonly<
  Record<string, OperatorStateDeclaration<BroadcastState<unknown, unknown>>>
>

/** Broadcast state where it may not be changed. */
export type ReadOnlyBroadcastState<K, V> = Pick<
  BroadcastState<K, V>,
  'get' | 'has' | 'entries' | 'keys' | 'values' | 'isEmpty'
>

export type ReadOnlyBroadcastStates<Broadcast extends BroadcastStateDeclarations> = {
  readonly [Name in keyof Broadcast]: Broadcast[Name] extends OperatorStateDeclaration<BroadcastState<infer K, infer V>>
    ? ReadOnlyBroadcastState<K, V>
    : never
}

/** Of the side that reads. */
export interface BroadcastReadContext<Out, Broadcast extends BroadcastStateDeclarations>
  extends Omit<ProcessContext<Out>, 'operatorState'> {
  readonly broadcastState: ReadOnlyBroadcastStates<Broadcast>
}

export interface KeyedBroadcastReadContext<
  K,
  Out,
  States extends StateDeclarations,
  Broadcast extends BroadcastStateDeclarations,
> extends Omit<KeyedProcessContext<K, Out, States>, 'operatorState'> {
  readonly broadcastState: ReadOnlyBroadcastStates<Broadcast>
}

/** Of the broadcast side, which writes. It has no key, so neither keyed state nor timers. */
export interface BroadcastWriteContext<Out, Broadcast extends BroadcastStateDeclarations>
  extends Omit<ProcessContext<Out>, 'operatorState'> {
  readonly broadcastState: OperatorStateHandles<Broadcast>
}

export interface KeyedBroadcastWriteContext<
  K,
  Out,
  States extends StateDeclarations,
  Broadcast extends BroadcastStateDeclarations,
> extends BroadcastWriteContext<Out, Broadcast> {
  /**
   * Calls `fn` for every key of this subtask that has this state, in no particular order. It may change the state, and emit with
   * `ctx.emit`. All of it happens before the next record.
   */
  applyToKeyedState<Name extends keyof States>(
    name: Name,
    fn: (key: K, state: StateHandles<States>[Name]) => void,
  ): void
}

export interface BroadcastProcessDefinition<In, Rule, Out, Broadcast extends BroadcastStateDeclarations> {
  open?(ctx: BroadcastReadContext<Out, Broadcast>): void
  element(value: In, ctx: BroadcastReadContext<Out, Broadcast>): void
  /**
   * Every subtask is called for every record of the broadcast side and must change the broadcast state in the same way: not
   * by the time, a random number, the subtask or the order of records from different senders.
   */
  broadcastElement(value: Rule, ctx: BroadcastWriteContext<Out, Broadcast>): void
  endOfData?(ctx: BroadcastReadContext<Out, Broadcast>): void
}

export interface KeyedBroadcastProcessDefinition<
  In,
  Rule,
  K,
  Out,
  States extends StateDeclarations,
  Broadcast extends BroadcastStateDeclarations,
> {
  readonly state?: States
  /** Called once per instance, under no key: keyed state and timers are out of reach. */
  open?(ctx: KeyedBroadcastReadContext<K, Out, States, Broadcast>): void
  element(value: In, ctx: KeyedBroadcastReadContext<K, Out, States, Broadcast>): void
  /** The same for every subtask, as without keys. */
  broadcastElement(value: Rule, ctx: KeyedBroadcastWriteContext<K, Out, States, Broadcast>): void
  timer?(timestamp: number, ctx: KeyedBroadcastReadContext<K, Out, States, Broadcast>): void
  /** As in a keyed process function. */
  endOfKey?(ctx: KeyedBroadcastReadContext<K, Out, States, Broadcast>): void
  endOfData?(ctx: KeyedBroadcastReadContext<K, Out, States, Broadcast>): void
}

/**
 * Calls `element` for each record and `broadcastElement` for each of the broadcast side. A throw fails the job with
 * `USER_FUNCTION_FAILED`, a change of broadcast state in another callback with `STATE_ACCESS_INVALID`.
 *
 * @example
 * const allowed = broadcastProcessOperator({ words: broadcastState<string, boolean>() }, {
 *   element: (word: string, ctx) => ctx.broadcastState.words.has(word) && ctx.emit(word),
 *   broadcastElement: (word: string, ctx) => ctx.broadcastState.words.put(word, true),
 * })
 */
export function broadcastProcessOperator<In, Rule, Out, Broadcast extends BroadcastStateDeclarations>(
  broadcast: Broadcast,
  definition: BroadcastProcessDefinition<In, Rule, Out, Broadcast>,
): OperatorFactory {
  refuseKeyedParts('broadcast process', definition)
  return factoryOf('broadcast-process', false, broadcast, definition as unknown as AnyDefinition)
}

/**
 * The same over a keyed stream, with the state and timers of its key in `element`.
 *
 * @example
 * const alarms = keyedBroadcastProcessOperator({ limits: broadcastState<string, number>() }, {
 *   state: { sum: valueState(0) },
 *   element(amount: number, ctx) {
 *     ctx.state.sum.update(ctx.state.sum.value() + amount)
 *     if (ctx.state.sum.value() > (ctx.broadcastState.limits.get('sum') ?? 0)) ctx.emit(ctx.key)
 *   },
 *   broadcastElement: (limit: number, ctx) => ctx.broadcastState.limits.put('sum', limit),
 * })
 */
export const keyedBroadcastProcessOperator = <
  In,
  Rule,
  K,
  Out,
  States extends StateDeclarations,
  Broadcast extends BroadcastStateDeclarations,
>(
  broadcast: Broadcast,
  definition: KeyedBroadcastProcessDefinition<In, Rule, K, Out, States, Broadcast>,
): OperatorFactory => factoryOf('keyed-broadcast-process', true, broadcast, definition as unknown as AnyDefinition)

/** As the operator sees it, whose one context is that of both sides. */
interface AnyDefinition extends Partial<Pick<Callbacks, 'state' | 'open' | 'timer' | 'endOfKey' | 'endOfData'>> {
  element(value: unknown, ctx: CallbackContext): unknown
  broadcastElement(value: unknown, ctx: CallbackContext): unknown
}

function factoryOf(
  kind: string,
  keyed: boolean,
  broadcast: BroadcastStateDeclarations,
  definition: AnyDefinition,
): OperatorFactory {
  const callbacks = callbacksOf(broadcast, definition)
  return {
    kind,
    stateful: keepsState(callbacks),
    operatorStates: callbacks.operatorState,
    ...(keyed && declaredBy(callbacks)),
    inputCount: 2,
    chaining: 'always',
    keyed,
    broadcastInput: true,
    create: () => new CallbackOperator(callbacks, keyed),
  }
}

const callbacksOf = (broadcast: BroadcastStateDeclarations, definition: AnyDefinition): Callbacks => ({
  state: definition.state ?? {},
  operatorState: broadcast,
  broadcastInput: true,
  open(ctx) {
    ctx.mayWrite = false
    return definition.open?.(ctx)
  },
  elements: [
    definition.element.bind(definition),
    (value, ctx) => {
      ctx.mayWrite = true
      try {
        return definition.broadcastElement(value, ctx)
      } finally {
        ctx.mayWrite = false
      }
    },
  ],
  timer: definition.timer?.bind(definition),
  endOfKey: definition.endOfKey?.bind(definition),
  endOfData: definition.endOfData?.bind(definition),
})
