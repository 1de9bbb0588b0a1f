/**
 * Sources and sinks as operators: the adapters between the endpoint contracts and a chain.
 *
 * Owns the writer of one subtask (its reader: `source-reader-operator.ts`) and names it in errors: what it throws without a code
 * of its own becomes `SINK_FAILED`. Does not own offsets, files or connections; those are the endpoint's.
 */

import type { RecordBatch, SnapshotKind } from '../core/elements.ts'
import { asStreamError, assert, type StreamError } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { endpointContext } from './endpoint-context.ts'
import type { Sink, SinkWriter, Source, SourceFactory } from './endpoints.ts'
import type { Operator, OperatorContext, OperatorFactory, OperatorSnapshot } from './operator.ts'
import { SourceReaderOperator } from './source-reader-operator.ts'
import type { StrategySettings, WatermarkStrategy } from './time/watermark-strategy.ts'

/** The head of a chain that nobody feeds: it is polled. */
export interface SourceOperator extends Operator {
  /** Emits at most `max` records and says what it found. After `end` it has nothing more for good. */
  poll(max: number): 'records' | 'waiting' | 'end'
  /** Records read by this instance so far. */
  readonly recordsRead: number
}

export const isSourceOperator = (operator: Operator): operator is SourceOperator => 'poll' in operator

/**
 * The operator that reads `source`, and gives its records timestamps and watermarks when there is a strategy. What the reader
 * throws fails the job with its own code, or `SOURCE_FAILED`.
 *
 * @example
 * const numbers = sourceOperator(fromCollection([1, 2, 3]))
 */
export const sourceOperator = <T>(source: Source<T>, strategy?: WatermarkStrategy<T>): SourceFactory => ({
  kind: 'source',
  stateful: true,
  inputCount: 0,
  chaining: 'head',
  keyed: false,
  source,
  create: () => new SourceReaderOperator(source, strategy?.settings as StrategySettings<unknown> | undefined),
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
