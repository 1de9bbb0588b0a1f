/** An interval join in a program: which records meet, and what becomes of those that are late. */
import { StreamError } from '../core/errors.ts'
import {
  type IntervalJoinDefinition,
  intervalJoinOperator,
  type JoinInterval,
} from '../operators/joins/interval-join.ts'
import type { OutputTag } from '../operators/output-tag.ts'
import { checkDefinition, type ProgramBuilder, type TwoInputs } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'

/** The function of an interval join, and the type of what it emits. */
export interface IntervalJoinFunction<L, R, K, Out> extends IntervalJoinDefinition<L, R, K, Out> {
  /** Only for the compiler, never read: what `ctx.emit` takes. */
  readonly output?: Out
}

/** Two keyed streams of which the interval is still to be said. */
export class IntervalJoin<L, R, K> {
  readonly #builder: ProgramBuilder
  readonly #inputs: TwoInputs

  constructor(builder: ProgramBuilder, inputs: TwoInputs) {
    this.#builder = builder
    this.#inputs = inputs
  }

  /**
   * A right record meets the left ones of its key for which its time is from `lowerMs` to `upperMs` behind theirs, both included; before
   * theirs with a negative bound. Fails with `ARGUMENT_INVALID` when one is no finite number, or the lower one is the larger.
   *
   * @example views.keyBy((view) => view.user).intervalJoin(clicks.keyBy((click) => click.user)).between(0, 5_000)
   */
  between(lowerMs: number, upperMs: number): IntervalJoined<L, R, K> {
    if (!Number.isFinite(lowerMs) || !Number.isFinite(upperMs) || lowerMs > upperMs) {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `between was given ${lowerMs} and ${upperMs}: expected two numbers of milliseconds, the first one not above the second.`,
      )
    }
    return new IntervalJoined(this.#builder, this.#inputs, {
      lowerMs,
      upperMs,
      lowerExclusive: false,
      upperExclusive: false,
      leftLate: undefined,
      rightLate: undefined,
    })
  }
}

/** An interval join, by event time, which only lacks its function. Every call gives another one. */
export class IntervalJoined<L, R, K> {
  readonly #builder: ProgramBuilder
  readonly #inputs: TwoInputs
  readonly #interval: JoinInterval

  constructor(builder: ProgramBuilder, inputs: TwoInputs, interval: JoinInterval) {
    this.#builder = builder
    this.#inputs = inputs
    this.#interval = interval
  }

  /**
   * Leaves out the pairs that are exactly the lower bound apart. Fails with `ARGUMENT_INVALID` when that leaves out all.
   *
   * @example joined.between(0, 5_000).lowerBoundExclusive()
   */
  lowerBoundExclusive(): IntervalJoined<L, R, K> {
    return this.#without('lower')
  }

  /**
   * Leaves out the pairs that are exactly the upper bound apart. Fails with `ARGUMENT_INVALID` when that leaves out all.
   *
   * @example joined.between(0, 5_000).upperBoundExclusive()
   */
  upperBoundExclusive(): IntervalJoined<L, R, K> {
    return this.#without('upper')
  }

  /**
   * Sends left records from before the watermark to a side output of the result; without it they are dropped.
   *
   * @example joined.between(0, 5_000).sideOutputLeftLateData(outputTag<View>('late views'))
   */
  sideOutputLeftLateData(tag: OutputTag<L>): IntervalJoined<L, R, K> {
    return this.#with({ leftLate: tag })
  }

  /**
   * The same for right records.
   *
   * @example joined.between(0, 5_000).sideOutputRightLateData(outputTag<Click>('late clicks'))
   */
  sideOutputRightLateData(tag: OutputTag<R>): IntervalJoined<L, R, K> {
    return this.#with({ rightLate: tag })
  }

  /**
   * Calls `element` for each pair, once. What it emits has the later timestamp of the two. A throw fails the job with
   * `USER_FUNCTION_FAILED`, a record without timestamp with `TIMESTAMP_MISSING`.
   *
   * @example
   * joined.between(0, 5_000).process({
   *   output: {} as { view: View; afterMs: number },
   *   element: (view, click, ctx) => ctx.emit({ view, afterMs: ctx.rightTimestamp - ctx.leftTimestamp }),
   * }).uid('clicked views')
   */
  process<Out = unknown>(definition: IntervalJoinFunction<L, R, K, Out>): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'element')
    return this.#builder.apply<Out>(intervalJoinOperator(this.#interval, definition), ...this.#inputs)
  }

  #without(bound: 'lower' | 'upper'): IntervalJoined<L, R, K> {
    const { lowerMs, upperMs } = this.#interval
    if (lowerMs === upperMs) {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `${bound}BoundExclusive was called behind between(${lowerMs}, ${upperMs}), so that no records would meet: expected bounds that differ.`,
      )
    }
    return this.#with(bound === 'lower' ? { lowerExclusive: true } : { upperExclusive: true })
  }

  #with(changes: Partial<JoinInterval>): IntervalJoined<L, R, K> {
    return new IntervalJoined(this.#builder, this.#inputs, { ...this.#interval, ...changes })
  }
}
