/**
 * Records pushed by an RxJS observable.
 *
 * An observable has no position to go back to: what it emits while nobody is subscribed, or what waits in the buffer
 * when the job fails, is gone. The source says so in its `replayable` and in the log.
 */

import type { Observable, Subscription } from 'rxjs'
import { messageOf, StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { Source, SourcePoll, SourceReader, SourceReaderContext } from '../operators/endpoints.ts'
import { checkArgument, checkInteger } from './argument.ts'
import { RecordBuffer } from './record-buffer.ts'

export type OverflowPolicy = 'fail' | 'drop-oldest' | 'drop-newest'

export interface ObservableOptions {
  /** Records that may wait for the job; 65,536 by default. */
  readonly bufferMax?: number
  /** What happens to one more: the job fails (default), the oldest is dropped, or the new one is. */
  readonly onOverflow?: OverflowPolicy
}

/**
 * A source of what an observable emits from the moment the job starts, read by one subtask. **Not replayable.**
 *
 * It ends when the observable completes. An observable cannot be slowed down, so records wait in a buffer of
 * `bufferMax`. Fails with `SOURCE_FAILED` when the observable errors or the buffer overflows under `fail`, and with
 * `ARGUMENT_INVALID` for options out of bounds.
 *
 * @example
 * const clicks = new Subject<string>()
 * env.fromSource(fromObservable(clicks, { onOverflow: 'drop-oldest' })).sinkTo(print())
 */
export function fromObservable<T>(observable: Observable<T>, options: ObservableOptions = {}): Source<T> {
  const bufferMax = options.bufferMax ?? limits.sourceBufferRecords
  const onOverflow = options.onOverflow ?? 'fail'
  checkInteger('bufferMax of fromObservable', bufferMax, 1)
  checkArgument(
    ['fail', 'drop-oldest', 'drop-newest'].includes(onOverflow),
    'onOverflow of fromObservable',
    'fail, drop-oldest or drop-newest',
    onOverflow,
  )
  return {
    kind: 'observable',
    bounded: false,
    replayable: false,
    parallelism: 1,
    createReader: (context) => new ObservableReader(context, observable, bufferMax, onOverflow),
  }
}

class ObservableReader<T> implements SourceReader<T> {
  readonly #context: SourceReaderContext
  readonly #bufferMax: number
  readonly #onOverflow: OverflowPolicy
  readonly #buffer = new RecordBuffer<T>()
  readonly #subscription: Subscription
  #state: 'open' | 'completed' | 'failed' = 'open'
  #error: StreamError | undefined
  #waiting = false
  #dropped = 0

  constructor(context: SourceReaderContext, observable: Observable<T>, bufferMax: number, onOverflow: OverflowPolicy) {
    this.#context = context
    this.#bufferMax = bufferMax
    this.#onOverflow = onOverflow
    context.log(
      'warn',
      `Source ${operatorLabel(context)} reads an observable, which cannot be read again: after a failure or a resume, records that no completed checkpoint covers are lost.`,
    )
    this.#subscription = observable.subscribe({
      next: (value) => this.#push(value),
      error: (thrown: unknown) => this.#fail(`errored: ${messageOf(thrown)}`, thrown),
      complete: () => {
        if (this.#state === 'open') this.#state = 'completed'
        this.#wake()
      },
    })
    if (this.#state === 'failed') this.#subscription.unsubscribe()
  }

  poll(max: number): SourcePoll<T> {
    const values = this.#buffer.take(max)
    if (values.length > 0) return { type: 'records', values }
    if (this.#error !== undefined) throw this.#error
    if (this.#state === 'completed') return { type: 'end' }
    this.#waiting = true
    return { type: 'waiting' }
  }

  #push(value: T): void {
    if (this.#state !== 'open') return
    if (this.#buffer.size >= this.#bufferMax && !this.#overflow()) return
    this.#buffer.push(value)
    this.#wake()
  }

  /** Returns whether the new record may enter. */
  #overflow(): boolean {
    if (this.#onOverflow === 'fail') {
      this.#fail(
        `emitted faster than the job reads: ${this.#bufferMax} records are waiting, its bufferMax. Raise bufferMax, or set onOverflow to drop-oldest or drop-newest`,
        undefined,
      )
      return false
    }
    this.#dropped += 1
    if (this.#dropped === 1) {
      const policy = this.#onOverflow
      this.#context.log('warn', `Source ${operatorLabel(this.#context)} has started to drop records (${policy}).`)
    }
    if (this.#onOverflow === 'drop-newest') return false
    this.#buffer.dropOldest()
    return true
  }

  #fail(what: string, cause: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#error = new StreamError(
      'SOURCE_FAILED',
      `The observable of source ${operatorLabel(this.#context)} ${what}.`,
      {
        cause,
        restartable: true,
        details: { operator: this.#context.operatorName },
      },
    )
    // Undefined while the observable emits inside `subscribe`; the constructor unsubscribes then.
    this.#subscription?.unsubscribe()
    this.#wake()
  }

  #wake(): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#context.wake()
  }

  /** Nothing to go back to. */
  snapshot(): null {
    return null
  }

  close(): void {
    this.#subscription.unsubscribe()
    if (this.#dropped === 0) return
    this.#context.log('warn', `Source ${operatorLabel(this.#context)} dropped ${this.#dropped} records in all.`)
  }
}
