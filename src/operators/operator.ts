/**
 * The contract of an operator at run time: batches in, batches out, by plain calls.
 *
 * Owns nothing of channels, machines or threads. An operator emits into `context.output` (and side outputs) while it is
 * called and never afterwards; it never awaits between reading state and writing it. What it has asked for outside of its
 * thread comes back to it by a call, too (`OutsideWork`). It may keep a batch it received but never changes one. An operator that does not care for watermarks leaves their methods out: they are handed on. Calls per instance: `open`, then any of `batch`, `watermark`, `processingTime`, `snapshot`,
 * `notify…`, then `endOfData` at most once (after it no record comes, but snapshots and notifications do), then `close`.
 */
import type { KeyedSnapshot, KeyedStateBackend, StateDescriptor } from '../backends/state-backend.ts'
import type { RecordBatch, SnapshotKind } from '../core/elements.ts'
import type { CheckpointId, JobId, OperatorId } from '../core/ids.ts'
import type { OperatorDescription } from '../graph/transformation.ts'
import type { OperatorStateDeclarations } from './operator-state-declarations.ts'

/** Where an operator's records go: the next operator of the chain, or the channels. */
export interface Output {
  emit(batch: RecordBatch): void
  /** Behind what was emitted. Rises with every call. */
  watermark(timestamp: number): void
  /** Idle: no say in the watermark of whoever reads this, until it is active again. */
  watermarkStatus(idle: boolean): void
}

/** Of a source that waits for others of its group. */
export interface SourceProgress {
  readonly group: string
  /** How often this is exchanged. */
  readonly updateIntervalMs: number
  /** Undefined: no say. */
  readonly watermark: number | undefined
}

export interface OperatorContext {
  readonly jobId: JobId
  readonly jobName: string
  readonly operatorId: OperatorId
  readonly operatorName: string
  readonly uid: string | undefined
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly maxParallelism: number
  /** Which owner of the job this is: rises with every process that takes the job over. `attempt` counts within it. */
  readonly epoch: number
  readonly attempt: number
  /** Records per batch, at most, that this operator should emit. */
  readonly batchRecords: number
  /** How often watermarks are made of the records that have come, in milliseconds; 0: behind every batch. */
  readonly autoWatermarkIntervalMs: number
  /** Will checkpoints be taken? Without them a sink commits when its data ends. */
  readonly checkpointing: boolean
  /** Check and freeze what is put into state, so that changing it in place throws. */
  readonly freezeState: boolean
  readonly output: Output
  /** The side output of this tag; records emitted to a tag that nobody reads are dropped. */
  sideOutput(tag: string): Output
  /** Keyed state of this operator; undefined unless its input is keyed. */
  readonly state: KeyedStateBackend | undefined
  /** Processing time in milliseconds. */
  now(): number
  /** Milliseconds by a clock that nobody sets: how much time has passed is what it is good for. */
  monotonicMs(): number
  /** The milliseconds in which this subtask could take input: they stand still while it is held back. */
  consumingMs(): number
  /** A number in [0, 1) from the run's generator. */
  random(): number
  /** Asks for `processingTime` to be called when this time has come; only the earliest request is kept. */
  requestProcessingTime(atMs: number): void
  /** The same for `turn`, by the clock that nobody sets: for what is to be done every so often. */
  requestTurn(atMonotonicMs: number): void
  /**
   * Starts a task outside of the thread of the chain. One of the callbacks is called, at any time after this returns and
   * between two calls of the operator, or neither once the subtask has ended: it notes the result and may call `wake`.
   */
  runOutside<T>(task: () => PromiseLike<T>, done: (result: T) => void, failed: (error: unknown) => void): void
  /** Polling the source at the head of this chain is worth it, or a result from outside has come. Callable at any time. */
  wake(): void
  /** The same after so many milliseconds. A later call takes the place of an earlier one. */
  wakeAfter(delayMs: number): void
  /** Tells the other sources of a group how far this one has come, and whether it has a say. */
  reportWatermark(report: SourceProgress): void
  log(level: 'info' | 'warn', message: string): void
}

export interface OperatorSnapshot {
  /**
   * State that belongs to no key: a `DividedState`, or another value that the codec can encode and that only the subtask of
   * the same index can take; undefined when there is none. Not changed afterwards.
   */
  readonly state: unknown
  readonly keyed: KeyedSnapshot | undefined
  /** Work that must finish before the subtask may acknowledge (flush files to disk). Starts when called. */
  readonly durable: (() => Promise<void>) | undefined
}

/** What an operator has under way outside of its thread, such as calls of a service. */
export interface OutsideWork {
  /** Something is under way, or waits to be: the data must not end before. */
  readonly pending: boolean
  /** The chain should take no more input for now. */
  readonly full: boolean
  /** There is something for `collect`. */
  readonly ready: boolean
  /** Emits the results that have come and may be emitted, and starts what there is room for. */
  collect(): void
}

export interface Operator {
  /**
   * `restored` is the `state` of the snapshot restored from, a `DividedState` with the items that this subtask has now, or
   * undefined. Keyed state is restored already.
   */
  open(context: OperatorContext, restored: unknown): void
  batch(input: 0 | 1, batch: RecordBatch): void
  /** The lowest watermark of all inputs has risen. Left out, it is handed on; else the operator does that, after what is due by it. */
  watermark?(timestamp: number): void
  /** All inputs are idle, or no longer. Left out, it is handed on. */
  watermarkStatus?(idle: boolean): void
  /**
   * A watermark or a time has come and not everything that is due has been done, so as not to hold the thread for long. Until it
   * is, the operator gets no batch, watermark or end, only `proceed` (and snapshots). Only for operators at the head of a chain.
   */
  readonly unfinished?: boolean
  /** Does some more of it. */
  proceed?(): void
  /** Of an operator that drops records that come too late: how many so far. Only looked at in the head of a chain. */
  readonly lateRecordsDropped?: number
  /**
   * Of an operator that has work outside, always the same object. While it is full the chain takes no input, nor do timers of
   * the other operators fire; the end of the data comes only when nothing is pending. Snapshots come at any time.
   */
  readonly outside?: OutsideWork
  processingTime?(now: number): void
  turn?(monotonicMs: number): void
  /** For a source in a group: the lowest watermark of the group; undefined when nobody in it has a say. */
  groupWatermark?(timestamp: number | undefined): void
  /** Every input has delivered its last record: flush. */
  endOfData(): void | Promise<void>
  snapshot(checkpoint: CheckpointId, kind: SnapshotKind): OperatorSnapshot
  /** The checkpoint is complete: side effects that it covers may be made visible. Idempotent, in order, in its own time. */
  notifyCompleted?(checkpoint: CheckpointId): void | Promise<void>
  notifyAborted?(checkpoint: CheckpointId): void
  /** Always the last call, also after a failure. Never throws. */
  close(): void | Promise<void>
}

/** What rank 3 puts into a transformation: the description and the way to make an instance per subtask. */
export interface OperatorFactory extends OperatorDescription {
  /** Does it need a keyed input (and gets `context.state`)? */
  readonly keyed: boolean
  /** Is the second of its two inputs broadcast: without keys, also where the operator is keyed? */
  readonly broadcastInput?: boolean | undefined
  /** The keyed states that it declares, by name: what a snapshot holds is compared with them before anything runs. */
  readonly states?: Readonly<Record<string, StateDescriptor>> | undefined
  /** The states that belong to no key which it declares, by name; left out when it does not say. */
  readonly operatorStates?: OperatorStateDeclarations | undefined
  /** The timers that it takes, by name, when `states` is given. */
  readonly timers?: readonly string[] | undefined
  /**
   * What a state holds that operators of this kind keep for themselves, in words; undefined for any other name. Such a name
   * says all of what is stored, so the state goes to one of the same name only.
   */
  readonly describeState?: ((name: string) => string | undefined) | undefined
  create(): Operator
}
