/** Statistics of a job's checkpoints, from what its coordinator announces; the newest ones in detail, all in counts. */
import type { CheckpointId } from '../core/ids.ts'
import type { CheckpointAnnouncement } from '../machines/checkpoint-coordinator/protocol.ts'
import type { CheckpointHistoryEntry, JobCheckpointStats } from './session.ts'

const entriesKept = 100

type Entry = { -readonly [K in keyof CheckpointHistoryEntry]: CheckpointHistoryEntry[K] }

export class CheckpointHistory {
  readonly #entries = new Map<CheckpointId, Entry>()
  #total = 0
  #completed = 0
  #failed = 0
  #ownRestorePoint: CheckpointId | undefined
  #restored: JobCheckpointStats['restored']
  /** What a restart would go on from: the newest checkpoint that is no plain savepoint, or what the job started from. */
  restorePoint: CheckpointId | undefined

  add(announcement: CheckpointAnnouncement): void {
    if (announcement.type === 'triggered') {
      this.#total++
      this.#entries.set(announcement.checkpointId, { triggered: announcement, acknowledged: 0, end: undefined })
      const [oldest] = this.#entries.keys()
      if (this.#entries.size > entriesKept) this.#entries.delete(oldest!)
      return
    }
    const entry = this.#entries.get(announcement.checkpointId)
    if (announcement.type === 'acknowledged') {
      if (entry !== undefined) entry.acknowledged++
      return
    }
    if (entry !== undefined) entry.end = announcement
    if (announcement.type === 'aborted') this.#failed++
    else {
      this.#completed++
      if (announcement.kind === 'savepoint') return
      // A slow one may complete after a newer one.
      this.restorePoint = newerOf(this.#ownRestorePoint, announcement.checkpointId)
      this.#ownRestorePoint = this.restorePoint
    }
  }

  restoredFrom(restored: NonNullable<JobCheckpointStats['restored']>): void {
    this.#restored = restored
    this.restorePoint = restored.checkpointId
  }

  /** Milliseconds since the checkpoint was triggered. */
  sinceTrigger(id: CheckpointId, at: number): number {
    return at - (this.#entries.get(id)?.triggered.at ?? at)
  }

  stats(): JobCheckpointStats {
    const inProgress = [...this.#entries.values()].filter(({ end }) => end === undefined).length
    return {
      counts: {
        restored: this.#restored === undefined ? 0 : 1,
        total: this.#total,
        inProgress,
        completed: this.#completed,
        failed: this.#failed,
      },
      history: [...this.#entries.values()].reverse(),
      restored: this.#restored,
    }
  }
}

const newerOf = (known: CheckpointId | undefined, id: CheckpointId): CheckpointId =>
  known !== undefined && known > id ? known : id
