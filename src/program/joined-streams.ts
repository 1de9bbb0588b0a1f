/**
 * Joins of two streams in windows, step by step: the streams, the key of each, the windows, and the function.
 *
 * Every step gives a new object and leaves the old one as it is; nothing is added to the program before the last one.
 */
import type { Key } from '../core/key-groups.ts'
import {
  type CoGroupFunction,
  coGroupOperator,
  flatWindowJoinOperator,
  type JoinFunction,
  type JoinWindows,
  windowJoinOperator,
} from '../operators/joins/window-join.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import type { OutputTag } from '../operators/output-tag.ts'
import type { StateDeclarations } from '../operators/state-descriptors.ts'
import type { Evictor, Trigger, WindowAssigner } from '../operators/windows/window.ts'
import type { NoStates } from './keyed-stream.ts'
import { checkFunction, type ProgramBuilder, partitioned, type TwoInputs } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import { checkAssigner, checkEvictor, checkTrigger } from './window-parts.ts'

/** What all steps know. */
interface Joining {
  readonly builder: ProgramBuilder
  readonly inputs: TwoInputs
}

/** Makes the last step: the windows of a join, or those of a coGroup. */
type Last<Windows> = (joining: Joining, windows: JoinWindows) => Windows

abstract class TwoStreamsByKey {
  protected readonly joining: Joining

  constructor(builder: ProgramBuilder, inputs: TwoInputs) {
    this.joining = { builder, inputs }
  }

  protected keyed(call: string, input: 0 | 1, key: (value: never) => Key): Joining {
    return keyedOn(this.joining, call, input, key)
  }
}

/** Two streams to be joined, of which `where` says the key of the first. */
export class JoinedStreams<A, B> extends TwoStreamsByKey {
  /**
   * The key of the first stream.
   *
   * @example orders.join(payments).where((order) => order.id).equalTo((payment) => payment.orderId)
   */
  where<K extends Key>(key: (value: A) => K): JoinWhere<A, B, K, WindowedJoin<A, B, K>> {
    return new JoinWhere(this.keyed('where', 0, key), (joining, windows) => new WindowedJoin(joining, windows))
  }
}

/** Two streams to be grouped together, of which `where` says the key of the first. */
export class CoGroupedStreams<A, B> extends TwoStreamsByKey {
  /**
   * The key of the first stream.
   *
   * @example orders.coGroup(payments).where((order) => order.id).equalTo((payment) => payment.orderId)
   */
  where<K extends Key>(key: (value: A) => K): JoinWhere<A, B, K, WindowedCoGroup<A, B, K>> {
    return new JoinWhere(this.keyed('where', 0, key), (joining, windows) => new WindowedCoGroup(joining, windows))
  }
}

export class JoinWhere<A, B, K extends Key, Windows> {
  readonly #joining: Joining
  readonly #last: Last<Windows>

  constructor(joining: Joining, last: Last<Windows>) {
    this.#joining = joining
    this.#last = last
  }

  /**
   * The key of the second stream, of the same type: records meet whose keys are the same.
   *
   * @example orders.join(payments).where((order) => order.id).equalTo((payment) => payment.orderId)
   */
  equalTo(key: (value: B) => K): JoinEqualTo<A | B, Windows> {
    return new JoinEqualTo(keyedOn(this.#joining, 'equalTo', 1, key), this.#last)
  }
}

export class JoinEqualTo<T, Windows> {
  readonly #joining: Joining
  readonly #last: Last<Windows>

  constructor(joining: Joining, last: Last<Windows>) {
    this.#joining = joining
    this.#last = last
  }

  /**
   * The windows in which records meet; sessions are those of both streams together.
   *
   * @example
   * orders.join(payments).where((order) => order.id).equalTo((payment) => payment.orderId).window(tumblingEventTimeWindows(60_000))
   */
  window(assigner: WindowAssigner<T>): Windows {
    checkAssigner('window', assigner)
    const windows = { assigner: assigner as WindowAssigner<unknown>, trigger: undefined, evictor: undefined }
    return this.#last(this.#joining, { ...windows, allowedLatenessMs: 0, lateTag: undefined })
  }
}

/** What a join and a coGroup can say of their windows. */
abstract class WindowedPair<A, B> {
  protected readonly joining: Joining
  protected readonly windows: JoinWindows

  constructor(joining: Joining, windows: JoinWindows) {
    this.joining = joining
    this.windows = windows
  }

  /**
   * Says when windows give out their results, in place of the trigger of the assigner.
   *
   * @example joined.window(globalWindows()).trigger(purgingTrigger(countTrigger(100)))
   */
  trigger<States extends StateDeclarations = NoStates>(trigger: Trigger<A | B, States>): this {
    checkTrigger('trigger', trigger)
    return this.with({ trigger: trigger as unknown as Trigger<unknown> })
  }

  /**
   * Takes records of both streams out of windows before or after the function is called.
   *
   * @example joined.window(globalWindows()).trigger(countTrigger(1)).evictor(countEvictor(10))
   */
  evictor(evictor: Evictor<A | B>): this {
    checkEvictor('evictor', evictor)
    return this.with({ evictor: evictor as unknown as Evictor<unknown> })
  }

  /**
   * Keeps event-time windows for so long after their end, and gives out all of their results again for each record that comes
   * meanwhile.
   *
   * @example joined.window(tumblingEventTimeWindows(60_000)).allowedLateness(10_000)
   */
  allowedLateness(ms: number): this {
    return this.with({ allowedLatenessMs: ms })
  }

  /**
   * Sends records of the first stream that are too late for all of their windows to a side output of the result; without it they are
   * dropped.
   *
   * @example joined.window(tumblingEventTimeWindows(60_000)).sideOutputLeftLateData(outputTag<Order>('late orders'))
   */
  sideOutputLeftLateData(tag: OutputTag<A>): this {
    return this.with({ lateTag: tag.name })
  }

  /**
   * The same for the second stream.
   *
   * @example joined.window(tumblingEventTimeWindows(60_000)).sideOutputRightLateData(outputTag<Payment>('late payments'))
   */
  sideOutputRightLateData(tag: OutputTag<B>): this {
    return this.with({ secondLateTag: tag.name })
  }

  protected abstract with(windows: Partial<JoinWindows>): this

  protected add<Out>(operator: OperatorFactory): SingleOutputStreamOperator<Out> {
    return this.joining.builder.apply<Out>(operator, ...this.joining.inputs)
  }
}

export class WindowedJoin<A, B, K> extends WindowedPair<A, B> {
  /**
   * The result of every pair of a key and a window, one of each stream, with the last time of the window as its timestamp. A record
   * without partner gives none. A throw fails the job with `USER_FUNCTION_FAILED`.
   *
   * @example joined.window(tumblingEventTimeWindows(60_000)).apply((order, payment) => ({ ...order, paid: payment.cents }))
   */
  apply<Out>(fn: JoinFunction<A, B, K, Out>): SingleOutputStreamOperator<Out> {
    checkFunction('apply', fn)
    return this.add<Out>(windowJoinOperator(this.windows, fn))
  }

  /**
   * Any number of results for every pair.
   *
   * @example joined.window(tumblingEventTimeWindows(60_000)).flatApply((order, payment) => (payment.cents < order.cents ? [order] : []))
   */
  flatApply<Out>(fn: JoinFunction<A, B, K, Iterable<Out>>): SingleOutputStreamOperator<Out> {
    checkFunction('flatApply', fn)
    return this.add<Out>(flatWindowJoinOperator(this.windows, fn))
  }

  protected with(windows: Partial<JoinWindows>): this {
    return new WindowedJoin<A, B, K>(this.joining, { ...this.windows, ...windows }) as this
  }
}

export class WindowedCoGroup<A, B, K> extends WindowedPair<A, B> {
  /**
   * Any number of results of what both streams have brought of a key and a window; one of the two may have brought nothing. They have
   * the last time of the window as their timestamp. A throw fails the job with `USER_FUNCTION_FAILED`.
   *
   * @example
   * grouped.window(tumblingEventTimeWindows(60_000)).apply((orders, payments) => (payments.length === 0 ? orders : []))
   */
  apply<Out>(fn: CoGroupFunction<A, B, K, Out>): SingleOutputStreamOperator<Out> {
    checkFunction('apply', fn)
    return this.add<Out>(coGroupOperator(this.windows, fn))
  }

  protected with(windows: Partial<JoinWindows>): this {
    return new WindowedCoGroup<A, B, K>(this.joining, { ...this.windows, ...windows }) as this
  }
}

function keyedOn({ builder, inputs }: Joining, call: string, input: 0 | 1, key: (value: never) => Key): Joining {
  checkFunction(call, key)
  const keyed = partitioned(inputs[input], { type: 'hash', key })
  return { builder, inputs: input === 0 ? [keyed, inputs[1]] : [inputs[0], keyed] }
}
