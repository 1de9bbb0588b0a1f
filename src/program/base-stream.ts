/**
 * What every stream can do, keyed or not: the stateless operators, repartitioning, and ending in a sink.
 *
 * A stream is a view: it holds no records, only where they will come from. Each call adds data to the program.
 */
import { StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import type { AsyncDefinition } from '../operators/async/async-definition.ts'
import { asyncOperator } from '../operators/async/async-operator.ts'
import type { BroadcastStateDeclarations } from '../operators/broadcast-process.ts'
import { sinkOperator } from '../operators/endpoint-operators.ts'
import type { Sink } from '../operators/endpoints.ts'
import { filterOperator, flatMapOperator, mapOperator } from '../operators/stateless.ts'
import { timestampsOperator } from '../operators/time/timestamps-operator.ts'
import type { WatermarkStrategy } from '../operators/time/watermark-strategy.ts'
import { globalWindows } from '../operators/windows/assigners.ts'
import type { WindowAssigner } from '../operators/windows/window.ts'
import { BroadcastStream } from './broadcast-stream.ts'
import { countWindows } from './count-windows.ts'
import type { DataStream } from './data-stream.ts'
import { DataStreamSink } from './data-stream-sink.ts'
import { CoGroupedStreams, JoinedStreams } from './joined-streams.ts'
import type { KeyedStream } from './keyed-stream.ts'
import { PartitionedStream } from './partitioned-stream.ts'
import { checkDefinition, checkFunction, checkStrategy, kindOf, partitioned } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import { checkAssigner } from './window-parts.ts'
import { WindowedStream, windowedBy } from './windowed-stream.ts'

/** The type of a stream's records. */
export type ElementOf<Stream> = Stream extends BaseStream<infer T> ? T : never

export abstract class BaseStream<T> extends PartitionedStream<T> {
  /**
   * One record out for each record in. A throw of `fn` fails the job with `USER_FUNCTION_FAILED`.
   *
   * @example words.map((word) => word.length)
   */
  map<R>(fn: (value: T) => R): SingleOutputStreamOperator<R> {
    checkFunction('map', fn)
    return this.builder.apply<R>(mapOperator(fn), this.upstreams)
  }

  /**
   * Any number of records out for each record in. A throw of `fn` fails the job with `USER_FUNCTION_FAILED`.
   *
   * @example lines.flatMap((line) => line.split(' '))
   */
  flatMap<R>(fn: (value: T) => Iterable<R>): SingleOutputStreamOperator<R> {
    checkFunction('flatMap', fn)
    return this.builder.apply<R>(flatMapOperator(fn), this.upstreams)
  }

  /**
   * Keeps the records for which `keep` is true. A throw of `keep` fails the job with `USER_FUNCTION_FAILED`.
   *
   * @example words.filter((word) => word.length > 3)
   */
  filter<S extends T>(keep: (value: T) => value is S): SingleOutputStreamOperator<S>
  filter(keep: (value: T) => boolean): SingleOutputStreamOperator<T>
  filter(keep: (value: T) => boolean): SingleOutputStreamOperator<T> {
    checkFunction('filter', keep)
    return this.builder.apply<T>(filterOperator(keep), this.upstreams)
  }

  /**
   * Gives every record the timestamp that the strategy says, in place of an earlier one, and the stream watermarks made from
   * them; those from upstream end here. A record that gets no time fails the job with `TIMESTAMP_MISSING`.
   *
   * @example
   * bids.assignTimestampsAndWatermarks(
   *   WatermarkStrategy.forBoundedOutOfOrderness<Bid>(4_000).withTimestampAssigner((bid) => bid.time),
   * )
   */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T> {
    checkStrategy('assignTimestampsAndWatermarks', strategy)
    if (strategy.settings.alignment !== undefined) {
      throw new StreamError(
        'ARGUMENT_INVALID',
        'assignTimestampsAndWatermarks was given a strategy with withWatermarkAlignment, which only a source can follow: expected it in fromSource(source, strategy).',
      )
    }
    return this.builder.apply<T>(timestampsOperator(strategy), this.upstreams)
  }

  /**
   * Makes an asynchronous call for each record and emits what it brings, in the order of the records. Many calls are under way
   * at a time, `capacity` at most; records whose result is not emitted are part of every snapshot, and called for again
   * after a restore. A rejection fails the job with `USER_FUNCTION_FAILED`, a time-out with `ASYNC_TIMEOUT`.
   *
   * @example
   * orders.asyncOrdered({
   *   call: async (order, { signal }) => ({ ...order, customer: await lookUp(order.customerId, signal) }),
   *   timeoutMs: 2_000,
   *   retry: { attempts: 3, delayMs: 100, backoffMultiplier: 2 },
   * }).uid('customers')
   */
  asyncOrdered<Out, Late = never>(definition: AsyncDefinition<T, Out, Late>): SingleOutputStreamOperator<Out | Late> {
    checkDefinition('asyncOrdered', definition, 'call')
    return this.builder.apply<Out | Late>(asyncOperator(definition, true), this.upstreams)
  }

  /**
   * The same, but what a call brings is emitted as it comes, before that of earlier records whose calls take longer. No record
   * passes a watermark.
   *
   * @example clicks.asyncUnordered({ call: async (click) => ({ ...click, country: await countryOf(click.ip) }) }).uid('country')
   */
  asyncUnordered<Out, Late = never>(definition: AsyncDefinition<T, Out, Late>): SingleOutputStreamOperator<Out | Late> {
    checkDefinition('asyncUnordered', definition, 'call')
    return this.builder.apply<Out | Late>(asyncOperator(definition, false), this.upstreams)
  }

  /**
   * Routes all records of one key to the same subtask, where keyed state and timers may be used. A key is a string, a
   * number, a bigint, a boolean or null; another one fails the job with `KEY_INVALID`.
   *
   * @example orders.keyBy((order) => order.customer)
   */
  keyBy<K extends Key>(key: (value: T) => K): KeyedStream<T, K> {
    checkFunction('keyBy', key)
    return this.builder.kinds.keyed<T, K>(this.builder, partitioned(this.upstreams, { type: 'hash', key }))
  }

  /**
   * Cuts the stream as a whole into windows, as if all records had one key, which is `null`. One subtask does that, so what can
   * be combined before belongs into windows by key. Fails with `ARGUMENT_INVALID` for what is no window assigner; another parallelism
   * of the result with `PARALLELISM_INVALID`.
   *
   * @example clicks.windowAll(tumblingEventTimeWindows(60_000)).aggregate(count, (clicks, _key, { end }) => ({ end, clicks }))
   */
  windowAll(assigner: WindowAssigner<T>): WindowedStream<T, null> {
    checkAssigner('windowAll', assigner)
    const upstreams = partitioned(this.upstreams, { type: 'hash', key: () => null })
    return new WindowedStream<T, null>(this.builder, upstreams, windowedBy(assigner as WindowAssigner<unknown>, true))
  }

  /**
   * Cuts the stream as a whole into windows of `size` records, in one subtask, as `countWindow` does for each key.
   *
   * @example clicks.countWindowAll(1_000).aggregate(count)
   */
  countWindowAll(size: number, slide?: number): WindowedStream<T, null> {
    return countWindows(this.windowAll(globalWindows()), size, slide)
  }

  /**
   * Merges streams, in no particular order between them. A stream merged with itself gives every record twice. Fails
   * with `ARGUMENT_INVALID` when a stream belongs to another environment.
   *
   * @example clicks.union(taps, swipes)
   */
  union<Others extends readonly BaseStream<unknown>[]>(...others: Others): DataStream<T | ElementOf<Others[number]>> {
    for (const other of others) this.checkSameProgram('union', other)
    return this.builder.kinds.plain(
      this.builder,
      [this, ...others].flatMap(({ upstreams }) => upstreams),
    )
  }

  /**
   * Sends every record to every subtask of the next operator.
   *
   * @example events.connect(rules.broadcast()).process({ element1: match, element2: learn })
   */
  broadcast(): DataStream<T>
  /**
   * The same with state that every subtask keeps of those records, for a process function whose other side may only read it. Fails
   * with `ARGUMENT_INVALID` when a state is not declared by `broadcastState`.
   *
   * @example
   * words.connect(bans.broadcast({ banned: broadcastState<string, boolean>() })).process({
   *   element: (word, ctx) => ctx.broadcastState.banned.has(word) || ctx.emit(word),
   *   broadcastElement: (word, ctx) => ctx.broadcastState.banned.put(word, true),
   * })
   */
  broadcast<Broadcast extends BroadcastStateDeclarations>(states: Broadcast): BroadcastStream<T, Broadcast>
  broadcast(states?: BroadcastStateDeclarations): DataStream<T> | BroadcastStream<T, BroadcastStateDeclarations> {
    if (states !== undefined)
      return new BroadcastStream<T, BroadcastStateDeclarations>(this.builder, this.upstreams, states)
    return this.builder.kinds.plain(this.builder, partitioned(this.upstreams, { type: 'broadcast' }))
  }

  /**
   * Joins two streams in windows: every pair of records, one of each, of one key and one window. Fails with `ARGUMENT_INVALID` when
   * the other belongs to another environment.
   *
   * @example
   * orders
   *   .join(payments)
   *   .where((order) => order.id)
   *   .equalTo((payment) => payment.orderId)
   *   .window(tumblingEventTimeWindows(60_000))
   *   .apply((order, payment) => ({ ...order, paid: payment.cents }))
   */
  join<U>(other: BaseStream<U>): JoinedStreams<T, U> {
    this.checkSameProgram('join', other)
    return new JoinedStreams<T, U>(this.builder, [this.upstreams, other.upstreams])
  }

  /**
   * The same, but the function gets all records of a key and a window at once, also where one of the streams has none: for outer joins
   * and the like.
   *
   * @example
   * orders
   *   .coGroup(payments)
   *   .where((order) => order.id)
   *   .equalTo((payment) => payment.orderId)
   *   .window(tumblingEventTimeWindows(60_000))
   *   .apply((orders, payments) => (payments.length === 0 ? orders : []))
   */
  coGroup<U>(other: BaseStream<U>): CoGroupedStreams<T, U> {
    this.checkSameProgram('coGroup', other)
    return new CoGroupedStreams<T, U>(this.builder, [this.upstreams, other.upstreams])
  }

  /**
   * Ends the stream in `sink`. A program runs only what leads to a sink.
   *
   * @example counts.sinkTo(toFile('out')).uid('out')
   */
  sinkTo(sink: Sink<T>): DataStreamSink {
    checkDefinition('sinkTo', sink, 'createWriter')
    return new DataStreamSink(
      this.builder,
      this.builder.add(sinkOperator(sink as Sink<unknown>), sink.kind, [this.upstreams]),
    )
  }

  protected checkSameProgram(
    call: string,
    other: BaseStream<unknown> | BroadcastStream<unknown, BroadcastStateDeclarations>,
  ): void {
    if (!(other instanceof BaseStream || other instanceof BroadcastStream)) {
      throw new StreamError('ARGUMENT_INVALID', `${call} was given ${kindOf(other)}: expected a stream.`)
    }
    // Only the type of each of them says that it has one.
    const builder = other instanceof BroadcastStream ? other.builder : other.builder
    if (builder === this.builder) return
    throw new StreamError(
      'ARGUMENT_INVALID',
      `${call} was given a stream of another environment: expected one of the environment it is called on.`,
    )
  }
}
