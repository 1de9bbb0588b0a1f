/** Statistics of a job's checkpoints, from what its coordinator announces; the newest ones in detail, all in counts. */
import type { CheckpointId, SubtaskId } from '../core/ids.ts'
import type { CheckpointAnnouncement } from '../machines/checkpoint-coordinator/protocol.ts'
import type { CheckpointHistoryEntry, JobCheckpointStats } from './session.ts'

const entriesKept = 100

type Announced<Type extends CheckpointAnnouncement['type']> = Extract<CheckpointAnnouncement, { readonly type: Type }>
type Entry = { -readonly [K in keyof CheckpointHistoryEntry]: CheckpointHistoryEntry[K] }

export class CheckpointHistory {
  readonly #entries = new Map<CheckpointId, Entry>()
  /** Who has acknowledged, of the entries that are not complete: what is repeated counts once. */
  readonly #heard = new Map<CheckpointId, Set<SubtaskId>>()
  #total = 0
  #completed = 0
  #failed = 0
  #ownRestorePoint: CheckpointId | undefined
  #restored: JobCheckpointStats['restored']
  /** What a restart would go on from: the newest checkpoint that is no plain savepoint, or what the job started from. */
  restorePoint: CheckpointId | undefined

  add(announcement: CheckpointAnnouncement): void {
    switch (announcement.type) {
      case 'triggered':
        this.#triggered(announcement)
        return
      case 'acknowledged':
      case 'acknowledged-late':
        this.#acknowledged(announcement)
        return
      case 'completed':
      case 'aborted':
        this.#ended(announcement)
        return
      case 'dropped':
        return
    }
  }

  #triggered(triggered: Announced<'triggered'>): void {
    const { checkpointId, subtasks, participants } = triggered
    this.#total++
    this.#entries.set(checkpointId, { triggered, acknowledged: subtasks - participants.length, end: undefined })
    this.#heard.set(checkpointId, new Set())
    const [oldest] = this.#entries.keys()
    if (this.#entries.size <= entriesKept) return
    this.#entries.delete(oldest!)
    this.#heard.delete(oldest!)
  }

  #acknowledged({ checkpointId, subtask }: Announced<'acknowledged' | 'acknowledged-late'>): void {
    const [entry, heard] = [this.#entries.get(checkpointId), this.#heard.get(checkpointId)]
    if (entry === undefined || heard === undefined || heard.has(subtask)) return
    heard.add(subtask)
    entry.acknowledged++
  }

  #ended(end: Announced<'completed' | 'aborted'>): void {
    const entry = this.#entries.get(end.checkpointId)
    if (entry !== undefined) entry.end = end
    if (end.type === 'aborted') {
      this.#failed++
      return
    }
    this.#heard.delete(end.checkpointId)
    this.#completed++
    if (end.kind === 'savepoint') return
    // A slow one may complete after a newer one.
    this.restorePoint = newerOf(this.#ownRestorePoint, end.checkpointId)
    this.#ownRestorePoint = this.restorePoint
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
