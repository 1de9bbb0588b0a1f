/**
 * Records made from their index, as fast as wanted or at a given rate.
 *
 * Each subtask makes the indexes of its own classes (`index-classes.ts`): every index once, whatever each subtask's speed, and
 * through any changes of the parallelism. Pacing is of the present run only and no part of the state: after a restore
 * the next record is due at once.
 */

import { asStreamError } from '../core/errors.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { DividedState } from '../core/operator-state.ts'
import type { Source, SourcePoll, SourceReader, SourceReaderContext } from '../operators/endpoints.ts'
import { checkArgument, checkInteger } from './argument.ts'
import { type IndexClasses, indexClasses } from './index-classes.ts'

export interface GenerateOptions<T> {
  /** Records in all, over every subtask. Without it the source never ends. */
  readonly count?: number
  /** Records per second in all, over every subtask. Without it there is no limit. */
  readonly ratePerSecond?: number
  /** The record of this index, from 0. Called again for the same index after a restore: must depend on nothing else. */
  readonly at: (index: number) => T
}

/**
 * A replayable source that computes its records, in as many subtasks as wanted.
 *
 * With `ratePerSecond` a subtask that was held up catches up by at most one batch; time lost beyond that is not made
 * up for, so a slow job gets fewer records per second and never a flood. One subtask makes its records
 * in the order of their indexes. Fails with `USER_FUNCTION_FAILED` when `at` throws, with `RESTORE_STATE_INCOMPATIBLE`
 * when restored from the state of another connector, and with `ARGUMENT_INVALID` for options out of bounds.
 *
 * @example
 * env.fromSource(generate({ count: 1_000, ratePerSecond: 100, at: (index) => ({ id: index }) })).sinkTo(print())
 */
export function generate<T>(options: GenerateOptions<T>): Source<T> {
  const { count, ratePerSecond } = options
  if (count !== undefined) checkInteger('count of generate', count, 0)
  if (ratePerSecond !== undefined) {
    const valid = Number.isFinite(ratePerSecond) && ratePerSecond > 0
    checkArgument(valid, 'ratePerSecond of generate', 'a number above 0', ratePerSecond)
  }
  return {
    kind: 'generator',
    bounded: count !== undefined,
    replayable: true,
    createReader: (context, restored) => new GeneratorReader(context, options, indexClasses(context, restored)),
  }
}

class GeneratorReader<T> implements SourceReader<T> {
  readonly #context: SourceReaderContext
  readonly #options: GenerateOptions<T>
  readonly #classes: IndexClasses
  readonly #msPerRecord: number
  /** When the next record is due, by the monotonic clock; undefined before the first poll. */
  #dueMs: number | undefined

  constructor(context: SourceReaderContext, options: GenerateOptions<T>, classes: IndexClasses) {
    const { ratePerSecond } = options
    this.#context = context
    this.#options = options
    this.#classes = classes
    this.#msPerRecord = ratePerSecond === undefined ? 0 : 1_000 / (ratePerSecond * classes.share)
  }

  poll(max: number): SourcePoll<T> {
    const classes = this.#classes
    const { count = Number.POSITIVE_INFINITY } = this.#options
    // Without a count only a subtask that has no classes is at an end, and with another parallelism it may get some.
    if (classes.next >= count) return { type: this.#options.count === undefined ? 'waiting' : 'end' }
    const size = Math.min(max, this.#due(max))
    if (size === 0) return { type: 'waiting' }
    const values: T[] = []
    while (values.length < size && classes.next < count) values.push(this.#make(classes.take()))
    if (this.#dueMs !== undefined) this.#dueMs += values.length * this.#msPerRecord
    return { type: 'records', values }
  }

  /** How many records are due now, at most `max`; arranges to be woken when there is none. */
  #due(max: number): number {
    if (this.#msPerRecord === 0) return max
    const now = this.#context.monotonicMs()
    const earliestMs = now - (max - 1) * this.#msPerRecord
    this.#dueMs = Math.max(this.#dueMs ?? now, earliestMs)
    if (this.#dueMs > now) {
      this.#context.wakeAfter(Math.ceil(this.#dueMs - now))
      return 0
    }
    return Math.floor((now - this.#dueMs) / this.#msPerRecord) + 1
  }

  #make(index: number): T {
    try {
      return this.#options.at(index)
    } catch (thrown) {
      const sentence = `at(${index}) of source ${operatorLabel(this.#context)} threw`
      throw asStreamError(thrown, 'USER_FUNCTION_FAILED', sentence)
    }
  }

  snapshot(): DividedState {
    return this.#classes.snapshot()
  }

  close(): void {}
}
