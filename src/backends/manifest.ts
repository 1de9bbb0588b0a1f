/**
 * What a checkpoint is, as data: the manifest that names every operator, its parallelism and its state handles.
 * Rank 1 owns its types and its JSON form; the coordinator only carries the handles.
 */
import type { SnapshotKind } from '../core/elements.ts'
import type { CheckpointId, JobId, OperatorId, VertexId } from '../core/ids.ts'
import type { ChannelStateHandle, KeyedStateHandle, StateHandle } from '../core/state-handles.ts'

export type {
  ChannelStateHandle,
  KeyedStateHandle,
  OperatorStateHandles,
  StateHandle,
  SubtaskState,
} from '../core/state-handles.ts'

/** The newest that is read. */
export const manifestVersion = 2
/** Version 2 is for what needs it, so that an earlier build still reads everything else. */
export const manifestVersionOf = (operators: readonly ManifestOperator[]): number =>
  operators.some(({ subtasks }) => subtasks.some(({ inFlight }) => inFlight !== undefined)) ? 2 : 1

export interface ManifestSubtask {
  readonly index: number
  readonly finished: boolean
  readonly keyed: KeyedStateHandle | undefined
  readonly operator: StateHandle | undefined
  /** Since version 2, of the first operator of a vertex: what was on its way to the subtask. Left out when nothing was. */
  readonly inFlight?: readonly ChannelStateHandle[] | undefined
}

/** Every piece of state of a subtask. */
export const handlesOf = ({ keyed, operator, inFlight = [] }: ManifestSubtask): readonly StateHandle[] =>
  [keyed, operator, ...inFlight].filter((handle) => handle !== undefined)

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
