/**
 * All that a subtask needs to start, as data (but for the user's functions inside operator factories): made by the
 * deployment plan, printed and compared in tests, carried to wherever the subtask runs.
 */
import type { ChannelStateHandle, KeyedStateHandle, OperatorStateHandle } from '../backends/manifest.ts'
import type { StateChoice } from '../backends/state-backend.ts'
import type { CheckpointId, JobId, OperatorId, SubtaskId, VertexId } from '../core/ids.ts'
import type { KeyGroupRange } from '../core/key-groups.ts'
import type { JobOperator } from '../graph/job-graph.ts'
import type { Partitioning } from '../graph/transformation.ts'

/** One output of a chain: where the records of one operator's main or side output go. */
export interface OutputDescriptor {
  /** Position in the chain. */
  readonly operator: number
  readonly sideOutput: string | undefined
  readonly partitioning: Partitioning
  /** Channels to the subtasks of the target vertex, in their order. A forward output has exactly one. */
  readonly channels: readonly string[]
  /** Maximum parallelism of the target, for key groups. */
  readonly targetMaxParallelism: number
  readonly targetName: string
  readonly targetUid?: string | undefined
}

export interface InputDescriptor {
  readonly channel: string
  /** 0, or 1 for the second input of a two-input head. */
  readonly input: 0 | 1
  /** The place of its edge among those into the vertex: with the index of `from`, the channel's name in snapshots. */
  readonly gate: number
  readonly from: SubtaskId
  /** The operator whose output it carries. */
  readonly feeder?: OperatorId | undefined
  /** Do its records come with keys? */
  readonly keyed?: boolean
}

/** State to restore for one operator of the chain. */
export interface OperatorRestore {
  readonly operatorId: OperatorId
  /** One after the other; of each, the key groups of the subtask. */
  readonly keyed: readonly KeyedPiece[]
  /** State that belongs to no key: parts of what one or several subtasks wrote. */
  readonly operator: readonly OperatorPiece[]
}

export interface KeyedPiece {
  readonly handle: KeyedStateHandle
  /** Which of its states are taken, under which name; all under their own when left out. */
  readonly states?: readonly StateChoice[] | undefined
}

export interface OperatorPiece {
  readonly handle: OperatorStateHandle
  /** Items of its lists, from (included) to (not included); everything when left out, as it must be of a whole state. */
  readonly take?: readonly ItemRange[] | undefined
}

export interface ItemRange {
  /** Of the list. */
  readonly name: string
  readonly from: number
  readonly to: number
  /** The name under which it goes on; its own when left out. */
  readonly as?: string | undefined
}

/** Records that were on their way, and the channel that they are put into. */
export interface ChannelPiece {
  /** Of the channel that they were in: its edge is still the same. */
  readonly handle: ChannelStateHandle
  /** The index of the subtask that sends in the channel that they are put into. */
  readonly from: number
  /** Only the records with keys of these groups; all of them when left out. */
  readonly keyGroups?: KeyGroupRange | undefined
}

export interface SubtaskRestore {
  readonly checkpointId: CheckpointId
  readonly operators: readonly OperatorRestore[]
  /** What was on its way to this subtask; several pieces for one channel in the order in which they go in. */
  readonly inFlight?: readonly ChannelPiece[] | undefined
  /** It had finished when the snapshot was taken: nothing is left for it to do. */
  readonly finished: boolean
}

export interface SubtaskDescriptor {
  readonly jobId: JobId
  readonly jobName: string
  readonly id: SubtaskId
  readonly vertex: VertexId
  readonly vertexName: string
  readonly index: number
  readonly parallelism: number
  readonly maxParallelism: number
  readonly attempt: number
  readonly operators: readonly JobOperator[]
  /** Input channels in a fixed order. */
  readonly inputs: readonly InputDescriptor[]
  readonly outputs: readonly OutputDescriptor[]
  readonly mode: 'exactly-once' | 'at-least-once'
  readonly checkpointing: boolean
  readonly batchRecords: number
  readonly autoWatermarkIntervalMs: number
  readonly freezeState: boolean
  /** Do snapshots of keyed state hold only what has changed since the last complete checkpoint? */
  readonly incremental: boolean
  readonly restore: SubtaskRestore | undefined
}
