/** Two streams side by side, for operators with two inputs: with a key on both sides they may share state. */
import type { Key } from '../core/key-groups.ts'
import type { NoOperatorStates, OperatorStateDeclarations } from '../operators/operator-state-declarations.ts'
import type { StateDeclarations } from '../operators/state-descriptors.ts'
import {
  type CoProcessDefinition,
  coFlatMapOperator,
  coMapOperator,
  coProcessOperator,
  type KeyedCoProcessDefinition,
  keyedCoProcessOperator,
} from '../operators/two-input.ts'
import type { NoStates } from './keyed-stream.ts'
import { checkDefinition, checkFunction, type ProgramBuilder, partitioned, type TwoInputs } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'

/** A process function of two streams: one callback per side, and the type of what they emit. */
export interface CoProcessFunction<In1, In2, Out, OperatorStates extends OperatorStateDeclarations = NoOperatorStates>
  extends CoProcessDefinition<In1, In2, Out, OperatorStates> {
  /** Only for the compiler, never read: what `ctx.emit` takes. */
  readonly output?: Out
}

/** The same with declared state, which both sides of a key share. */
export interface KeyedCoProcessFunction<
  In1,
  In2,
  K,
  Out,
  States extends StateDeclarations,
  OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
> extends KeyedCoProcessDefinition<In1, In2, K, Out, States, OperatorStates> {
  /** Only for the compiler, never read: what `ctx.emit` takes. */
  readonly output?: Out
}

abstract class TwoStreams<A, B> {
  protected readonly builder: ProgramBuilder
  protected readonly inputs: TwoInputs

  constructor(builder: ProgramBuilder, inputs: TwoInputs) {
    this.builder = builder
    this.inputs = inputs
  }

  /**
   * One record out for each record in, with one function per side.
   *
   * @example clicks.connect(keys).map((click) => click.target, (key) => key.code)
   */
  map<R1, R2 = R1>(map1: (value: A) => R1, map2: (value: B) => R2): SingleOutputStreamOperator<R1 | R2> {
    checkFunction('map', map1)
    checkFunction('map', map2)
    return this.builder.apply<R1 | R2>(coMapOperator<A, B, R1 | R2>(map1, map2), ...this.inputs)
  }

  /**
   * Any number of records out for each record in, with one function per side.
   *
   * @example lines.connect(words).flatMap((line) => line.split(' '), (word) => [word])
   */
  flatMap<R1, R2 = R1>(
    flatMap1: (value: A) => Iterable<R1>,
    flatMap2: (value: B) => Iterable<R2>,
  ): SingleOutputStreamOperator<R1 | R2> {
    checkFunction('flatMap', flatMap1)
    checkFunction('flatMap', flatMap2)
    return this.builder.apply<R1 | R2>(coFlatMapOperator<A, B, R1 | R2>(flatMap1, flatMap2), ...this.inputs)
  }
}

export class ConnectedStreams<A, B> extends TwoStreams<A, B> {
  /**
   * Calls `element1` or `element2` for each record. It may declare `operatorState`, which belongs to the subtask. Fails
   * with `STATE_ACCESS_INVALID` when keyed state or a timer is declared.
   *
   * @example orders.connect(payments).process({ element1: (order, ctx) => ctx.emit(order.id), element2: () => {} })
   */
  process<Out = unknown, OperatorStates extends OperatorStateDeclarations = NoOperatorStates>(
    definition: CoProcessFunction<A, B, Out, OperatorStates>,
  ): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'element1', 'element2')
    return this.builder.apply<Out>(coProcessOperator(definition), ...this.inputs)
  }

  /**
   * Routes both streams by keys of the same type, so that both sides of a key meet.
   *
   * @example orders.connect(payments).keyBy((order) => order.id, (payment) => payment.orderId)
   */
  keyBy<K extends Key>(key1: (value: A) => K, key2: (value: B) => K): KeyedConnectedStreams<A, B, K> {
    checkFunction('keyBy', key1)
    checkFunction('keyBy', key2)
    const [first, second] = this.inputs
    return this.builder.kinds.keyedConnected<A, B, K>(this.builder, [
      partitioned(first, { type: 'hash', key: key1 }),
      partitioned(second, { type: 'hash', key: key2 }),
    ])
  }
}

export class KeyedConnectedStreams<A, B, K> extends TwoStreams<A, B> {
  /**
   * Calls `element1` or `element2` for each record with the state and timers of its key, which both sides share.
   *
   * @example
   * orders.keyBy((order) => order.id).connect(payments.keyBy((payment) => payment.orderId)).process({
   *   output: '' as string,
   *   state: { due: valueState(0) },
   *   element1: (order, ctx) => ctx.state.due.update(order.total),
   *   element2: (payment, ctx) => payment.sum >= ctx.state.due.value() && ctx.emit(ctx.key),
   * }).uid('paid')
   */
  process<
    Out = unknown,
    States extends StateDeclarations = NoStates,
    OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
  >(definition: KeyedCoProcessFunction<A, B, K, Out, States, OperatorStates>): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'element1', 'element2')
    return this.builder.apply<Out>(keyedCoProcessOperator(definition), ...this.inputs)
  }
}
