/**
 * What a checkpoint is, as data: the manifest that names every operator, its parallelism and its state handles.
 * Rank 1 owns its types and its JSON form; the coordinator only carries the handles.
 */
import type { SnapshotKind } from '../core/elements.ts'
import type { CheckpointId, JobId, OperatorId, VertexId } from '../core/ids.ts'
import type { ChannelStateHandle, KeyedStateHandle, OperatorStateHandle, StateHandle } from '../core/state-handles.ts'

export type {
  ChannelStateHandle,
  FileHandle,
  InlineHandle,
  KeyedStateHandle,
  OperatorStateHandle,
  OperatorStateHandles,
  StateHandle,
  StoredState,
  SubtaskState,
} from '../core/state-handles.ts'

/** The newest that is read. */
export const manifestVersion = 4

/** A newer version is for what needs it, so that an earlier build still reads everything else. */
export function manifestVersionOf(operators: readonly ManifestOperator[]): number {
  const subtasks = operators.flatMap((operator) => operator.subtasks)
  const declared = ({ states }: KeyedStateHandle) => states.some(({ version, ttl }) => version !== undefined || ttl)
  if (subtasks.some(({ keyed, operator }) => operator?.states !== undefined || keyed.some(declared))) return 4
  const news = ({ keyed }: ManifestSubtask) => keyed.length > 1
  const elsewhere = (handle: StateHandle) => 'inline' in handle || isShared(handle.file)
  if (subtasks.some((subtask) => news(subtask) || handlesOf(subtask).some(elsewhere))) return 3
  return subtasks.some(({ inFlight }) => inFlight !== undefined) ? 2 : 1
}

/** Where files are that several checkpoints of a job may name, beside their directories. */
export const sharedDirName = 'shared'
const sharedPrefix = `../${sharedDirName}/`
export const sharedFile = (name: string): string => `${sharedPrefix}${name}`
export const isShared = (file: string): boolean => file.startsWith(sharedPrefix)
/** The name in the shared directory. */
export const sharedName = (file: string): string => file.slice(sharedPrefix.length)

export interface ManifestSubtask {
  readonly index: number
  readonly finished: boolean
  /** In the order in which they are restored: everything, then changes. Version 1 and 2 have at most one. */
  readonly keyed: readonly KeyedStateHandle[]
  readonly operator: OperatorStateHandle | undefined
  /** Since version 2, of the first operator of a vertex: what was on its way to the subtask. Left out when nothing was. */
  readonly inFlight?: readonly ChannelStateHandle[] | undefined
}

/** Every piece of state of a subtask. */
export const handlesOf = ({ keyed, operator, inFlight = [] }: ManifestSubtask): readonly StateHandle[] =>
  [...keyed, operator, ...inFlight].filter((handle) => handle !== undefined)

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
