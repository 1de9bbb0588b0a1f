/**
 * A source as the head of a chain: polls the reader of one subtask.
 *
 * Owns the reader and names it in errors: what it throws without a code of its own becomes `SOURCE_FAILED`. With a watermark
 * strategy it owns the event time of what is read, by split (`time/stream-time.ts`). Does not own positions, files or
 * connections; those are the reader's. Tests: test/operators/endpoint-operators.test.ts, test/operators/source-time.test.ts.
 */
import { maxWatermark, recordBatch } from '../core/elements.ts'
import { asStreamError, assert } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { PausableClock } from '../core/pausable-clock.ts'
import { endpointContext } from './endpoint-context.ts'
import type { SourceOperator } from './endpoint-operators.ts'
import type { Source, SourcePoll, SourceReader } from './endpoints.ts'
import type { OperatorContext, OperatorSnapshot } from './operator.ts'
import { SourceAlignment } from './time/source-alignment.ts'
import { StreamTime } from './time/stream-time.ts'
import type { StrategySettings } from './time/watermark-strategy.ts'

type Found = Extract<SourcePoll<unknown>, { readonly type: 'records' }>

export class SourceReaderOperator implements SourceOperator {
  readonly #source: Source<unknown>
  readonly #settings: StrategySettings<unknown> | undefined
  #context!: OperatorContext
  #reader: SourceReader<unknown> | undefined
  #time: StreamTime | undefined
  #alignment: SourceAlignment | undefined
  /** Of idleness: stands still while this source waits for others. */
  #clock: PausableClock | undefined
  #waits = false
  #paused: readonly string[] = []
  /** As the reader last named them. */
  #splits: readonly string[] | undefined
  #ended = false
  recordsRead = 0

  constructor(source: Source<unknown>, settings: StrategySettings<unknown> | undefined) {
    this.#source = source
    this.#settings = settings
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
    if (this.#settings === undefined) return
    const clock = new PausableClock(() => context.consumingMs())
    this.#clock = clock
    this.#time = new StreamTime(this.#settings, context, () => clock.now())
    if (this.#settings.alignment !== undefined) {
      this.#alignment = new SourceAlignment(this.#settings.alignment, context)
    }
    this.#readSplits(this.#time)
  }

  poll(max: number): 'records' | 'waiting' | 'end' {
    if (this.#ended) return 'end'
    if (this.#waits) return 'waiting'
    const reader = this.#opened()
    const found = this.#try('read', () => reader.poll(max))
    if (found.type === 'records') this.#emit(found)
    else this.#ended = found.type === 'end'
    if (this.#time !== undefined) {
      this.#readSplits(this.#time)
      this.#align()
    }
    return found.type
  }

  #emit({ values, timestamps, split }: Found): void {
    const { batchRecords } = this.#context
    if (values.length === 0) return
    this.recordsRead += values.length
    if (values.length <= batchRecords) {
      this.#hand(values, timestamps, split)
      return
    }
    for (let i = 0; i < values.length; i += batchRecords) {
      this.#hand(values.slice(i, i + batchRecords), timestamps?.slice(i, i + batchRecords), split)
    }
  }

  #hand(values: readonly unknown[], timestamps: readonly number[] | undefined, split: string | undefined): void {
    if (this.#time === undefined) this.#context.output.emit(recordBatch(values, timestamps))
    else this.#time.batch(split, values, timestamps)
  }

  #readSplits(time: StreamTime): void {
    const reader = this.#opened()
    if (reader.splits === undefined) return
    const splits = this.#try('name its splits', () => reader.splits!())
    if (splits === this.#splits) return
    this.#splits = splits
    time.setSplits(splits)
  }

  turn(monotonicMs: number): void {
    this.#time?.turn(monotonicMs)
    this.#alignment?.turn(monotonicMs)
    this.#align()
  }

  groupWatermark(timestamp: number | undefined): void {
    this.#alignment?.groupWatermark(timestamp)
    this.#align()
  }

  /** Stops reading what is too far ahead of the group, or goes on. */
  #align(): void {
    const [alignment, time] = [this.#alignment, this.#time]
    if (alignment === undefined || time === undefined) return
    alignment.progressed(time.progress)
    this.#pauseSplits(time, time.splitsBeyond(alignment.limit))
    if (alignment.mustWait === this.#waits) return
    this.#waits = alignment.mustWait
    if (this.#waits) this.#clock?.pause()
    else {
      this.#clock?.resume()
      this.#context.wake()
    }
  }

  #pauseSplits(time: StreamTime, splits: readonly string[]): void {
    const reader = this.#opened()
    const before = this.#paused
    if (reader.pauseSplits === undefined) return
    if (splits.length === before.length && splits.every((split, i) => split === before[i])) return
    this.#paused = splits
    time.pauseSplits(splits)
    this.#try('pause splits', () => reader.pauseSplits!(splits))
    this.#context.wake()
  }

  batch(): void {
    assert(false, 'a source is fed a batch')
  }

  watermark(): void {
    assert(false, 'a source is fed a watermark')
  }

  endOfData(): void {
    if (this.#time === undefined) this.#context.output.watermark(maxWatermark.timestamp)
    else this.#time.end()
    this.#align()
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
