/**
 * What a program says about the event time of a stream: where timestamps come from, and how far behind them watermarks are.
 *
 * Plain, immutable data with a fluent way to write it. Does not own how watermarks are made (`timestamps-operator.ts`).
 */
import { StreamError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import type { WatermarkGenerator } from './watermark-generator.ts'

/** The event time of a record in milliseconds since 1970. `recordTimestamp` is the one that it has already, if any. */
export type TimestampAssigner<T> = (value: T, recordTimestamp: number | undefined) => number

/** How watermarks follow from timestamps. */
export type WatermarkRule =
  /** So far, and one millisecond, behind the latest timestamp; infinitely far: none. */
  | { readonly kind: 'bounded'; readonly outOfOrdernessMs: number }
  | { readonly kind: 'generator'; readonly create: () => WatermarkGenerator<unknown> }

/** Without watermarks and an assigner nobody needs the timestamps of records: they may have none. */
export const needsTimestamps = ({ rule, assigner }: StrategySettings<unknown>): boolean =>
  assigner !== undefined || rule.kind !== 'bounded' || rule.outOfOrdernessMs < Number.POSITIVE_INFINITY

/** Which sources wait for each other, and how far one may be ahead. */
export interface WatermarkAlignment {
  readonly group: string
  readonly maxDriftMs: number
  readonly updateIntervalMs: number
}

export interface StrategySettings<T> {
  readonly rule: WatermarkRule
  /** Undefined: records keep the timestamps that they have. */
  readonly assigner: TimestampAssigner<T> | undefined
  /** Undefined: never idle. */
  readonly idlenessMs: number | undefined
  readonly alignment: WatermarkAlignment | undefined
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

  constructor(settings: StrategySettings<T>) {
    this.settings = settings
  }

  /**
   * Timestamps only: event time stands still until the input ends. Without an assigner records pass as they are, with a timestamp or
   * without.
   *
   * @example WatermarkStrategy.noWatermarks<Order>().withTimestampAssigner((order) => order.time)
   */
  static noWatermarks<T = unknown>(): WatermarkStrategy<T> {
    return by<T>({ kind: 'bounded', outOfOrdernessMs: Number.POSITIVE_INFINITY })
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
    checkMs('forBoundedOutOfOrderness', outOfOrdernessMs, 0)
    return by<T>({ kind: 'bounded', outOfOrdernessMs })
  }

  /**
   * Watermarks of the program's own: behind certain records, every so often, or both. `create` is called once for each subtask,
   * and at a source for each split.
   *
   * @example
   * // Behind the record that ends a minute.
   * WatermarkStrategy.forGenerator<Tick>(() => ({
   *   onEvent: (tick, time, output) => tick.last && output.emitWatermark(time),
   * }))
   */
  static forGenerator<T>(create: () => WatermarkGenerator<T>): WatermarkStrategy<T> {
    checkFunction('forGenerator', create)
    return by<T>({ kind: 'generator', create: create as () => WatermarkGenerator<unknown> })
  }

  /**
   * Takes timestamps from the records. Fractions of a millisecond are cut off. Without an assigner records keep the
   * timestamps of their source.
   *
   * @example WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((order: Order) => order.time)
   */
  withTimestampAssigner<U extends T>(assigner: TimestampAssigner<U>): WatermarkStrategy<U> {
    checkFunction('withTimestampAssigner', assigner)
    return new WatermarkStrategy<U>({ ...this.settings, assigner })
  }

  /**
   * Nobody waits for a stream, or at a source a split, that has brought no record for so long: it is idle until the next one.
   * Time in which none could be read, as under back pressure, does not count. Fails with `ARGUMENT_INVALID` for a number
   * below 1.
   *
   * @example WatermarkStrategy.forMonotonousTimestamps<Reading>().withIdleness(60_000)
   */
  withIdleness(timeoutMs: number): WatermarkStrategy<T> {
    checkMs('withIdleness', timeoutMs, 1)
    return new WatermarkStrategy<T>({ ...this.settings, idlenessMs: timeoutMs })
  }

  /**
   * For a source: it stops reading while its watermark is more than so far ahead of the lowest in its group, which is made of all
   * sources of the job that name it, with all their subtasks. How far they have come is exchanged every `updateIntervalMs`.
   * A source that has no watermark yet, is idle or has ended does not hold up the others. Fails with `ARGUMENT_INVALID` for an empty
   * name or a time that makes no sense.
   *
   * @example WatermarkStrategy.forMonotonousTimestamps<Reading>().withWatermarkAlignment('readings', 10_000)
   */
  withWatermarkAlignment(
    group: string,
    maxDriftMs: number,
    updateIntervalMs: number = limits.watermarkUpdateMs,
  ): WatermarkStrategy<T> {
    if (typeof group !== 'string' || group === '') {
      const given = typeof group === 'string' ? 'an empty string' : `a value of type ${typeof group}`
      const message = `withWatermarkAlignment was given ${given} for a group: expected a name.`
      throw new StreamError('ARGUMENT_INVALID', message)
    }
    checkMs('withWatermarkAlignment', maxDriftMs, 0)
    checkMs('withWatermarkAlignment', updateIntervalMs, 1)
    return new WatermarkStrategy<T>({ ...this.settings, alignment: { group, maxDriftMs, updateIntervalMs } })
  }
}

const by = <T>(rule: WatermarkRule): WatermarkStrategy<T> =>
  new WatermarkStrategy<T>({ rule, assigner: undefined, idlenessMs: undefined, alignment: undefined })

function checkMs(call: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `${call} was given ${String(value)}: expected whole milliseconds from ${least}.`,
  )
}

function checkFunction(call: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new StreamError('ARGUMENT_INVALID', `${call} was given a value of type ${typeof value}: expected a function.`)
}
