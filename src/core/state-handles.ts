/**
 * Where the bytes of a snapshot are, as data: what a subtask acknowledges, the coordinator carries and a manifest names.
 */
import type { OperatorId } from './ids.ts'
import type { KeyGroupRange } from './key-groups.ts'

export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating'

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
