/** How many checkpoints failed in a row, and which failures count. Pure. */
import { isSavepoint, type SnapshotKind } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import type { CheckpointFailureReason } from './protocol.ts'

export interface FailureCounter {
  readonly inARow: number
  readonly newestSuccess: CheckpointId | 0
  /** Ids already counted, the last few; an id counts once. */
  readonly counted: readonly CheckpointId[]
}

export const noFailures: FailureCounter = { inARow: 0, newestSuccess: 0, counted: [] }

/** Failures that a subtask reports. */
const bySubtask: ReadonlySet<CheckpointFailureReason> = new Set(['CHECKPOINT_DECLINED', 'CHECKPOINT_ASYNC_EXCEPTION'])
/** Failures on the coordinator's side; those of savepoints do not count. */
const byCoordinator: ReadonlySet<CheckpointFailureReason> = new Set([
  'IO_EXCEPTION',
  'CHECKPOINT_EXPIRED',
  'FINALIZE_CHECKPOINT_FAILURE',
])

export const countsAsFailure = (reason: CheckpointFailureReason, kind: SnapshotKind): boolean =>
  bySubtask.has(reason) || (byCoordinator.has(reason) && !isSavepoint(kind))

export function withFailure(
  counter: FailureCounter,
  id: CheckpointId,
  reason: CheckpointFailureReason,
  kind: SnapshotKind,
): FailureCounter {
  if (!countsAsFailure(reason, kind) || id <= counter.newestSuccess || counter.counted.includes(id)) return counter
  return {
    ...counter,
    inARow: counter.inARow + 1,
    counted: [...counter.counted, id].slice(-limits.recentCheckpointsMax),
  }
}

export const withSuccess = (counter: FailureCounter, id: CheckpointId): FailureCounter =>
  id > counter.newestSuccess ? { inARow: 0, newestSuccess: id, counted: [] } : counter

/** The job is about to fail for them: its next attempt may fail as often again. */
export const withVerdictPassed = (counter: FailureCounter): FailureCounter => ({ ...counter, inARow: 0, counted: [] })

export const isIntolerable = (counter: FailureCounter, tolerable: number): boolean => counter.inARow > tolerable
