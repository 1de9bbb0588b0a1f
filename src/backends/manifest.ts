/**
 * What a checkpoint is, as data: the manifest that names every operator, its parallelism and its state handles.
 * Rank 1 owns its types and its JSON form; the coordinator only carries the handles.
 */
import type { SnapshotKind } from '../core/elements.ts'
import type { CheckpointId, JobId, OperatorId, VertexId } from '../core/ids.ts'
import type { KeyGroupRange } from '../core/key-groups.ts'
import type { StateKind } from './state-backend.ts'

export const manifestVersion = 1

/** Some bytes of a state file. `file` is relative to the directory of the manifest. */
export interface StateHandle {
  readonly file: string
  readonly offset: number
  readonly length: number
  /** CRC-32 of the bytes, 8 hex digits. */
  readonly checksum: string
  readonly codec: number
}

export interface KeyedStateHandle extends StateHandle {
  readonly keyGroups: KeyGroupRange
  readonly states: readonly { readonly name: string; readonly kind: StateKind | 'timers' }[]
}

/** The state of one operator in one subtask. */
export interface OperatorStateHandles {
  readonly operatorId: OperatorId
  readonly keyed: KeyedStateHandle | undefined
  /** State that is not keyed: source offsets, pending files of a sink. */
  readonly operator: StateHandle | undefined
}

/** What one subtask acknowledges. */
export interface SubtaskState {
  readonly operators: readonly OperatorStateHandles[]
  readonly bytes: number
  /** Had the subtask reached the end of its data when it took this snapshot? Then a restore finds it finished. */
  readonly finished: boolean
}

export interface ManifestSubtask {
  readonly index: number
  readonly finished: boolean
  readonly keyed: KeyedStateHandle | undefined
  readonly operator: StateHandle | undefined
}

export interface ManifestOperator {
  readonly id: OperatorId
  readonly uid: string | undefined
  readonly name: string
  readonly vertex: VertexId
  readonly parallelism: number
  readonly maxParallelism: number
  /** Every subtask, in order; those with neither state nor `finished` are stateless. */
  readonly subtasks: readonly ManifestSubtask[]
}

export interface Manifest {
  readonly formatVersion: number
  readonly kind: SnapshotKind
  readonly job: { readonly id: JobId; readonly name: string }
  readonly checkpointId: CheckpointId
  /** When it was triggered, in milliseconds since 1970. */
  readonly timestamp: number
  readonly operators: readonly ManifestOperator[]
}
