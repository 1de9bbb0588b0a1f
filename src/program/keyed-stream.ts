/** A stream whose records of one key meet in one subtask: process functions with state and timers, and reduce. */

import {
  type AnyNumberOf,
  type Choice,
  type Combination,
  choosing,
  combining,
  type NumberOf,
  type Numeric,
  type NumericField,
  type TieOptions,
  type Widened,
} from '../operators/aggregations.ts'
import type { BroadcastStateDeclarations } from '../operators/broadcast-process.ts'
import type { KeyedProcessDefinition } from '../operators/keyed-context.ts'
import type { NoOperatorStates, OperatorStateDeclarations } from '../operators/operator-state-declarations.ts'
import { foldOperator, keyedProcessOperator, reduceOperator } from '../operators/process.ts'
import type { StateDeclarations } from '../operators/state-descriptors.ts'
import { globalWindows } from '../operators/windows/assigners.ts'
import type { WindowAssigner } from '../operators/windows/window.ts'
import { BaseStream } from './base-stream.ts'
import { BroadcastStream, KeyedBroadcastConnectedStream } from './broadcast-stream.ts'
import type { KeyedConnectedStreams } from './connected-streams.ts'
import { countWindows } from './count-windows.ts'
import { IntervalJoin } from './interval-join.ts'
import { checkDefinition, checkFunction, checkNumberOf } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import { checkAssigner } from './window-parts.ts'
import { WindowedStream, windowedBy } from './windowed-stream.ts'

/** No state declared: `ctx.state` is empty. */
export type NoStates = Readonly<Record<never, never>>

/** A process function of a keyed stream: declared state, callbacks, and the type of what they emit. */
export interface KeyedProcessFunction<
  In,
  K,
  Out,
  States extends StateDeclarations,
  OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
> extends KeyedProcessDefinition<In, K, Out, States, OperatorStates> {
  /** Only for the compiler, never read: what `ctx.emit` takes, as `output: {} as WordCount`. */
  readonly output?: Out
}

export class KeyedStream<T, K> extends BaseStream<T> {
  /**
   * Calls `element` for each record with the state and timers of its key. A throw in a callback fails the job with
   * `USER_FUNCTION_FAILED`; state used outside of one with `STATE_ACCESS_INVALID`.
   *
   * @example
   * words.keyBy((word) => word).process({
   *   output: {} as { word: string; count: number },
   *   state: { count: valueState(0) },
   *   element(word, ctx) {
   *     ctx.state.count.update(ctx.state.count.value() + 1)
   *     ctx.emit({ word, count: ctx.state.count.value() })
   *   },
   * }).uid('count')
   */
  process<
    Out = unknown,
    States extends StateDeclarations = NoStates,
    OperatorStates extends OperatorStateDeclarations = NoOperatorStates,
  >(definition: KeyedProcessFunction<T, K, Out, States, OperatorStates>): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'element')
    return this.builder.apply<Out>(keyedProcessOperator(definition), this.upstreams)
  }

  /**
   * Combines each record with the last result of its key and emits every result. `fn` must not change its arguments.
   *
   * @example sales.keyBy((sale) => sale.shop).reduce((a, b) => ({ ...a, amount: a.amount + b.amount }))
   */
  reduce(fn: (a: T, b: T) => T): SingleOutputStreamOperator<T> {
    checkFunction('reduce', fn)
    return this.builder.apply<T>(reduceOperator(fn), this.upstreams)
  }

  /**
   * Adds up the records of a key and emits every result. Of a field: the first record with the sum in this field. Of a function: the sum of what it gives.
   *
   * @example sales.keyBy((sale) => sale.shop).sum('amount')
   */
  sum<R>(this: KeyedStream<R, K>, field: NumericField<R>): SingleOutputStreamOperator<R>
  sum<N extends Numeric>(of: (value: T) => N): SingleOutputStreamOperator<Widened<N>>
  sum(by: AnyNumberOf): unknown {
    return this.#combine('sum', by)
  }

  /**
   * The lowest value of a key so far, emitted with every record. Of a field: the first record with the lowest value in this field; `minBy` gives the record that
   * has it. Of a function: the lowest that it gives.
   *
   * @example sales.keyBy((sale) => sale.shop).min((sale) => sale.amount)
   */
  min<R>(this: KeyedStream<R, K>, field: NumericField<R>): SingleOutputStreamOperator<R>
  min<N extends Numeric>(of: (value: T) => N): SingleOutputStreamOperator<Widened<N>>
  min(by: AnyNumberOf): unknown {
    return this.#combine('min', by)
  }

  /**
   * The same with the highest value.
   *
   * @example sales.keyBy((sale) => sale.shop).max((sale) => sale.amount)
   */
  max<R>(this: KeyedStream<R, K>, field: NumericField<R>): SingleOutputStreamOperator<R>
  max<N extends Numeric>(of: (value: T) => N): SingleOutputStreamOperator<Widened<N>>
  max(by: AnyNumberOf): unknown {
    return this.#combine('max', by)
  }

  /**
   * The record of a key with the lowest value so far, emitted with every record. Of records with the same value the first, unless told.
   *
   * @example sales.keyBy((sale) => sale.shop).minBy('amount', { onTie: 'last' })
   */
  minBy<R>(this: KeyedStream<R, K>, by: NumberOf<R>, options?: TieOptions): SingleOutputStreamOperator<R> {
    return this.#choose('minBy', by, options)
  }

  /**
   * The same with the highest value.
   *
   * @example sales.keyBy((sale) => sale.shop).maxBy('amount')
   */
  maxBy<R>(this: KeyedStream<R, K>, by: NumberOf<R>, options?: TieOptions): SingleOutputStreamOperator<R> {
    return this.#choose('maxBy', by, options)
  }

  /**
   * Cuts the records of each key into windows. Fails with `ARGUMENT_INVALID` for what is no window assigner; event-time windows
   * fail the job with `TIMESTAMP_MISSING` when records have no timestamps.
   *
   * @example clicks.keyBy((click) => click.user).window(tumblingEventTimeWindows(60_000)).reduce(merge)
   */
  window(assigner: WindowAssigner<T>): WindowedStream<T, K> {
    checkAssigner('window', assigner)
    return new WindowedStream<T, K>(this.builder, this.upstreams, windowedBy(assigner as WindowAssigner<unknown>))
  }

  /**
   * Cuts the records of each key into windows of `size` records; a window that is not full at the end gives nothing. With `slide`
   * there is a result after every `slide` records, of the last `size` of them, which are all kept. Fails with `ARGUMENT_INVALID`.
   *
   * @example clicks.keyBy((click) => click.user).countWindow(100).reduce(merge)
   */
  countWindow(size: number, slide?: number): WindowedStream<T, K> {
    return countWindows(this.window(globalWindows()), size, slide)
  }

  /**
   * Puts two streams of the same type of key side by side: both sides of a key share its state. Fails with
   * `ARGUMENT_INVALID` when the other belongs to another environment.
   *
   * @example orders.keyBy((order) => order.id).connect(payments.keyBy((payment) => payment.orderId))
   */
  connect<U>(other: KeyedStream<U, K>): KeyedConnectedStreams<T, U, K>
  connect<U, Broadcast extends BroadcastStateDeclarations>(
    other: BroadcastStream<U, Broadcast>,
  ): KeyedBroadcastConnectedStream<T, U, K, Broadcast>
  connect<U>(
    other: KeyedStream<U, K> | BroadcastStream<U, BroadcastStateDeclarations>,
  ): KeyedConnectedStreams<T, U, K> | KeyedBroadcastConnectedStream<T, U, K, BroadcastStateDeclarations> {
    this.checkSameProgram('connect', other)
    if (other instanceof BroadcastStream) return new KeyedBroadcastConnectedStream(this.upstreams, other)
    return this.builder.kinds.keyedConnected<T, U, K>(this.builder, [this.upstreams, other.upstreams])
  }

  /**
   * Pairs the records of both streams whose keys are the same and whose times are near each other: `between` says how near. Fails
   * with `ARGUMENT_INVALID` when the other stream belongs to another environment.
   *
   * @example
   * views.keyBy((view) => view.user).intervalJoin(clicks.keyBy((click) => click.user)).between(0, 5_000).process({
   *   output: {} as View,
   *   element: (view, _click, ctx) => ctx.emit(view),
   * })
   */
  intervalJoin<U>(other: KeyedStream<U, K>): IntervalJoin<T, U, K> {
    this.checkSameProgram('intervalJoin', other)
    return new IntervalJoin<T, U, K>(this.builder, [this.upstreams, other.upstreams])
  }

  #combine(call: Combination, by: AnyNumberOf): unknown {
    checkNumberOf(call, by)
    return this.builder.apply(foldOperator(call, combining(call, by)), this.upstreams)
  }

  #choose(call: Choice, by: AnyNumberOf, options: TieOptions | undefined): SingleOutputStreamOperator<T> {
    checkNumberOf(call, by, options)
    return this.builder.apply<T>(foldOperator(call, choosing(call, by, options)), this.upstreams)
  }
}
