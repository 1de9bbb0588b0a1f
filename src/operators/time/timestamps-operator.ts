/**
 * Gives the records of a stream timestamps, and the stream watermarks that follow from them.
 *
 * Its watermarks take the place of those from upstream, which end here, but for the last one of all. What it knows of the
 * stream is in no snapshot: after a restore its watermark begins anew, and operators behind it keep theirs.
 */
import { maxWatermark, type RecordBatch } from '../../core/elements.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot } from '../operator.ts'
import { StreamTime } from './stream-time.ts'
import type { StrategySettings, WatermarkStrategy } from './watermark-strategy.ts'

/**
 * The operator of `assignTimestampsAndWatermarks`. A record that gets no time fails the job with `TIMESTAMP_MISSING`.
 *
 * @example
 * timestampsOperator(WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((order: Order) => order.time))
 */
export const timestampsOperator = <T>(strategy: WatermarkStrategy<T>): OperatorFactory => ({
  kind: 'timestamps',
  stateful: false,
  inputCount: 1,
  chaining: 'always',
  keyed: false,
  create: () => new TimestampsOperator(strategy.settings as StrategySettings<unknown>),
})

const nothing: OperatorSnapshot = { state: undefined, keyed: undefined, durable: undefined }

class TimestampsOperator implements Operator {
  readonly #settings: StrategySettings<unknown>
  #time!: StreamTime

  constructor(settings: StrategySettings<unknown>) {
    this.#settings = settings
  }

  open(context: OperatorContext): void {
    this.#time = new StreamTime(this.#settings, context)
  }

  batch(_input: 0 | 1, { values, timestamps }: RecordBatch): void {
    this.#time.batch(undefined, values, timestamps)
  }

  watermark(timestamp: number): void {
    if (timestamp === maxWatermark.timestamp) this.#time.end()
  }

  watermarkStatus(): void {}

  turn(monotonicMs: number): void {
    this.#time.turn(monotonicMs)
  }

  endOfData(): void {}

  snapshot(): OperatorSnapshot {
    return nothing
  }

  close(): void {}
}
