/**
 * The snapshots of one subtask, from the order to take one to the word that its checkpoint is complete, as a value.
 *
 * Owns at which stage each snapshot is and whether it covers the end of the data. Does not own its bytes (the actor).
 * INV-SL-1 ids rise. INV-SL-2 at most one entry is `awaited`, `taking` or `recording`. INV-SL-3 an entry leaves once, by being
 * declined, discarded, aborted or completed.
 */
import type { CheckpointId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import type { BarrierFacts } from './protocol.ts'

export type SnapshotStage =
  /** The data is being ended first (drain). */
  | 'awaited'
  /** The synchronous part is ordered. */
  | 'taking'
  /** Unaligned: the synchronous part is done, and what was on its way is being recorded. */
  | 'recording'
  /** The asynchronous part is ordered. */
  | 'writing'
  | 'acknowledged'
  /** Its checkpoint is complete, and with that commit the subtask finishes. */
  | 'committing'

export interface LedgerEntry {
  readonly facts: BarrierFacts
  /** Was all data processed before this snapshot? */
  readonly ended: boolean
  readonly stage: SnapshotStage
}

export type SnapshotLedger = readonly LedgerEntry[]

export const entryOf = (ledger: SnapshotLedger, checkpointId: CheckpointId): LedgerEntry | undefined =>
  ledger.find(({ facts }) => facts.checkpointId === checkpointId)

export const isAt = (ledger: SnapshotLedger, checkpointId: CheckpointId, stage: SnapshotStage): boolean =>
  entryOf(ledger, checkpointId)?.stage === stage

export const inStage = (ledger: SnapshotLedger, stage: SnapshotStage): LedgerEntry | undefined =>
  ledger.find((entry) => entry.stage === stage)

const unsettled: readonly SnapshotStage[] = ['taking', 'recording', 'writing']

/** The oldest snapshot whose bytes exist but are not acknowledged. */
export const unsettledOf = (ledger: SnapshotLedger): LedgerEntry | undefined =>
  ledger.find(({ stage }) => unsettled.includes(stage))

export const addEntry = (ledger: SnapshotLedger, entry: LedgerEntry): SnapshotLedger => [...ledger, entry]

/** Beyond `limits.acknowledgedSnapshotsMax` the oldest acknowledged ones, whose fate nobody told, are forgotten. */
export function moveTo(ledger: SnapshotLedger, checkpointId: CheckpointId, stage: SnapshotStage): SnapshotLedger {
  const moved = ledger.map((entry) => (entry.facts.checkpointId === checkpointId ? { ...entry, stage } : entry))
  const surplus = moved.filter((entry) => entry.stage === 'acknowledged').length - limits.acknowledgedSnapshotsMax
  if (surplus <= 0) return moved
  const oldest = moved.findIndex((entry) => entry.stage === 'acknowledged')
  return moved.toSpliced(oldest, 1)
}

export const removeEntry = (ledger: SnapshotLedger, checkpointId: CheckpointId): SnapshotLedger =>
  ledger.filter(({ facts }) => facts.checkpointId !== checkpointId)
