/**
 * Gives the records of a stream timestamps, and the stream watermarks that follow from them.
 *
 * Its watermarks take the place of those from upstream, which end here, but for the last one of all. What it knows of the
 * stream is in no snapshot: after a restore its watermark begins anew, and operators behind it keep theirs.
 */
import { maxWatermark, type RecordBatch, recordBatch } from '../../core/elements.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot } from '../operator.ts'
import { AssignedTimestamps } from './assigned-timestamps.ts'
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
  #context!: OperatorContext
  #timestamps!: AssignedTimestamps
  #watermark = Number.NEGATIVE_INFINITY

  constructor(settings: StrategySettings<unknown>) {
    this.#settings = settings
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#timestamps = new AssignedTimestamps(
      this.#settings.assigner,
      `${context.jobId} ${context.operatorId} timestamps`,
      context,
    )
  }

  batch(_input: 0 | 1, { values, timestamps }: RecordBatch): void {
    const assigned = this.#timestamps.of(values, timestamps)
    this.#context.output.emit(recordBatch(values, assigned))
    const { rule } = this.#settings
    if (rule.kind === 'none') return
    let latest = Number.NEGATIVE_INFINITY
    for (let i = 0; i < assigned.length; i++) if (assigned[i]! > latest) latest = assigned[i]!
    this.#advance(latest - rule.outOfOrdernessMs - 1)
  }

  watermark(timestamp: number): void {
    if (timestamp === maxWatermark.timestamp) this.#advance(timestamp)
  }

  watermarkStatus(): void {}

  #advance(timestamp: number): void {
    if (timestamp <= this.#watermark) return
    this.#watermark = timestamp
    this.#context.output.watermark(timestamp)
  }

  endOfData(): void {}

  snapshot(): OperatorSnapshot {
    return nothing
  }

  close(): void {}
}
