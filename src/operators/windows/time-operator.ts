/**
 * What the operators of windows have in common: timers, the watermark, calls of the window function, and records that come too
 * late. Does not own windows: `timer` and `batch` are those of the operators proper.
 */
import type { KeyedStateBackend } from '../../backends/state-backend.ts'
import type { RecordBatch } from '../../core/elements.ts'
import { assert } from '../../core/errors.ts'
import { operatorLabel } from '../../core/operator-label.ts'
import { LateRecords } from '../late-records.ts'
import type { Operator, OperatorContext, OperatorSnapshot } from '../operator.ts'
import { restoredWatermark, withWatermark } from '../stored-watermark.ts'
import { type TimeDomain, type TimerHandler, TimerService } from '../timer-service.ts'
import type { WindowDefinition } from './definition.ts'
import { WindowCalls } from './window-calls.ts'
import { functionOf } from './window-firing.ts'

export abstract class WindowTimeOperator implements Operator, TimerHandler {
  readonly definition: WindowDefinition
  readonly eventTime: boolean
  protected context!: OperatorContext
  protected state!: KeyedStateBackend
  protected timers!: TimerService
  protected calls!: WindowCalls
  /** Those for which there is no side output. */
  #late!: LateRecords

  constructor(definition: WindowDefinition) {
    this.definition = definition
    this.eventTime = definition.assigner.timeDomain === 'event-time'
  }

  open(context: OperatorContext, restored: unknown): void {
    assert(context.state !== undefined, `keyed operator ${context.operatorName} has a state backend`)
    this.context = context
    this.#late = new LateRecords(
      (what) => context.log('warn', `Operator ${operatorLabel(context)} ${what}`),
      'too late for their windows',
      `${this.definition.inputs === 1 ? 'sideOutputLateData gives' : 'sideOutputLeftLateData and sideOutputRightLateData give'} them out, allowedLateness waits for them`,
    )
    this.state = context.state
    this.timers = new TimerService(context, context.state, this, restoredWatermark(restored))
    this.calls = new WindowCalls(context, this.timers, functionOf(this.definition.computation))
    this.openWindows()
    this.#requestCleanup()
  }

  /** Everything else is open. */
  protected abstract openWindows(): void

  abstract batch(input: 0 | 1, batch: RecordBatch): void

  abstract timer(timestamp: number, domain: TimeDomain): void

  watermark(timestamp: number): void {
    this.timers.advanceWatermark(timestamp)
  }

  get unfinished(): boolean {
    return this.timers.unfinished
  }

  proceed(): void {
    this.timers.proceed()
  }

  get lateRecordsDropped(): number {
    return this.#late.dropped
  }

  processingTime(now: number): void {
    this.calls.cleanup?.run(now)
    this.timers.processingTime(now)
    this.#requestCleanup()
  }

  flush(): void {
    this.calls.flush()
  }

  endOfData(): void {}

  snapshot(): OperatorSnapshot {
    return { state: withWatermark(undefined, this.timers.watermark), keyed: this.state.mark(), durable: undefined }
  }

  close(): void {
    this.#late.close()
  }

  /** Every window of the record is over. */
  protected tooLate(value: unknown, timestamp: number): void {
    const { inputs, lateTag, secondLateTag } = this.definition
    const [input, record] = inputs === 1 ? [0, value] : (value as readonly [input: 0 | 1, record: unknown])
    const tag = input === 0 ? lateTag : secondLateTag
    if (tag === undefined) this.#late.drop(timestamp, this.timers.watermark)
    else this.calls.toSide(tag, record, timestamp)
  }

  #requestCleanup(): void {
    const next = this.calls.cleanup?.next()
    if (next !== undefined) this.context.requestProcessingTime(next)
  }
}
