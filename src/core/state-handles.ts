/**
 * Where the bytes of a snapshot are, as data: what a subtask acknowledges, the coordinator carries and a manifest names.
 */
import type { OperatorId } from './ids.ts'
import type { KeyGroupRange } from './key-groups.ts'
import type { OperatorItemsFacts } from './operator-state.ts'

export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating'

interface StateBytes {
  readonly length: number
  /** CRC-32 of the bytes, 8 hex digits. */
  readonly checksum: string
  readonly codec: number
}

/**
 * Some bytes of a state file. `file` is relative to the directory of the manifest: a file of this checkpoint, or one in the
 * shared directory beside it, which later checkpoints may name, too.
 */
export interface FileHandle extends StateBytes {
  readonly file: string
  readonly offset: number
}

/** A few bytes that the manifest itself holds, in base64. */
export interface InlineHandle extends StateBytes {
  readonly inline: string
}

export type StateHandle = FileHandle | InlineHandle

export type KeyedStateHandle = StateHandle & KeyedFacts

/** One state of a snapshot, as its writer declared it. */
export interface StoredState {
  readonly name: string
  readonly kind: StateKind | 'timers'
  /** The version that its declaration gave; left out when it gave none. */
  readonly version?: number | undefined
  /** Do its contents carry the time of their last use? Left out when not. */
  readonly ttl?: true | undefined
}

/** The state of an operator that belongs to no key. */
export type OperatorStateHandle = StateHandle & {
  /** Its lists, when it can be divided; left out when it is whole. */
  readonly states?: readonly OperatorItemsFacts[] | undefined
}

interface KeyedFacts {
  readonly keyGroups: KeyGroupRange
  readonly states: readonly StoredState[]
  /** Does it hold what has changed since the segment before it? Left out when it holds everything. */
  readonly delta?: true | undefined
}

/** The state of one operator in one subtask. */
export interface OperatorStateHandles {
  readonly operatorId: OperatorId
  /** To be restored one after the other: the first holds everything, the others what has changed since. Often one, or none. */
  readonly keyed: readonly KeyedStateHandle[]
  /** State that is not keyed: source offsets, pending files of a sink. */
  readonly operator: OperatorStateHandle | undefined
}

/**
 * Records that an unaligned checkpoint found on their way in one channel of a subtask. A channel is named by what stays
 * the same from one run to the next: `gate` is the place of its edge among those into the subtask, from 0, `from` the
 * index of the subtask that sends.
 */
export type ChannelStateHandle = StateHandle & ChannelFacts

interface ChannelFacts {
  readonly gate: number
  /** 0, or 1 for the second input of a two-input operator. */
  readonly input: 0 | 1
  readonly from: number
  /** The operator that sends: the order of edges may change, what they carry may not. Absent: not known. */
  readonly feeder?: OperatorId | undefined
}

/** What one subtask acknowledges. */
export interface SubtaskState {
  readonly operators: readonly OperatorStateHandles[]
  /** Left out when nothing was on its way, or the checkpoint was aligned. */
  readonly inFlight?: readonly ChannelStateHandle[] | undefined
  /** Of everything that is named. */
  readonly bytes: number
  /** Of these, what was written for it; left out when that is all. */
  readonly writtenBytes?: number | undefined
  /** Had the subtask reached the end of its data when it took this snapshot? Then a restore finds it finished. */
  readonly finished: boolean
}
