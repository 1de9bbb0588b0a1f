/**
 * Records made from their index, as fast as wanted or at a given rate.
 *
 * Subtask `s` of `p` makes the indexes s, s + p, s + 2p, …: every index once, whatever each subtask's speed. Pacing is
 * of the present run only and no part of the state: after a restore the next record is due at once.
 */

import { asStreamError } from '../core/errors.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { Source, SourcePoll, SourceReader, SourceReaderContext } from '../operators/endpoints.ts'
import { checkArgument, checkInteger } from './argument.ts'
import { type PositionState, restoredPosition } from './position.ts'

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
 * up for, so a slow job gets fewer records per second and never a flood. Fails with `USER_FUNCTION_FAILED` when `at`
 * throws, and with `ARGUMENT_INVALID` for options out of bounds.
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
    createReader: (context, restored) => new GeneratorReader(context, options, restoredPosition(context, restored)),
  }
}

class GeneratorReader<T> implements SourceReader<T> {
  readonly #context: SourceReaderContext
  readonly #at: (index: number) => T
  /** Records of this subtask in all. */
  readonly #total: number
  readonly #msPerRecord: number
  /** Records made so far by this subtask; the next index is `position * parallelism + subtask`. */
  #position: number
  /** When the record at `#position` is due; undefined before the first poll. */
  #dueMs: number | undefined

  constructor(context: SourceReaderContext, options: GenerateOptions<T>, position: number) {
    const { count, ratePerSecond } = options
    this.#context = context
    this.#at = options.at
    this.#total =
      count === undefined ? Number.POSITIVE_INFINITY : Math.ceil((count - context.subtaskIndex) / context.parallelism)
    this.#msPerRecord = ratePerSecond === undefined ? 0 : (1_000 * context.parallelism) / ratePerSecond
    this.#position = position
  }

  poll(max: number): SourcePoll<T> {
    const left = this.#total - this.#position
    if (left <= 0) return { type: 'end' }
    const size = Math.min(max, left, this.#due(max))
    if (size === 0) return { type: 'waiting' }
    const { parallelism, subtaskIndex } = this.#context
    const values: T[] = []
    for (let i = 0; i < size; i++) values.push(this.#make((this.#position + i) * parallelism + subtaskIndex))
    this.#position += size
    if (this.#dueMs !== undefined) this.#dueMs += size * this.#msPerRecord
    return { type: 'records', values }
  }

  /** How many records are due now, at most `max`; arranges to be woken when there is none. */
  #due(max: number): number {
    if (this.#msPerRecord === 0) return max
    const now = this.#context.now()
    const earliestMs = now - (max - 1) * this.#msPerRecord
    this.#dueMs = Math.max(this.#dueMs ?? now, earliestMs)
    if (this.#dueMs > now) {
      this.#context.wakeAt(Math.ceil(this.#dueMs))
      return 0
    }
    return Math.floor((now - this.#dueMs) / this.#msPerRecord) + 1
  }

  #make(index: number): T {
    try {
      return this.#at(index)
    } catch (thrown) {
      const sentence = `at(${index}) of source ${operatorLabel(this.#context)} threw`
      throw asStreamError(thrown, 'USER_FUNCTION_FAILED', sentence)
    }
  }

  snapshot(): PositionState {
    return { position: this.#position }
  }

  close(): void {}
}
