/**
 * What a program says about the event time of a stream: where timestamps come from, and how far behind them watermarks are.
 *
 * Plain, immutable data with a fluent way to write it. Does not own how watermarks are made (`timestamps-operator.ts`).
 */
import { StreamError } from '../../core/errors.ts'

/** The event time of a record in milliseconds since 1970. `recordTimestamp` is the one that it has already, if any. */
export type TimestampAssigner<T> = (value: T, recordTimestamp: number | undefined) => number

/** How watermarks follow from timestamps. */
export type WatermarkRule = { readonly kind: 'none' } | { readonly kind: 'bounded'; readonly outOfOrdernessMs: number }

export interface StrategySettings<T> {
  readonly rule: WatermarkRule
  /** Undefined: records keep the timestamps that they have. */
  readonly assigner: TimestampAssigner<T> | undefined
}

/**
 * How a stream gets timestamps and watermarks. Every call gives a new strategy and leaves the old one as it is.
 *
 * @example
 * WatermarkStrategy.forBoundedOutOfOrderness<Order>(5_000).withTimestampAssigner((order) => order.time)
 */
export class WatermarkStrategy<in T> {
  /** What was said, for whoever carries it out. */
  readonly settings: StrategySettings<T>

  private constructor(settings: StrategySettings<T>) {
    this.settings = settings
  }

  /**
   * Timestamps only: event time stands still until the input ends.
   *
   * @example WatermarkStrategy.noWatermarks<Order>().withTimestampAssigner((order) => order.time)
   */
  static noWatermarks<T = unknown>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ rule: { kind: 'none' }, assigner: undefined })
  }

  /**
   * For timestamps that never fall: a watermark is one millisecond behind the latest.
   *
   * @example WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner((reading) => reading.takenAt)
   */
  static forMonotonousTimestamps<T = unknown>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forBoundedOutOfOrderness<T>(0)
  }

  /**
   * For timestamps that fall behind the latest by at most so many milliseconds: a watermark is so much and one millisecond
   * behind it. Fails with `ARGUMENT_INVALID` for a number below 0.
   *
   * @example WatermarkStrategy.forBoundedOutOfOrderness<Order>(5_000).withTimestampAssigner((order) => order.time)
   */
  static forBoundedOutOfOrderness<T = unknown>(outOfOrdernessMs: number): WatermarkStrategy<T> {
    if (!(Number.isSafeInteger(outOfOrdernessMs) && outOfOrdernessMs >= 0)) {
      throw invalid(`forBoundedOutOfOrderness was given ${String(outOfOrdernessMs)}`, 'whole milliseconds from 0')
    }
    return new WatermarkStrategy<T>({ rule: { kind: 'bounded', outOfOrdernessMs }, assigner: undefined })
  }

  /**
   * Takes timestamps from the records. Fractions of a millisecond are cut off. Without an assigner records keep the
   * timestamps of their source.
   *
   * @example WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((order: Order) => order.time)
   */
  withTimestampAssigner<U extends T>(assigner: TimestampAssigner<U>): WatermarkStrategy<U> {
    if (typeof assigner !== 'function') {
      throw invalid(`withTimestampAssigner was given a value of type ${typeof assigner}`, 'a function')
    }
    return new WatermarkStrategy<U>({ ...this.settings, assigner })
  }
}

const invalid = (what: string, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${what}: expected ${expected}.`)
