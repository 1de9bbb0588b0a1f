/**
 * One operator under a test's hand: elements, watermarks and time go in, records come out, snapshots round-trip.
 *
 * Owns a virtual clock, a seeded generator, a state backend and a chain of the one operator, so that keys, timers and
 * errors are those of a running job. Does not own channels, barriers or restarts: for those run a job.
 */
import { heapStateBackend } from '../backends/heap-state.ts'
import type { KeyedStateBackend } from '../backends/state-backend.ts'
import { type TimerHandle, VirtualClock } from '../core/clock.ts'
import { encodeValue } from '../core/codec.ts'
import type { RecordBatch, SnapshotKind } from '../core/elements.ts'
import { assert, StreamError } from '../core/errors.ts'
import { parseCheckpointId, parseJobId, parseOperatorId } from '../core/ids.ts'
import { keyGroupRangeOf } from '../core/key-groups.ts'
import { limits } from '../core/limits.ts'
import { DividedState } from '../core/operator-state.ts'
import { Random } from '../core/random.ts'
import { WatermarkValve } from '../core/watermark-valve.ts'
import { OperatorChain } from '../operators/chain.ts'
import { KeyPartitioner } from '../operators/key-partition.ts'
import type { OperatorFactory, Output, SourceProgress } from '../operators/operator.ts'
import type { OutputTag } from '../operators/output-tag.ts'
import { CollectedOutput, type EmittedRecord } from './collected-output.ts'
import {
  cutIntoBatches,
  type HarnessRecord,
  type HarnessSnapshot,
  type OperatorHarnessOptions,
  restoredState,
} from './harness-record.ts'
import { checkFactory, missingKey, notOurs } from './harness-refusals.ts'

export type { HarnessRecord, HarnessSnapshot, OperatorHarnessOptions } from './harness-record.ts'

/**
 * Opens one operator for a test. Feeding it fails with the code that would fail the job; overdue timers of a restored
 * snapshot have fired when it returns. Fails with `ARGUMENT_INVALID` when `factory` is no operator.
 *
 * @example
 * import { OperatorHarness, reduceOperator } from 'tidemark/testing'
 *
 * const harness = new OperatorHarness(reduceOperator((a: number, b: number) => a + b), { key: () => 'all' })
 * harness.elements([1, 2, 3])
 * harness.values // [1, 3, 6]
 */
export class OperatorHarness {
  readonly clock: VirtualClock
  /** What the operator and the chain logged, as `level message`. */
  readonly logged: string[] = []
  /** What a source has told its group of itself. */
  readonly reported: SourceProgress[] = []
  /** How often a source asked to be polled. */
  wakes = 0
  #sourceTimer: TimerHandle | undefined
  readonly #keyedInputs: readonly boolean[]
  readonly #chain: OperatorChain
  readonly #valve: WatermarkValve
  readonly #state: KeyedStateBackend | undefined
  readonly #main: CollectedOutput
  readonly #sides = new Map<string, CollectedOutput>()
  readonly #partitioners: readonly (KeyPartitioner | undefined)[]
  readonly #batchRecords: number

  constructor(factory: OperatorFactory, options: OperatorHarnessOptions = {}) {
    checkFactory(factory)
    this.#keyedInputs = [factory.keyed, factory.keyed && factory.broadcastInput !== true]
    const { subtaskIndex = 0, parallelism = 1, maxParallelism = limits.keyGroupsDefault, name = factory.kind } = options
    this.#batchRecords = options.batchRecords ?? limits.batchRecords
    this.clock = new VirtualClock(options.startMs ?? 0)
    this.#main = new CollectedOutput()
    for (const tag of options.sideOutputs ?? []) this.#sides.set(tag.name, new CollectedOutput())
    if (factory.keyed) {
      const range = keyGroupRangeOf(subtaskIndex, parallelism, maxParallelism)
      const backend = options.backend ?? heapStateBackend
      this.#state = backend.create({
        range,
        maxParallelism,
        freeze: true,
        states: factory.states,
        now: () => this.clock.now(),
        operatorName: name,
        uid: options.uid,
      })
      for (const segment of options.restored?.keyed ?? []) this.#state.restore(segment)
    }
    const keyOf = [options.key, options.key2 ?? options.key]
    this.#partitioners = keyOf.map((key, input) => {
      if (this.#keyedInputs[input] !== true || key === undefined) return undefined
      const partition = { key, parallelism, maxParallelism, batchRecords: this.#batchRecords, operatorName: name }
      return new KeyPartitioner(partition, (target, batch) => {
        if (target !== subtaskIndex) throw notOurs(batch, target, subtaskIndex)
        this.#chain.batch(input as 0 | 1, batch)
      })
    })
    const random = new Random(options.seed ?? 0)
    this.#chain = new OperatorChain({
      operators: [
        {
          factory,
          operatorId: parseOperatorId('0'.repeat(32)),
          operatorName: name,
          uid: options.uid,
          state: this.#state,
          parent: undefined,
          sideOutput: undefined,
          channelTags: [...this.#sides.keys()],
        },
      ],
      runtime: {
        jobId: parseJobId('0'.repeat(32)),
        jobName: 'harness',
        subtaskIndex,
        parallelism,
        maxParallelism,
        epoch: 1,
        attempt: 1,
        batchRecords: this.#batchRecords,
        autoWatermarkIntervalMs: options.autoWatermarkIntervalMs ?? 0,
        checkpointing: options.checkpointing ?? true,
        freezeState: true,
        now: () => this.clock.now(),
        monotonicMs: () => this.clock.monotonicMs(),
        consumingMs: () => this.clock.monotonicMs(),
        random: () => random.next(),
        runOutside: (task, done, failed) => void Promise.resolve().then(task).then(done, failed),
        wake: () => void this.wakes++,
        wakeAfter: (delayMs) => {
          this.#sourceTimer?.clear()
          this.#sourceTimer = this.clock.setTimer(delayMs, () => void this.wakes++)
        },
        requestProcessingTime: (atMs) =>
          void this.clock.setTimer(atMs - this.clock.now(), () => this.#chain.processingTime(this.clock.now())),
        requestTurn: (atMs) =>
          void this.clock.setTimer(atMs - this.clock.monotonicMs(), () => this.#chain.processingTime(this.clock.now())),
        reportWatermark: (report) => void this.reported.push(report),
        log: (level, message) => void this.logged.push(`${level} ${message}`),
      },
      tails: (_position, tag): Output | undefined => (tag === undefined ? this.#main : this.#sides.get(tag)),
    })
    this.#valve = new WatermarkValve(factory.inputCount === 2 ? 2 : 1, this.#chain)
    this.#chain.open([restoredState(options.restored)])
    this.#finish()
    this.advance(0)
  }

  /** Records emitted so far, with their timestamps. */
  get records(): readonly EmittedRecord[] {
    return this.#main.records
  }

  /** Values emitted so far. */
  get values(): readonly unknown[] {
    return this.#main.values
  }

  /** How many records each emitted batch had. */
  get batchSizes(): readonly number[] {
    return this.#main.batchSizes
  }

  get watermarks(): readonly number[] {
    return this.#main.watermarks
  }

  /** `idle` and `active`, in turn, as the operator has said it of its output. */
  get statuses(): readonly ('idle' | 'active')[] {
    return this.#main.statuses
  }

  /** Records emitted to a side output so far. Fails with `ARGUMENT_INVALID` when the tag is not in `sideOutputs`. */
  side<T>(tag: OutputTag<T>): CollectedOutput {
    const side = this.#sides.get(tag.name)
    if (side !== undefined) return side
    throw new StreamError(
      'ARGUMENT_INVALID',
      `The harness does not collect side output "${tag.name}": expected one of the tags given in its sideOutputs.`,
    )
  }

  element(value: unknown, timestamp?: number): void {
    this.feed([timestamp === undefined ? { value } : { value, timestamp }])
  }

  /** Feeds several values without timestamps, cut into batches as channels would. */
  elements(values: readonly unknown[]): void {
    this.feed(values.map((value) => ({ value })))
  }

  /** Feeds the second input of a two-input operator. */
  element2(value: unknown, timestamp?: number): void {
    this.feed([timestamp === undefined ? { value } : { value, timestamp }], 1)
  }

  /** Feeds records with timestamps of their own, cut into batches as channels would. */
  feed(records: readonly HarnessRecord[], input: 0 | 1 = 0): void {
    for (const batch of cutIntoBatches(records, this.#batchRecords)) this.#feedBatch(batch, input)
  }

  /** A watermark of one input; the operator hears of the lower of both. Fires the event-time timers that are due. */
  watermark(timestamp: number, input: 0 | 1 = 0): void {
    this.#valve.watermark(input, timestamp)
    this.#finish()
  }

  /** An idle input has no say in the watermark. */
  watermarkStatus(status: 'idle' | 'active', input: 0 | 1 = 0): void {
    this.#valve.status(input, status === 'idle')
    this.#finish()
  }

  /** Moves processing time on and fires the timers that fall due, each at its own time. */
  advance(ms: number): void {
    this.clock.advance(ms)
  }

  /**
   * Takes in what has come from outside, of what is resolved already. A call that still runs is not waited for.
   *
   * @example await harness.settle()
   */
  async settle(): Promise<void> {
    do for (let tick = 0; tick < 20; tick++) await undefined
    while (this.#chain.collect())
  }

  get full(): boolean {
    return this.#chain.full
  }

  /** Tells a source the lowest watermark of its group. */
  groupWatermark(timestamp: number | undefined): void {
    this.#chain.groupWatermark(timestamp)
  }

  /** Polls a source. */
  poll(max = this.#batchRecords): 'records' | 'waiting' | 'end' {
    return this.#chain.poll(max)
  }

  /** What an operator has under way outside must have come back: `settle`. */
  endOfData(): void | Promise<void> {
    assert(!this.#chain.pending, 'the data ends only when nothing is under way outside')
    return this.#chain.endOfData()
  }

  /** Takes a snapshot as a checkpoint does, waits until it is durable, and encodes it. */
  async snapshot(checkpoint = 1, kind: SnapshotKind = 'checkpoint'): Promise<HarnessSnapshot> {
    const part = this.#chain.snapshot(parseCheckpointId(checkpoint), kind)[0]!
    const chunks: Uint8Array[] = []
    try {
      for (let piece = part.keyed?.write(() => true); piece !== undefined; piece = part.keyed?.write(() => true)) {
        chunks.push(Uint8Array.from(piece))
      }
    } finally {
      part.keyed?.release()
    }
    const divided = part.state instanceof DividedState ? part.state : undefined
    const state = Uint8Array.from(divided?.encode() ?? encodeValue(part.state))
    await part.durable?.()
    const lists = divided === undefined ? {} : { lists: divided.facts }
    return { state, ...lists, keyed: chunks.length === 0 ? [] : [new Uint8Array(Buffer.concat(chunks))] }
  }

  notifyCompleted(checkpoint = 1): void | Promise<void> {
    return this.#chain.notifyCompleted(parseCheckpointId(checkpoint))
  }

  notifyAborted(checkpoint = 1): void {
    this.#chain.notifyAborted(parseCheckpointId(checkpoint))
  }

  async close(): Promise<void> {
    await this.#chain.close()
    this.#state?.dispose()
  }

  /** As a subtask does before it takes anything else. */
  #finish(): void {
    while (this.#chain.unfinished) this.#chain.proceed()
  }

  #feedBatch(batch: RecordBatch, input: 0 | 1): void {
    const partitioner = this.#partitioners[input]
    if (this.#keyedInputs[input] !== true) this.#chain.batch(input, batch)
    else if (partitioner === undefined) throw missingKey()
    else {
      partitioner.partition(batch)
      partitioner.flush()
    }
  }
}
