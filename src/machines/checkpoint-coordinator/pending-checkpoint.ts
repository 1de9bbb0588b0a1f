/**
 * One checkpoint that collects acknowledgements, as a value. Pure; knows no time, no timers and no storage.
 */

import { type Alignment, isSavepoint, isStop, type SavepointTarget, type SnapshotKind } from '../../core/elements.ts'
import type { CheckpointId, SubtaskId } from '../../core/ids.ts'
import type { Abortion, PendingInput } from './inner-protocol.ts'
import type { CheckpointFailureReason, CoordinatorEvent } from './protocol.ts'

/** What a subtask acknowledges; carried, never looked into but for its size and whether it had ended. */
export type SubtaskState = Extract<CoordinatorEvent, { readonly type: 'subtask.acknowledged' }>['state']

export interface PendingCheckpoint {
  readonly id: CheckpointId
  readonly kind: SnapshotKind
  readonly alignment: Alignment | undefined
  readonly periodic: boolean
  readonly timestamp: number
  readonly attempt: number
  readonly requestId: string | undefined
  readonly target: SavepointTarget
  readonly timeoutMs: number
  readonly trigger: readonly SubtaskId[]
  /** Who must acknowledge, in the order of the plan, each with its state once it has. */
  readonly participants: readonly { readonly subtask: SubtaskId; readonly state: SubtaskState | undefined }[]
  /** Participants that still run, to be told the end. */
  readonly running: readonly SubtaskId[]
  /** Finished before the trigger. */
  readonly finished: readonly SubtaskId[]
  /** Where it can be restored from, once it is stored (a savepoint: published). */
  readonly path: string
  /** Why it was given up, once it is. */
  readonly abortion: Abortion | undefined
}

export const begin = ({ plan, ...input }: PendingInput): PendingCheckpoint => ({
  ...input,
  trigger: plan.trigger,
  participants: plan.wait.map((subtask) => ({ subtask, state: undefined })),
  running: plan.wait,
  finished: plan.finished,
  path: '',
  abortion: undefined,
})

export type AcknowledgeOutcome = 'success' | 'last' | 'duplicate' | 'unknown' | 'late'

interface Acknowledgement {
  readonly subtask: SubtaskId
  readonly attempt: number
  readonly state: SubtaskState
}

/**
 * What an acknowledgement means, and the checkpoint after it. `unknown`: not a participant, or of another attempt.
 * `late`: everybody has acknowledged already. Only `success` and `last` change anything; state is never given back
 * for removal, because a repeated acknowledgement names the same files as the first.
 */
export function acknowledge(
  pending: PendingCheckpoint,
  ack: Acknowledgement,
): { readonly outcome: AcknowledgeOutcome; readonly next: PendingCheckpoint } {
  const index = pending.participants.findIndex((participant) => participant.subtask === ack.subtask)
  const participant = pending.participants[index]
  if (participant === undefined || ack.attempt !== pending.attempt) return { outcome: 'unknown', next: pending }
  if (isComplete(pending)) return { outcome: 'late', next: pending }
  if (participant.state !== undefined) return { outcome: 'duplicate', next: pending }
  const participants = pending.participants.with(index, { subtask: ack.subtask, state: ack.state })
  const next = { ...pending, participants }
  return { outcome: isComplete(next) ? 'last' : 'success', next }
}

export const isComplete = (pending: PendingCheckpoint): boolean =>
  pending.participants.every((participant) => participant.state !== undefined)

export const missing = (pending: PendingCheckpoint): readonly SubtaskId[] =>
  pending.participants
    .filter((participant) => participant.state === undefined)
    .map((participant) => participant.subtask)

/** Does a word of this subtask count: is it a participant of this attempt? */
export const takesPart = (pending: PendingCheckpoint, from: { subtask: SubtaskId; attempt: number }): boolean =>
  from.attempt === pending.attempt && pending.participants.some(({ subtask }) => subtask === from.subtask)

export const misses = (pending: PendingCheckpoint, subtask: SubtaskId): boolean => missing(pending).includes(subtask)

/** Has it left without acknowledging? Then this checkpoint can never complete. */
export const leavesUnacknowledged = (pending: PendingCheckpoint, from: { subtask: SubtaskId; attempt: number }) =>
  from.attempt === pending.attempt && misses(pending, from.subtask)

export const withoutSubtask = (pending: PendingCheckpoint, subtask: SubtaskId): PendingCheckpoint => ({
  ...pending,
  running: pending.running.filter((other) => other !== subtask),
})

export const states = (
  pending: PendingCheckpoint,
): readonly { readonly subtask: SubtaskId; readonly state: SubtaskState }[] =>
  pending.participants.flatMap(({ subtask, state }) => (state === undefined ? [] : [{ subtask, state }]))

export const bytes = (pending: PendingCheckpoint): number =>
  states(pending).reduce((sum, { state }) => sum + state.bytes, 0)

/** Of `bytes`, those that were written for it. */
export const writtenBytes = (pending: PendingCheckpoint): number =>
  states(pending).reduce((sum, { state }) => sum + (state.writtenBytes ?? state.bytes), 0)

/** Of `bytes`, those of records that were on their way. */
export const inFlightBytes = (pending: PendingCheckpoint): number =>
  states(pending).reduce((sum, { state }) => (state.inFlight ?? []).reduce((of, { length }) => of + length, sum), 0)

/** Had every subtask reached the end of its data? Then, with this complete, all of them may finish. */
export const coversEnd = (pending: PendingCheckpoint): boolean =>
  pending.participants.every((participant) => participant.state?.finished === true)

/** Can a newer completed checkpoint make this one useless? Savepoints were asked for by somebody and go on. */
export const canBeSubsumed = (kind: SnapshotKind): boolean => kind === 'checkpoint'

/** Is it complete once its manifest is stored, with no pointer to publish? */
export const isStoredOnly = (kind: SnapshotKind): boolean => !isSavepoint(kind)

/** Is it a restore point of the job, are subtasks told to commit, does it make older ones useless? */
export const countsAsCompleted = (kind: SnapshotKind): boolean => !isSavepoint(kind) || isStop(kind)

export const abortion = (reason: CheckpointFailureReason, message: string, code = 'CHECKPOINT_FAILED'): Abortion => ({
  reason,
  code,
  message,
})
