/**
 * The operators that need neither key nor state: map, flatMap, filter.
 *
 * Each is one loop over a batch; several of them in a row are one loop together (`fused-steps.ts`). Timestamps stay with their records; keys do not, since the new value may have another.
 */
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { EmitBuffer } from './emit-buffer.ts'
import { iterableOf } from './iterable-results.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot, Output } from './operator.ts'
import { refusePromise } from './refuse-promise.ts'

/** What such an operator does with one record: all of it, so that a run of them can be one loop (`fused-steps.ts`). */
export interface StatelessStep {
  readonly kind: 'map' | 'filter' | 'flat-map'
  readonly fn: (value: unknown) => unknown
}

const subjects = { map: 'The map function', filter: 'The filter function', 'flat-map': 'The flatMap function' } as const

/** The function of a step, as a sentence begins. */
export const subjectOf = ({ kind }: StatelessStep): string => subjects[kind]

/** Undefined for any other operator. */
export const stepOf = (operator: Operator): StatelessStep | undefined =>
  operator instanceof StatelessOperator ? operator.step : undefined

const nothing: OperatorSnapshot = { state: undefined, keyed: undefined, durable: undefined }

abstract class StatelessOperator implements Operator {
  abstract readonly step: StatelessStep
  protected output!: Output

  open(context: OperatorContext): void {
    this.output = context.output
  }

  abstract batch(input: 0 | 1, batch: RecordBatch): void

  endOfData(): void {}

  snapshot(): OperatorSnapshot {
    return nothing
  }

  close(): void {}
}

class MapOperator extends StatelessOperator {
  override readonly step: StatelessStep
  readonly #fn: (value: unknown) => unknown

  constructor(fn: (value: unknown) => unknown) {
    super()
    this.#fn = fn
    this.step = { kind: 'map', fn }
  }

  override batch(_input: 0 | 1, { values, timestamps }: RecordBatch): void {
    const fn = this.#fn
    const mapped: unknown[] = new Array(values.length)
    if (values.length > 0) {
      mapped[0] = fn(values[0])
      refusePromise(mapped[0], subjects.map)
    }
    for (let i = 1; i < values.length; i++) mapped[i] = fn(values[i])
    this.output.emit(recordBatch(mapped, timestamps))
  }
}

class FilterOperator extends StatelessOperator {
  override readonly step: StatelessStep
  readonly #keep: (value: unknown) => boolean

  constructor(keep: (value: unknown) => boolean) {
    super()
    this.#keep = keep
    this.step = { kind: 'filter', fn: keep }
  }

  override batch(_input: 0 | 1, batch: RecordBatch): void {
    const keep = this.#keep
    const { values, timestamps } = batch
    if (values.length === 0) return
    const keepsFirst = keep(values[0])
    refusePromise(keepsFirst, subjects.filter)
    let i = 0
    if (keepsFirst) for (i = 1; i < values.length && keep(values[i]); ) i++
    // Most filters keep most records: a batch that is kept whole is passed on by reference.
    if (i === values.length) {
      this.output.emit(batch)
      return
    }
    const kept = values.slice(0, i)
    const keptTimestamps = timestamps?.slice(0, i)
    for (i++; i < values.length; i++) {
      if (!keep(values[i])) continue
      kept.push(values[i])
      keptTimestamps?.push(timestamps![i]!)
    }
    if (kept.length > 0) this.output.emit(recordBatch(kept, keptTimestamps))
  }
}

class FlatMapOperator extends StatelessOperator {
  override readonly step: StatelessStep
  readonly #fn: (value: unknown) => Iterable<unknown>
  #buffer!: EmitBuffer

  constructor(fn: (value: unknown) => Iterable<unknown>) {
    super()
    this.#fn = fn
    this.step = { kind: 'flat-map', fn }
  }

  override open(context: OperatorContext): void {
    super.open(context)
    this.#buffer = new EmitBuffer(context.output, context.batchRecords)
  }

  override batch(_input: 0 | 1, { values, timestamps }: RecordBatch): void {
    const fn = this.#fn
    const buffer = this.#buffer
    for (let i = 0; i < values.length; i++) {
      const results = fn(values[i])
      const timestamp = timestamps === undefined ? undefined : timestamps[i]
      if (Array.isArray(results)) for (let j = 0; j < results.length; j++) buffer.push(results[j], timestamp)
      else for (const result of iterableOf(results, subjects['flat-map'])) buffer.push(result, timestamp)
    }
    buffer.flush()
  }
}

const stateless = (kind: string, create: () => Operator): OperatorFactory => ({
  kind,
  stateful: false,
  inputCount: 1,
  chaining: 'always',
  keyed: false,
  create,
})

/**
 * One record out for each record in. A throw of `fn` fails the job with `USER_FUNCTION_FAILED`.
 *
 * @example
 * const lengths = mapOperator((word: string) => word.length)
 */
export const mapOperator = <In, Out>(fn: (value: In) => Out): OperatorFactory =>
  stateless('map', () => new MapOperator(fn as (value: unknown) => unknown))

/**
 * Any number of records out for each record in. A throw of `fn` fails the job with `USER_FUNCTION_FAILED`.
 *
 * @example
 * const words = flatMapOperator((line: string) => line.split(' '))
 */
export const flatMapOperator = <In, Out>(fn: (value: In) => Iterable<Out>): OperatorFactory =>
  stateless('flat-map', () => new FlatMapOperator(fn as (value: unknown) => Iterable<unknown>))

/**
 * Keeps the records for which `keep` is true. A throw of `keep` fails the job with `USER_FUNCTION_FAILED`.
 *
 * @example
 * const long = filterOperator((word: string) => word.length > 10)
 */
export const filterOperator = <In>(keep: (value: In) => boolean): OperatorFactory =>
  stateless('filter', () => new FilterOperator(keep as (value: unknown) => boolean))
