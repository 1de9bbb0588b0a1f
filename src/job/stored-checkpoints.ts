/**
 * A job's checkpoints as its storage holds them, with a count of those that are there: what the end of the job may
 * have to remove.
 */
import type { JobCheckpoints, JobClaim, JobStart, StateWriter, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { Manifest } from '../backends/manifest.ts'
import { isStop, type SavepointFormat } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId, SubtaskId } from '../core/ids.ts'
import type { JobStatus } from '../machines/job/protocol.ts'
import type { ClaimedSnapshot } from './claimed-snapshot.ts'
import { UnderWay } from './under-way.ts'

export class StoredCheckpoints implements JobCheckpoints {
  readonly #inner: JobCheckpoints
  readonly #underWay = new UnderWay()
  #ids: Set<CheckpointId>
  #claimed: ClaimedSnapshot | undefined
  /** The newest one stored by this process that counts as a restore point. */
  #newest = 0
  /** Did the job end, so far as its checkpoints tell, by a stop from whose checkpoint it may go on? */
  stopped = false

  constructor(inner: JobCheckpoints) {
    this.#inner = inner
    const ids = [...inner.existing.map(({ manifest }) => manifest.checkpointId), ...inner.unreadable]
    this.#ids = new Set(ids.toSorted((a, b) => a - b))
  }

  /** From now on this counts as the job's oldest checkpoint. */
  adopt(claimed: ClaimedSnapshot): void {
    this.#claimed = claimed
    this.#ids = new Set([claimed.id, ...this.#ids].toSorted((a, b) => a - b))
  }

  /** Has this process stored one that the job goes back to, instead of what it started from? */
  get hasOwn(): boolean {
    return this.#newest > 0
  }

  /** What goes with a job that leaves nothing. One that failed before it had anything of its own goes on from what it claimed. */
  endingWith(status: JobStatus): readonly CheckpointId[] {
    const hasPast = this.hasOwn || this.existing.some(({ manifest }) => manifest.kind !== 'savepoint')
    return status === 'FAILED' && !hasPast ? this.ids.filter((id) => id !== this.#claimed?.id) : this.ids
  }

  /** What the job has claimed and not let go. */
  get claimedPath(): string | undefined {
    return this.#claimed !== undefined && this.#ids.has(this.#claimed.id) ? this.#claimed.path : undefined
  }

  /** Stored and not discarded, oldest first. */
  get ids(): readonly CheckpointId[] {
    return [...this.#ids]
  }

  /**
   * Those of an earlier process from which a job that resumes from `newest` may itself restart: not its plain savepoints.
   * None when `newest` is let go: then it restarts from there. Fails with `STORAGE_FAILED` when `newest` cannot be read
   * any more, since a restart from an older one would repeat output.
   */
  restorableUpTo(newest: CheckpointId): readonly CheckpointId[] {
    const ids = this.existing
      .filter(({ manifest }) => manifest.kind !== 'savepoint')
      .map(({ manifest }) => manifest.checkpointId)
    if (!this.unreadable.includes(newest)) return ids.includes(newest) ? ids : []
    throw new StreamError(
      'STORAGE_FAILED',
      `Checkpoint ${newest} of job ${this.jobId} was whole a moment ago and cannot be read any more: resume again.`,
      { restartable: true, details: { job: this.jobId, checkpoint: newest } },
    )
  }

  get jobId(): JobId {
    return this.#inner.jobId
  }

  get epoch(): number {
    return this.#inner.epoch
  }

  get existing(): readonly StoredSnapshot[] {
    return this.#inner.existing
  }

  get unreadable(): readonly CheckpointId[] {
    return this.#inner.unreadable
  }

  get highestId(): CheckpointId | 0 {
    return this.#inner.highestId
  }

  get claim(): JobClaim | undefined {
    return this.#inner.claim
  }

  get start(): JobStart | undefined {
    return this.#inner.start
  }

  get hadFinished(): boolean {
    return this.#inner.hadFinished
  }

  openWriter(checkpoint: CheckpointId, subtask: SubtaskId): StateWriter {
    const writer = this.#inner.openWriter(checkpoint, subtask)
    return {
      beginSegment: (scope) => writer.beginSegment(scope),
      append: (bytes) => writer.append(bytes),
      endSegment: () => writer.endSegment(),
      close: () => this.#underWay.watch(writer.close()),
      abort: () => this.#underWay.watch(writer.abort()),
    }
  }

  putManifest(manifest: Manifest): Promise<StoredSnapshot> {
    return this.#underWay.watch(this.#put(manifest))
  }

  async #put(manifest: Manifest): Promise<StoredSnapshot> {
    const stored = await this.#inner.putManifest(manifest)
    this.#ids.add(manifest.checkpointId)
    // What was triggered before the stop may be stored after it, and changes nothing about how the job ends.
    if (manifest.kind !== 'savepoint' && manifest.checkpointId > this.#newest) {
      this.#newest = manifest.checkpointId
      this.stopped = isStop(manifest.kind)
    }
    // A stop may be withdrawn; it counts at the end of the job.
    if (manifest.kind === 'checkpoint') await this.forgetStart()
    return stored
  }

  /**
   * The job has a checkpoint of its own to go on from. What cannot be noted now is tried again with the next one: a resume
   * prefers that to where the job started.
   */
  async forgetStart(): Promise<void> {
    if (this.start?.place !== undefined) await this.start.forget().catch(() => {})
  }

  /** Whoever goes on from a self-contained savepoint names it: with it a stop leaves nothing behind that the job goes on from. */
  publishing(checkpoint: CheckpointId, format: SavepointFormat): void {
    if (checkpoint === this.#newest && format === 'self-contained') this.stopped = false
  }

  load(checkpoint: CheckpointId): Promise<StoredSnapshot> {
    const claimed = checkpoint === this.#claimed?.id ? this.#claimed.snapshot : undefined
    return claimed === undefined ? this.#inner.load(checkpoint) : Promise.resolve(claimed)
  }

  hold(checkpoint: CheckpointId): (() => void) | undefined {
    return this.#inner.hold(checkpoint)
  }

  discard(checkpoint: CheckpointId): Promise<boolean> {
    return this.#underWay.watch(this.#discard(checkpoint))
  }

  async #discard(checkpoint: CheckpointId): Promise<boolean> {
    const owner = checkpoint === this.#claimed?.id ? this.#claimed : this.#inner
    const gone = await owner.discard(checkpoint)
    if (!gone) return false
    this.#ids.delete(checkpoint)
    // A stop that was withdrawn is none.
    if (checkpoint === this.#newest) this.stopped = false
    return true
  }

  sweep(inFlight: readonly CheckpointId[]): Promise<readonly string[]> {
    return this.#inner.sweep(inFlight)
  }

  finish(): Promise<void> {
    return this.#inner.finish()
  }

  /** The job does not start after all. Fails never: what cannot be taken back is only a note. */
  async withdraw(): Promise<void> {
    // A storage that cannot take the opening back is at least told again what it knew: opening forgets that the job had finished.
    if (this.#inner.withdraw !== undefined) await this.#inner.withdraw().catch(() => {})
    else if (this.hadFinished) await this.#inner.finish().catch(() => {})
    await this.close()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /** Resolves when everything that was begun here has been written, or deleted, or has failed. */
  settled(): Promise<void> {
    return this.#underWay.settled()
  }
}
