/** What a chain is made of: its operators, what they share of their subtask, and what it gives to snapshots. */
import type { KeyedSnapshot, KeyedStateBackend } from '../backends/state-backend.ts'
import type { JobId, OperatorId } from '../core/ids.ts'
import type { OperatorFactory, Output, SourceProgress } from './operator.ts'

/** One operator: how to make it, what is its own in its context, and where it hangs. */
export interface ChainMember {
  readonly factory: OperatorFactory
  readonly operatorId: OperatorId
  readonly operatorName: string
  readonly uid: string | undefined
  /** Restored already; required when the factory is keyed. */
  readonly state: KeyedStateBackend | undefined
  /** Position of the operator that feeds it, which is lower than its own; undefined for the head, at position 0. */
  readonly parent: number | undefined
  /** The side output of the parent that feeds it; undefined for the main output. */
  readonly sideOutput: string | undefined
  /** Tags of its side outputs that channels read: `tails` is asked for each. */
  readonly channelTags: readonly string[]
}

/** What all operators of the subtask share. */
export interface ChainRuntime {
  readonly jobId: JobId
  readonly jobName: string
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly maxParallelism: number
  readonly epoch: number
  readonly attempt: number
  readonly batchRecords: number
  readonly autoWatermarkIntervalMs: number
  readonly checkpointing: boolean
  readonly freezeState: boolean
  now(): number
  monotonicMs(): number
  consumingMs(): number
  random(): number
  /** Starts a task; calls back later, outside of any call of the chain, if the subtask has not ended. */
  runOutside<T>(task: () => PromiseLike<T>, done: (result: T) => void, failed: (error: unknown) => void): void
  /** The head, a source, is worth polling, or `collect` worth calling. May come at any time until `close`. */
  wake(): void
  /** The same after so many milliseconds, in place of an earlier request. */
  wakeAfter(delayMs: number): void
  /** Call `processingTime` at this time: the earliest that any operator waits for. A later call may name an earlier time. */
  requestProcessingTime(atMs: number): void
  /** The same by `monotonicMs`, for their turns. */
  requestTurn(atMonotonicMs: number): void
  /** Tells the other sources of a group how far the source at the head has come. */
  reportWatermark(report: SourceProgress): void
  log(level: 'info' | 'warn', message: string): void
}

export interface ChainOptions {
  readonly operators: readonly ChainMember[]
  readonly runtime: ChainRuntime
  /** The channels that read this output (undefined: the main one): none, one or several. */
  tails(position: number, sideOutput: string | undefined): Output | readonly Output[] | undefined
}

export interface OperatorSnapshotPart {
  readonly operatorId: OperatorId
  readonly state: unknown
  readonly keyed: KeyedSnapshot | undefined
  readonly durable: (() => Promise<void>) | undefined
}
