/**
 * The event time of one split of a source, or of a stream as a whole: its generator, how far its watermark has come, and
 * whether it is idle.
 *
 * Hands its records on with the watermarks in their places between them. Does not own how the watermarks of several splits
 * become one, nor timers (`stream-time.ts`).
 *
 * INV-ST-1 a watermark made in `onEvent` is told behind the record it was made for and before the next one. INV-ST-2 the
 * watermark never falls.
 */
import { endOfTime, recordBatch } from '../../core/elements.ts'
import { StreamError } from '../../core/errors.ts'
import { type NamedOperator, operatorLabel } from '../../core/operator-label.ts'
import { shortJson } from '../../core/short-json.ts'
import type { Output } from '../operator.ts'
import { refusePromise } from '../refuse-promise.ts'
import { timeMax } from './assigned-timestamps.ts'
import type { WatermarkGenerator, WatermarkOutput } from './watermark-generator.ts'
import type { WatermarkRule } from './watermark-strategy.ts'

/** The operator that a split belongs to. */
export type SplitOwner = NamedOperator & { readonly output: Pick<Output, 'emit'> }

export class SplitTime implements WatermarkOutput {
  watermark = Number.NEGATIVE_INFINITY
  idle = false
  /** Not read for now. */
  paused = false
  /** When there were records last, by the clock of idleness. */
  heardMs: number
  readonly #operator: SplitOwner
  readonly #changed: () => void
  readonly #generator: WatermarkGenerator<unknown> | undefined
  /** Of the generator that there is without one of the program's. */
  readonly #boundMs: number
  #latest = Number.NEGATIVE_INFINITY
  /** Idle because nothing was heard of it: its generator is not asked. */
  #silent = false
  /** The batch whose records `onEvent` is called for: those before `from` are handed on, the one at `at` is being seen. */
  #seen:
    | { readonly values: readonly unknown[]; readonly timestamps: readonly number[]; from: number; at: number }
    | undefined

  /** `changed` is called when `watermark` or `idle` has changed. */
  constructor(rule: WatermarkRule, operator: SplitOwner, changed: () => void, nowMs: number) {
    this.#operator = operator
    this.#changed = changed
    this.#generator = rule.kind === 'generator' ? checked(rule.create()) : undefined
    this.#boundMs = rule.kind === 'bounded' ? rule.outOfOrdernessMs : Number.POSITIVE_INFINITY
    this.heardMs = nowMs
  }

  /** Could it fall silent? */
  get waiting(): boolean {
    return !this.idle && !this.paused
  }

  /** Would `periodic` have something to say? */
  get pending(): boolean {
    const generator = this.#generator
    if (this.#silent) return false
    return generator === undefined ? this.#boundedBehind > this.watermark : generator.onPeriodicEmit !== undefined
  }

  get #boundedBehind(): number {
    return this.#latest - this.#boundMs - 1
  }

  /** `latest` is the highest of the timestamps. */
  batch(values: readonly unknown[], timestamps: readonly number[], latest: number): void {
    this.#silent = false
    this.markActive()
    if (this.#generator !== undefined) {
      this.#show(this.#generator, values, timestamps)
      return
    }
    if (latest > this.#latest) this.#latest = latest
    this.#operator.output.emit(recordBatch(values, timestamps))
  }

  /** Records without timestamps, where no generator is. */
  untimed(values: readonly unknown[]): void {
    this.#silent = false
    this.markActive()
    this.#operator.output.emit(recordBatch(values))
  }

  #show(generator: WatermarkGenerator<unknown>, values: readonly unknown[], timestamps: readonly number[]): void {
    const seen = { values, timestamps, from: 0, at: 0 }
    this.#seen = seen
    for (; seen.at < values.length; seen.at++) {
      const result: unknown = generator.onEvent(values[seen.at], timestamps[seen.at]!, this)
      if (seen.at === 0) refusePromise(result, 'onEvent of the watermark generator')
    }
    this.#handOn(values.length)
    this.#seen = undefined
  }

  /** The records of the batch before `end` that are still here. */
  #handOn(end: number): void {
    const seen = this.#seen
    if (seen === undefined || seen.from >= end) return
    const { values, timestamps, from } = seen
    seen.from = end
    const whole = from === 0 && end === values.length
    this.#operator.output.emit(
      whole ? recordBatch(values, timestamps) : recordBatch(values.slice(from, end), timestamps.slice(from, end)),
    )
  }

  /** Nothing was heard of it for too long. */
  fallSilent(): void {
    this.periodic()
    this.#silent = true
    this.markIdle()
  }

  periodic(): void {
    if (this.#silent) return
    if (this.#generator === undefined) this.#rise(this.#boundedBehind)
    else refusePromise(this.#generator.onPeriodicEmit?.(this), 'onPeriodicEmit of the watermark generator')
  }

  /** What is called by the generator. Fails with `WATERMARK_INVALID` for what is no time. */
  emitWatermark(timestamp: number): void {
    const given: unknown = timestamp
    if (given === endOfTime || given === Number.POSITIVE_INFINITY) this.#rise(endOfTime)
    else if (typeof given === 'number' && given >= -timeMax && given <= timeMax) this.#rise(Math.floor(given))
    else if (given !== Number.NEGATIVE_INFINITY) throw noWatermark(this.#operator, given)
  }

  #rise(watermark: number): void {
    if (watermark > this.watermark) this.#become(watermark, false)
  }

  markIdle(): void {
    if (!this.idle) this.#become(this.watermark, true)
  }

  markActive(): void {
    if (this.idle) this.#become(this.watermark, false)
  }

  #become(watermark: number, idle: boolean): void {
    if (this.#seen !== undefined) this.#handOn(this.#seen.at + 1)
    this.watermark = watermark
    this.idle = idle
    this.#changed()
  }
}

function checked(generator: WatermarkGenerator<unknown>): WatermarkGenerator<unknown> {
  const onEvent: unknown = (generator as { readonly onEvent?: unknown } | undefined)?.onEvent
  if (typeof onEvent === 'function') return generator
  refusePromise(generator, 'The function given to forGenerator')
  const message = `The function given to forGenerator returned an object whose onEvent is of type ${typeof onEvent}: expected a function.`
  throw new StreamError('ARGUMENT_INVALID', message)
}

function noWatermark(operator: NamedOperator, given: unknown): StreamError {
  const got = given instanceof Date ? 'a Date' : shortJson(given)
  const sentence =
    `A watermark generator of operator ${operatorLabel(operator)} emitted the watermark ${got}: expected milliseconds since 1970, ` +
    `from -${timeMax} to ${timeMax}, or endOfTime.`
  return new StreamError('WATERMARK_INVALID', sentence, {
    details: { operator: operator.operatorName, uid: operator.uid ?? null },
  })
}
