/**
 * Sources and sinks as operators: the adapters between the endpoint contracts and a chain.
 *
 * Owns the reader or writer of one subtask and names it in errors: what it throws without a code of its own becomes
 * `SOURCE_FAILED` or `SINK_FAILED`. Does not own offsets, files or connections; those are the endpoint's.
 */

import { maxWatermark, type RecordBatch, recordBatch, type SnapshotKind } from '../core/elements.ts'
import { asStreamError, assert, type StreamError } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { EndpointContext, Sink, SinkWriter, Source, SourceFactory, SourceReader } from './endpoints.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot } from './operator.ts'

/** The head of a chain that nobody feeds: it is polled. */
export interface SourceOperator extends Operator {
  /** Emits at most `max` records and says what it found. After `end` it has nothing more for good. */
  poll(max: number): 'records' | 'waiting' | 'end'
  /** Records read by this instance so far. */
  readonly recordsRead: number
}

export const isSourceOperator = (operator: Operator): operator is SourceOperator => 'poll' in operator

/**
 * The operator that reads `source`. What the reader throws fails the job with its own code, or `SOURCE_FAILED`.
 *
 * @example
 * const numbers = sourceOperator(fromCollection([1, 2, 3]))
 */
export const sourceOperator = <T>(source: Source<T>): SourceFactory => ({
  kind: 'source',
  stateful: true,
  inputCount: 0,
  chaining: 'head',
  keyed: false,
  source,
  create: () => new SourceReaderOperator(source),
})

/**
 * The operator that writes to `sink`. What the writer throws fails the job with its own code, or `SINK_FAILED`.
 *
 * @example
 * const out = sinkOperator(toArray([]))
 */
export const sinkOperator = <T>(sink: Sink<T>): OperatorFactory => ({
  kind: 'sink',
  stateful: sink.stateful,
  inputCount: 1,
  chaining: 'always',
  keyed: false,
  create: () => new SinkWriterOperator(sink as Sink<unknown>),
})

class SourceReaderOperator implements SourceOperator {
  readonly #source: Source<unknown>
  #context!: OperatorContext
  #reader: SourceReader<unknown> | undefined
  #ended = false
  recordsRead = 0

  constructor(source: Source<unknown>) {
    this.#source = source
  }

  open(context: OperatorContext, restored: unknown): void {
    this.#context = context
    const readerContext = {
      ...endpointContext(context),
      wake: () => context.wake(),
      wakeAfter: (delayMs: number) => context.wakeAfter(delayMs),
    }
    this.#try('open', () => {
      this.#reader = this.#source.createReader(readerContext, restored)
    })
  }

  poll(max: number): 'records' | 'waiting' | 'end' {
    if (this.#ended) return 'end'
    const reader = this.#opened()
    const found = this.#try('read', () => reader.poll(max))
    if (found.type === 'records') this.#emit(found.values, found.timestamps)
    else this.#ended = found.type === 'end'
    return found.type
  }

  #emit(values: readonly unknown[], timestamps: readonly number[] | undefined): void {
    const { output, batchRecords } = this.#context
    if (values.length === 0) return
    this.recordsRead += values.length
    if (values.length <= batchRecords) {
      output.emit(recordBatch(values, timestamps))
      return
    }
    for (let i = 0; i < values.length; i += batchRecords) {
      output.emit(recordBatch(values.slice(i, i + batchRecords), timestamps?.slice(i, i + batchRecords)))
    }
  }

  batch(): void {
    assert(false, 'a source is fed a batch')
  }

  watermark(): void {
    assert(false, 'a source is fed a watermark')
  }

  endOfData(): void {
    this.#context.output.watermark(maxWatermark.timestamp)
  }

  snapshot(): OperatorSnapshot {
    const reader = this.#opened()
    return { state: this.#try('snapshot', () => reader.snapshot()), keyed: undefined, durable: undefined }
  }

  notifyCompleted(checkpoint: CheckpointId): void {
    this.#try('notify', () => this.#reader?.notifyCompleted?.(checkpoint))
  }

  close(): void | Promise<void> {
    return this.#reader?.close()
  }

  #opened(): SourceReader<unknown> {
    assert(this.#reader !== undefined, 'a source is used before it is open')
    return this.#reader
  }

  #try<T>(what: string, action: () => T): T {
    try {
      return action()
    } catch (thrown) {
      throw asStreamError(thrown, 'SOURCE_FAILED', `Source ${operatorLabel(this.#context)} could not ${what}`)
    }
  }
}

class SinkWriterOperator implements Operator {
  readonly #sink: Sink<unknown>
  #context!: OperatorContext
  #writer: SinkWriter<unknown> | undefined

  constructor(sink: Sink<unknown>) {
    this.#sink = sink
  }

  open(context: OperatorContext, restored: unknown): void {
    this.#context = context
    this.#try('open', () => {
      this.#writer = this.#sink.createWriter(endpointContext(context), restored)
    })
  }

  batch(_input: 0 | 1, { values }: RecordBatch): void {
    const writer = this.#opened()
    this.#try('write', () => writer.write(values))
  }

  endOfData(): void | Promise<void> {
    const writer = this.#opened()
    return this.#tryLater('finish', () => writer.endOfData())
  }

  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): OperatorSnapshot {
    const writer = this.#opened()
    const { state, durable } = this.#try('snapshot', () => writer.snapshot(checkpoint, kind))
    return {
      state,
      keyed: undefined,
      durable: durable === undefined ? undefined : async () => this.#tryLater('flush', durable),
    }
  }

  notifyCompleted(checkpoint: CheckpointId): void | Promise<void> {
    const writer = this.#opened()
    return this.#tryLater('commit', () => writer.notifyCompleted(checkpoint))
  }

  notifyAborted(checkpoint: CheckpointId): void {
    this.#try('notify', () => this.#writer?.notifyAborted?.(checkpoint))
  }

  close(): void | Promise<void> {
    return this.#writer?.close()
  }

  #opened(): SinkWriter<unknown> {
    assert(this.#writer !== undefined, 'a sink is used before it is open')
    return this.#writer
  }

  #try<T>(what: string, action: () => T): T {
    try {
      return action()
    } catch (thrown) {
      throw this.#error(what, thrown)
    }
  }

  /** As `#try`, also for what fails in its own time. */
  #tryLater(what: string, action: () => void | Promise<void>): void | Promise<void> {
    const pending = this.#try(what, action)
    return pending?.catch((thrown: unknown) => {
      throw this.#error(what, thrown)
    })
  }

  #error(what: string, thrown: unknown): StreamError {
    return asStreamError(thrown, 'SINK_FAILED', `Sink ${operatorLabel(this.#context)} could not ${what}`)
  }
}

/** An endpoint gets what it may use of an operator's context, and no output to emit into behind the chain's back. */
const endpointContext = (context: OperatorContext): EndpointContext => ({
  jobId: context.jobId,
  jobName: context.jobName,
  operatorId: context.operatorId,
  operatorName: context.operatorName,
  uid: context.uid,
  subtaskIndex: context.subtaskIndex,
  parallelism: context.parallelism,
  epoch: context.epoch,
  attempt: context.attempt,
  checkpointing: context.checkpointing,
  now: () => context.now(),
  monotonicMs: () => context.monotonicMs(),
  random: () => context.random(),
  log: (level, message) => context.log(level, message),
})
