/**
 * Records from an iterable or async iterable that can be opened again.
 *
 * Owns skipping to a restored position and, for async iterables, pulling ahead into a bounded buffer. Does not own
 * what the iterable does: if a second opening yields other records, a restore continues in those.
 */

import { asStreamError, StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { Source, SourcePoll, SourceReader, SourceReaderContext } from '../operators/endpoints.ts'
import { type PositionState, restoredPosition } from './position.ts'
import { RecordBuffer } from './record-buffer.ts'

export interface IterableOptions {
  /** Will the iterable end by itself? True by default. */
  readonly bounded?: boolean
}

/**
 * A source of the records of whatever `open` returns, read by one subtask.
 *
 * `open` is called once per attempt; its position is the number of records read, so a restore opens again and skips
 * that many. It must yield the same records in the same order each time. An async iterable is pulled ahead by up to
 * 65,536 records. Fails with `SOURCE_FAILED` when the iterable throws, or ends before the restored position.
 *
 * @example
 * env.fromSource(fromIterable(function* () { for (let i = 0; i < 3; i++) yield i })).sinkTo(print())
 */
export function fromIterable<T>(open: () => Iterable<T> | AsyncIterable<T>, options: IterableOptions = {}): Source<T> {
  return {
    kind: 'iterable',
    bounded: options.bounded ?? true,
    replayable: true,
    parallelism: 1,
    createReader(context, restored) {
      const position = restoredPosition(context, restored)
      const iterable = attempt(context, open)
      return Symbol.asyncIterator in iterable
        ? new PullingReader(context, iterable, position)
        : new StepReader(context, iterable, position)
    },
  }
}

const failure = (context: SourceReaderContext, thrown: unknown): StreamError =>
  asStreamError(thrown, 'SOURCE_FAILED', `The iterable of source ${operatorLabel(context)} threw`)

const attempt = <R>(context: SourceReaderContext, run: () => R): R => {
  try {
    return run()
  } catch (thrown) {
    throw failure(context, thrown)
  }
}

const endedEarly = (context: SourceReaderContext, position: number, missing: number): StreamError =>
  new StreamError(
    'SOURCE_FAILED',
    `The iterable of source ${operatorLabel(context)} ended after ${position - missing} records: expected at least ${position}, its position when the job was restored. It must yield the same records each time it is opened.`,
    { details: { operator: context.operatorName, expected: position, got: position - missing } },
  )

class StepReader<T> implements SourceReader<T> {
  readonly #context: SourceReaderContext
  readonly #iterator: Iterator<T>
  #position: number
  #toSkip: number
  #ended = false

  constructor(context: SourceReaderContext, iterable: Iterable<T>, position: number) {
    this.#context = context
    this.#iterator = attempt(context, () => iterable[Symbol.iterator]())
    this.#position = position
    this.#toSkip = position
  }

  poll(max: number): SourcePoll<T> {
    if (this.#toSkip > 0 && !this.#skip()) return { type: 'waiting' }
    if (this.#ended) return { type: 'end' }
    const values: T[] = []
    attempt(this.#context, () => {
      while (values.length < max && !this.#ended) {
        const next = this.#iterator.next()
        if (next.done === true) this.#ended = true
        else values.push(next.value)
      }
    })
    this.#position += values.length
    return values.length > 0 ? { type: 'records', values } : { type: 'end' }
  }

  /** Skips a bounded number, so that one poll stays short. Returns whether the position is reached. */
  #skip(): boolean {
    const now = Math.min(this.#toSkip, limits.sourceSkipRecords)
    attempt(this.#context, () => {
      for (let i = 0; i < now; i++) {
        if (this.#iterator.next().done === true) throw endedEarly(this.#context, this.#position, this.#toSkip - i)
      }
    })
    this.#toSkip -= now
    if (this.#toSkip > 0) this.#context.wake()
    return this.#toSkip === 0
  }

  snapshot(): PositionState {
    return { position: this.#position }
  }

  close(): void {
    if (this.#ended) return
    try {
      this.#iterator.return?.()
    } catch {
      // The reader is being given up; what the iterable's clean-up throws can help nobody any more.
    }
  }
}

class PullingReader<T> implements SourceReader<T> {
  readonly #context: SourceReaderContext
  readonly #buffer = new RecordBuffer<T>()
  #position: number
  #toSkip: number
  #state: 'pulling' | 'ended' | 'closed' = 'pulling'
  #failed: StreamError | undefined
  #waiting = false
  #makeRoom: (() => void) | undefined

  constructor(context: SourceReaderContext, iterable: AsyncIterable<T>, position: number) {
    this.#context = context
    this.#position = position
    this.#toSkip = position
    void this.#pull(iterable)
  }

  poll(max: number): SourcePoll<T> {
    const values = this.#buffer.take(max)
    if (values.length > 0) {
      this.#position += values.length
      this.#makeRoom?.()
      return { type: 'records', values }
    }
    if (this.#failed !== undefined) throw this.#failed
    if (this.#state === 'ended') return { type: 'end' }
    this.#waiting = true
    return { type: 'waiting' }
  }

  /** Leaving the loop calls the iterator's `return`, so its clean-up runs when the reader is closed. */
  async #pull(iterable: AsyncIterable<T>): Promise<void> {
    try {
      for await (const value of iterable) {
        if (this.#isClosed()) return
        if (this.#toSkip > 0) {
          this.#toSkip -= 1
          continue
        }
        this.#buffer.push(value)
        this.#wake()
        if (this.#buffer.size >= limits.sourceBufferRecords) await this.#room()
        if (this.#isClosed()) return
      }
      if (this.#toSkip > 0) throw endedEarly(this.#context, this.#position, this.#toSkip)
      this.#state = 'ended'
    } catch (thrown) {
      this.#failed = failure(this.#context, thrown)
    }
    this.#wake()
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#makeRoom = resolve
    })
  }

  #wake(): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#context.wake()
  }

  snapshot(): PositionState {
    return { position: this.#position }
  }

  /** Does not wait for a pull that may never come back. */
  close(): void {
    this.#state = 'closed'
    this.#makeRoom?.()
  }
}
