/** An output that keeps what it is given, for tests. */
import type { RecordBatch } from '../core/elements.ts'
import type { Output } from '../operators/operator.ts'

export interface EmittedRecord {
  readonly value: unknown
  readonly timestamp: number | undefined
}

/**
 * Collects records and watermarks.
 *
 * @example
 * const late = harness.side(lateTag)
 * late.values // what was emitted to that tag
 */
export class CollectedOutput implements Output {
  readonly records: EmittedRecord[] = []
  readonly watermarks: number[] = []
  /** `idle` and `active` in turn. */
  readonly statuses: ('idle' | 'active')[] = []
  readonly batchSizes: number[] = []

  get values(): readonly unknown[] {
    return this.records.map(({ value }) => value)
  }

  emit({ values, timestamps }: RecordBatch): void {
    this.batchSizes.push(values.length)
    for (const [i, value] of values.entries()) this.records.push({ value, timestamp: timestamps?.[i] })
  }

  watermark(timestamp: number): void {
    this.watermarks.push(timestamp)
  }

  watermarkStatus(idle: boolean): void {
    this.statuses.push(idle ? 'idle' : 'active')
  }
}
