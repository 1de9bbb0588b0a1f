/**
 * A run of maps, filters and flatMaps that follow each other in a chain, as one loop over a batch.
 *
 * Owns the records of one batch while they are on their way through the run: none is left when `batch` returns. Does not
 * own the operators, which still live and are still told of watermarks, snapshots and ends one by one. Each record goes
 * through the whole run before the next one starts, so with two functions that fail, the one of the earlier record is heard.
 *
 * The loop is compiled where that is allowed (`compiled-steps.ts`) and plain where not; both do the same. As in a single
 * operator, the first call of each function per batch is checked for a promise: until each had one, the plain loop runs.
 */
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { compileSteps, type LoopOutput, type StepLoops } from './compiled-steps.ts'
import { iterableOf } from './iterable-results.ts'
import type { Output } from './operator.ts'
import { refusePromise } from './refuse-promise.ts'
import { type StatelessStep, subjectOf } from './stateless.ts'

export interface FusedOptions {
  readonly steps: readonly StatelessStep[]
  /** Of the last operator of the run. */
  readonly output: Output
  /** Records per batch, at most, when the run has a flatMap. */
  readonly limit: number
  /** Whose code the loop is. */
  readonly owner: string
  /** Says whose function has thrown. */
  readonly named: (step: number, thrown: unknown) => unknown
  readonly compile?: typeof compileSteps
}

export class FusedSteps implements LoopOutput {
  readonly #steps: readonly StatelessStep[]
  readonly #output: Output
  readonly #limit: number
  readonly #named: FusedOptions['named']
  readonly #loops: StepLoops | undefined
  readonly #multiplies: boolean
  /** Every record of a batch comes out in its place, and keeps its timestamp. */
  readonly #mapsOnly: boolean
  readonly #unchecked: boolean[]
  #uncheckedLeft = 0
  values: unknown[] = []
  timestamps: number[] = []
  length = 0
  at = 0
  #stamped = false

  constructor({ steps, output, limit, owner, named, compile = compileSteps }: FusedOptions) {
    this.#steps = steps
    this.#output = output
    this.#limit = limit
    this.#named = named
    this.#loops = compile(steps, limit, owner)
    this.#multiplies = steps.some(({ kind }) => kind === 'flat-map')
    this.#mapsOnly = steps.every(({ kind }) => kind === 'map')
    this.#unchecked = steps.map(() => false)
  }

  batch(batch: RecordBatch): void {
    const { values, timestamps } = batch
    if (values.length === 0) return
    this.#stamped = timestamps !== undefined && !this.#mapsOnly
    if (!this.#multiplies) this.values = new Array(values.length)
    this.#unchecked.fill(true)
    this.#uncheckedLeft = this.#steps.length
    try {
      const from = this.#plainly(batch)
      const loop = this.#stamped ? this.#loops?.stamped : this.#loops?.plain
      if (from < values.length) loop?.(batch, from, this)
      if (this.#mapsOnly) this.#handMapped(timestamps)
      else if (this.length > 0) this.emit()
    } catch (thrown) {
      this.length = 0
      throw this.#named(this.at, thrown)
    }
  }

  #handMapped(timestamps: RecordBatch['timestamps']): void {
    const mapped = this.values
    this.length = 0
    this.values = []
    this.#hand(recordBatch(mapped, timestamps))
  }

  emit(): void {
    const { length, values, timestamps } = this
    this.length = 0
    this.values = new Array(this.#multiplies ? length : 0)
    if (values.length > length) values.length = length
    if (!this.#stamped) {
      this.#hand(recordBatch(values))
      return
    }
    this.timestamps = new Array(this.#multiplies ? length : 0)
    if (timestamps.length > length) timestamps.length = length
    this.#hand(recordBatch(values, timestamps))
  }

  /** What those downstream throw has their name already, or else that of the last operator here, which called them. */
  #hand(batch: RecordBatch): void {
    this.at = this.#steps.length - 1
    this.#output.emit(batch)
  }

  /** All records, or, where there is a compiled loop, as many as it takes to check each function. Returns how many. */
  #plainly({ values, timestamps }: RecordBatch): number {
    let i = 0
    for (; i < values.length && (this.#loops === undefined || this.#uncheckedLeft > 0); i++) {
      this.#pass(values[i], timestamps === undefined ? undefined : timestamps[i], 0)
    }
    return i
  }

  #pass(given: unknown, timestamp: number | undefined, from: number): void {
    let value = given
    for (let step = from; step < this.#steps.length; step++) {
      const { kind, fn } = this.#steps[step]!
      this.at = step
      const result = fn(value)
      if (this.#unchecked[step]) this.#check(step, result)
      if (kind === 'flat-map') {
        for (const one of iterableOf(result, subjectOf(this.#steps[step]!))) {
          this.#pass(one, timestamp, step + 1)
          this.at = step
        }
        return
      }
      if (kind === 'map') value = result
      else if (!result) return
    }
    if (this.#stamped) this.timestamps[this.length] = timestamp!
    this.values[this.length++] = value
    if (this.#multiplies && this.length >= this.#limit) this.emit()
  }

  #check(step: number, result: unknown): void {
    this.#unchecked[step] = false
    this.#uncheckedLeft--
    refusePromise(result, subjectOf(this.#steps[step]!))
  }
}
