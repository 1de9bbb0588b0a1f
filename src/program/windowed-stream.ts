/**
 * A keyed stream cut into windows: what is computed of each key and window, when, and what becomes of records that come late.
 *
 * A view like the other streams: every call gives a new one and leaves the old one as it is, and nothing is added to the program
 * before a result is asked for. Refused combinations fail then.
 */
import { StreamError } from '../core/errors.ts'
import {
  type AnyNumberOf,
  aggregating,
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
import { iterableOf } from '../operators/iterable-results.ts'
import type { OutputTag } from '../operators/output-tag.ts'
import type { StateDeclarations } from '../operators/state-descriptors.ts'
import { windowOperator } from '../operators/windows/choose.ts'
import { describeWindows, type WindowDefinition, type WindowFunction } from '../operators/windows/definition.ts'
import type { AggregateFunction, Evictor, Trigger, Window, WindowAssigner } from '../operators/windows/window.ts'
import type { NoStates } from './keyed-stream.ts'
import { checkDefinition, checkFunction, checkNumberOf, type ProgramBuilder, type Upstream } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import { bound, windowFunctionOf } from './window-function.ts'
import { checkEvictor, checkTrigger } from './window-parts.ts'

/** How a window gives out what was made of its elements: a function of one result, or a whole window function. */
export type WindowResult<In, K, Out, WindowStates extends StateDeclarations, States extends StateDeclarations> =
  | ((result: In, key: K, window: Window) => Out)
  | WindowFunction<In, K, Out, WindowStates, States>

/** What a windowed stream has been told so far. */
export type WindowSettings = Omit<WindowDefinition, 'computation' | 'inputs'>

export class WindowedStream<T, K> {
  readonly #builder: ProgramBuilder
  readonly #upstreams: readonly Upstream[]
  readonly #settings: WindowSettings

  constructor(builder: ProgramBuilder, upstreams: readonly Upstream[], settings: WindowSettings) {
    this.#builder = builder
    this.#upstreams = upstreams
    this.#settings = settings
  }

  /**
   * Says when windows give out their results, in place of the trigger of the assigner.
   *
   * @example words.window(globalWindows()).trigger(purgingTrigger(countTrigger(100)))
   */
  trigger<States extends StateDeclarations = NoStates>(trigger: Trigger<T, States>): WindowedStream<T, K> {
    checkTrigger('trigger', trigger)
    return this.#with({ trigger: trigger as unknown as Trigger<unknown> })
  }

  /**
   * Takes elements out of windows before or after their function is called. All elements are kept then, also where a reduce or
   * an aggregate would need one value only.
   *
   * @example words.window(globalWindows()).trigger(countTrigger(1)).evictor(countEvictor(10))
   */
  evictor(evictor: Evictor<T>): WindowedStream<T, K> {
    checkEvictor('evictor', evictor)
    return this.#with({ evictor: evictor as unknown as Evictor<unknown> })
  }

  /**
   * Keeps event-time windows for so long after their end, and gives out the result again for each record that comes meanwhile.
   *
   * @example words.window(tumblingEventTimeWindows(60_000)).allowedLateness(10_000)
   */
  allowedLateness(ms: number): WindowedStream<T, K> {
    return this.#with({ allowedLatenessMs: ms })
  }

  /**
   * Sends records that are too late for all of their windows to a side output of the result; without it they are dropped.
   *
   * @example
   * const late = outputTag<Click>('late')
   * const counts = clicks.window(tumblingEventTimeWindows(60_000)).sideOutputLateData(late).aggregate(count)
   * counts.getSideOutput(late).sinkTo(toFile('late'))
   */
  sideOutputLateData(tag: OutputTag<T>): WindowedStream<T, K> {
    if (typeof tag?.name !== 'string') {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `sideOutputLateData was given a value of type ${typeof tag}: expected an output tag.`,
      )
    }
    return this.#with({ lateTag: tag.name })
  }

  /**
   * Combines the records of each window, as they come. `fn` must not change its arguments. A throw fails the job with
   * `USER_FUNCTION_FAILED`.
   *
   * @example sales.window(tumblingEventTimeWindows(60_000)).reduce((a, b) => (a.amount > b.amount ? a : b))
   */
  reduce(fn: (a: T, b: T) => T): SingleOutputStreamOperator<T>
  reduce<Out, WindowStates extends StateDeclarations = NoStates, States extends StateDeclarations = NoStates>(
    fn: (a: T, b: T) => T,
    result: WindowResult<T, K, Out, WindowStates, States>,
  ): SingleOutputStreamOperator<Out>
  reduce(
    fn: (a: T, b: T) => T,
    result?: WindowResult<T, K, unknown, NoStates, NoStates>,
  ): SingleOutputStreamOperator<unknown> {
    checkFunction('reduce', fn)
    const reduce = fn as (a: unknown, b: unknown) => unknown
    return this.#apply({ type: 'reduce', reduce, finish: windowFunctionOf('reduce', result) })
  }

  /**
   * Combines the records of each window, as they come, into an accumulator of another type. A throw fails the job with
   * `USER_FUNCTION_FAILED`.
   *
   * @example
   * const count = { createAccumulator: () => 0, add: (_word: string, n: number) => n + 1, getResult: (n: number) => n }
   * words.window(tumblingEventTimeWindows(60_000)).aggregate(count, (n, word, { end }) => ({ word, n, end }))
   */
  aggregate<Acc, R>(aggregate: AggregateFunction<T, Acc, R>): SingleOutputStreamOperator<R>
  aggregate<
    Acc,
    R,
    Out,
    WindowStates extends StateDeclarations = NoStates,
    States extends StateDeclarations = NoStates,
  >(
    aggregate: AggregateFunction<T, Acc, R>,
    result: WindowResult<R, K, Out, WindowStates, States>,
  ): SingleOutputStreamOperator<Out>
  aggregate<Acc, R>(
    aggregate: AggregateFunction<T, Acc, R>,
    result?: WindowResult<R, K, unknown, NoStates, NoStates>,
  ): SingleOutputStreamOperator<unknown> {
    checkDefinition('aggregate', aggregate, 'createAccumulator', 'add', 'getResult')
    return this.#apply({
      type: 'aggregate',
      aggregate: aggregate as AggregateFunction<unknown, unknown, unknown>,
      finish: windowFunctionOf('aggregate', result),
    })
  }

  /**
   * Adds up the records of each window. Of a field: the first record with the sum in this field. Of a function: the sum of what it gives.
   *
   * @example sales.window(tumblingEventTimeWindows(60_000)).sum('amount')
   */
  sum<R>(this: WindowedStream<R, K>, field: NumericField<R>): SingleOutputStreamOperator<R>
  sum<N extends Numeric>(of: (value: T) => N): SingleOutputStreamOperator<Widened<N>>
  sum(by: AnyNumberOf): unknown {
    return this.#combine('sum', by)
  }

  /**
   * The lowest value of each window. Of a field: the first record with the lowest value in this field; `minBy` gives the record that
   * has it. Of a function: the lowest that it gives.
   *
   * @example sales.window(tumblingEventTimeWindows(60_000)).min((sale) => sale.amount)
   */
  min<R>(this: WindowedStream<R, K>, field: NumericField<R>): SingleOutputStreamOperator<R>
  min<N extends Numeric>(of: (value: T) => N): SingleOutputStreamOperator<Widened<N>>
  min(by: AnyNumberOf): unknown {
    return this.#combine('min', by)
  }

  /**
   * The same with the highest value.
   *
   * @example sales.window(tumblingEventTimeWindows(60_000)).max((sale) => sale.amount)
   */
  max<R>(this: WindowedStream<R, K>, field: NumericField<R>): SingleOutputStreamOperator<R>
  max<N extends Numeric>(of: (value: T) => N): SingleOutputStreamOperator<Widened<N>>
  max(by: AnyNumberOf): unknown {
    return this.#combine('max', by)
  }

  /**
   * The record of each window with the lowest value. Of records with the same value the first, unless told.
   *
   * @example sales.window(tumblingEventTimeWindows(60_000)).minBy('amount', { onTie: 'last' })
   */
  minBy<R>(this: WindowedStream<R, K>, by: NumberOf<R>, options?: TieOptions): SingleOutputStreamOperator<R> {
    return this.#choose('minBy', by, options)
  }

  /**
   * The same with the highest value.
   *
   * @example sales.window(tumblingEventTimeWindows(60_000)).maxBy('amount')
   */
  maxBy<R>(this: WindowedStream<R, K>, by: NumberOf<R>, options?: TieOptions): SingleOutputStreamOperator<R> {
    return this.#choose('maxBy', by, options)
  }

  /**
   * Calls a window function with all elements of the window, in the order in which they came, each time it fires. It may declare
   * state of the window and of the key. A throw fails the job with `USER_FUNCTION_FAILED`.
   *
   * @example
   * bids.window(tumblingEventTimeWindows(60_000)).process({
   *   output: {} as { highest: number },
   *   process: (bids, ctx) => ctx.emit({ highest: Math.max(...bids.map(({ price }) => price)) }),
   * })
   */
  process<
    Out = unknown,
    WindowStates extends StateDeclarations = NoStates,
    States extends StateDeclarations = NoStates,
  >(definition: WindowFunction<readonly T[], K, Out, WindowStates, States>): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'process')
    const process = bound(definition) as WindowFunction<readonly unknown[], unknown, unknown>
    return this.#apply({ type: 'elements', process }) as SingleOutputStreamOperator<Out>
  }

  /**
   * The same with a plain function, which gives any number of results.
   *
   * @example bids.window(tumblingEventTimeWindows(60_000)).apply((bids, key, { end }) => [{ key, end, bids: bids.length }])
   */
  apply<Out>(fn: (elements: readonly T[], key: K, window: Window) => Iterable<Out>): SingleOutputStreamOperator<Out> {
    checkFunction('apply', fn)
    return this.process({
      output: {} as Out,
      process(elements, ctx) {
        for (const result of iterableOf(fn(elements, ctx.key, ctx.window), 'The apply function'))
          ctx.emit(result as Out)
      },
    })
  }

  #combine(call: Combination, by: AnyNumberOf): unknown {
    checkNumberOf(call, by)
    if (typeof by === 'function') return this.aggregate(aggregating(call, by))
    return this.reduce(combining(call, by).next as (a: T, b: T) => T)
  }

  #choose(call: Choice, by: AnyNumberOf, options: TieOptions | undefined): SingleOutputStreamOperator<T> {
    checkNumberOf(call, by, options)
    return this.reduce(choosing(call, by, options).next as (a: T, b: T) => T)
  }

  #with(settings: Partial<WindowSettings>): WindowedStream<T, K> {
    return new WindowedStream(this.#builder, this.#upstreams, { ...this.#settings, ...settings })
  }

  #apply<Out>(computation: WindowDefinition['computation']): SingleOutputStreamOperator<Out> {
    const definition: WindowDefinition = { ...this.#settings, computation, inputs: 1 }
    const result = this.#builder.apply<Out>(windowOperator(definition), this.#upstreams)
    result.setDescription(describeWindows(definition))
    return definition.nonParallel ? result.forceNonParallel() : result
  }
}

/** Without anything further said. */
export const windowedBy = (assigner: WindowAssigner<unknown>, nonParallel = false): WindowSettings => ({
  assigner,
  trigger: undefined,
  evictor: undefined,
  allowedLatenessMs: 0,
  lateTag: undefined,
  nonParallel,
})
