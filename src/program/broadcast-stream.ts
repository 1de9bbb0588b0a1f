/** A stream that every subtask of its reader gets, with the state that it keeps of it, and the pair of such a stream with another one. */
import { StreamError } from '../core/errors.ts'
import {
  type BroadcastProcessDefinition,
  type BroadcastStateDeclarations,
  broadcastProcessOperator,
  type KeyedBroadcastProcessDefinition,
  keyedBroadcastProcessOperator,
} from '../operators/broadcast-process.ts'
import type { StateDeclarations } from '../operators/state-descriptors.ts'
import type { NoStates } from './keyed-stream.ts'
import { checkDefinition, kindOf, type ProgramBuilder, partitioned, type Upstream } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'

/** A process function with a broadcast side, and the type of what it emits. */
export interface BroadcastProcessFunction<In, Rule, Out, Broadcast extends BroadcastStateDeclarations>
  extends BroadcastProcessDefinition<In, Rule, Out, Broadcast> {
  /** Only for the compiler, never read: what `ctx.emit` takes. */
  readonly output?: Out
}

/** The same with state and timers for each key. */
export interface KeyedBroadcastProcessFunction<
  In,
  Rule,
  K,
  Out,
  States extends StateDeclarations,
  Broadcast extends BroadcastStateDeclarations,
> extends KeyedBroadcastProcessDefinition<In, Rule, K, Out, States, Broadcast> {
  /** Only for the compiler, never read: what `ctx.emit` takes. */
  readonly output?: Out
}

/** What `broadcast(states)` gives: only good for being connected to. */
export class BroadcastStream<T, Broadcast extends BroadcastStateDeclarations> {
  readonly builder: ProgramBuilder
  readonly upstreams: readonly Upstream[]
  readonly states: Broadcast
  /** Only for the compiler. */
  declare readonly element?: T

  /** Fails with `ARGUMENT_INVALID` when a state is not declared by `broadcastState`. */
  constructor(builder: ProgramBuilder, upstreams: readonly Upstream[], states: Broadcast) {
    checkStates(states)
    this.builder = builder
    this.upstreams = partitioned(upstreams, { type: 'broadcast' })
    this.states = states
  }
}

export class BroadcastConnectedStream<A, B, Broadcast extends BroadcastStateDeclarations> {
  readonly #upstreams: readonly Upstream[]
  readonly #broadcast: BroadcastStream<B, Broadcast>

  constructor(upstreams: readonly Upstream[], broadcast: BroadcastStream<B, Broadcast>) {
    this.#upstreams = upstreams
    this.#broadcast = broadcast
  }

  /**
   * Calls `element` for each record, which may read the broadcast state, and `broadcastElement` in every subtask for each of the
   * broadcast side, which may change it. Fails with `STATE_ACCESS_INVALID` when keyed state or a timer is declared.
   *
   * @example
   * words.connect(bans.broadcast({ banned: broadcastState<string, boolean>() })).process({
   *   output: '' as string,
   *   element: (word, ctx) => ctx.broadcastState.banned.has(word) || ctx.emit(word),
   *   broadcastElement: (word, ctx) => ctx.broadcastState.banned.put(word, true),
   * }).uid('clean')
   */
  process<Out = unknown>(definition: BroadcastProcessFunction<A, B, Out, Broadcast>): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'element', 'broadcastElement')
    const { builder, states, upstreams } = this.#broadcast
    return builder.apply<Out>(broadcastProcessOperator(states, definition), this.#upstreams, upstreams)
  }
}

export class KeyedBroadcastConnectedStream<A, B, K, Broadcast extends BroadcastStateDeclarations> {
  readonly #upstreams: readonly Upstream[]
  readonly #broadcast: BroadcastStream<B, Broadcast>

  constructor(upstreams: readonly Upstream[], broadcast: BroadcastStream<B, Broadcast>) {
    this.#upstreams = upstreams
    this.#broadcast = broadcast
  }

  /**
   * The same with the state and timers of its key in `element`; `broadcastElement` has no key, but can change a state of all keys with
   * `ctx.applyToKeyedState`.
   *
   * @example
   * orders.keyBy((order) => order.customer).connect(limits.broadcast({ limits: broadcastState<string, number>() })).process({
   *   output: '' as string,
   *   state: { sum: valueState(0) },
   *   element(order, ctx) {
   *     ctx.state.sum.update(ctx.state.sum.value() + order.cents)
   *     if (ctx.state.sum.value() > (ctx.broadcastState.limits.get('sum') ?? Infinity)) ctx.emit(ctx.key)
   *   },
   *   broadcastElement: (limit, ctx) => ctx.broadcastState.limits.put('sum', limit),
   * }).uid('over the limit')
   */
  process<Out = unknown, States extends StateDeclarations = NoStates>(
    definition: KeyedBroadcastProcessFunction<A, B, K, Out, States, Broadcast>,
  ): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'element', 'broadcastElement')
    const { builder, states, upstreams } = this.#broadcast
    return builder.apply<Out>(keyedBroadcastProcessOperator(states, definition), this.#upstreams, upstreams)
  }
}

function checkStates(states: BroadcastStateDeclarations): void {
  if (typeof states !== 'object' || states === null) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `broadcast was given ${kindOf(states)}: expected an object of broadcast states.`,
    )
  }
  for (const [name, state] of Object.entries(states)) {
    if ((state as { mode?: unknown } | undefined)?.mode === 'broadcast') continue
    throw new StreamError(
      'ARGUMENT_INVALID',
      `broadcast was given a state "${name}" that is not the same for all subtasks: expected one declared by broadcastState().`,
    )
  }
}
