/**
 * Checkpoint storage in the memory of the process: the reference, and the default. Lost with the process.
 *
 * Behaves like the filesystem storage in all else: leases, pins, sweep, ids that are not reused. Manifests go through
 * their text form, so that what cannot be stored on disk cannot be stored here either.
 * Tests: test/backends/checkpoint-storages.test.ts.
 */
import { assert, StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId, SubtaskId } from '../core/ids.ts'
import { checkpointNotFound, isResumable, leaseLost, namedFiles, newerOf } from './checkpoint-rules.ts'
import type {
  CheckpointStorage,
  ClaimedPlace,
  JobCheckpoints,
  JobClaim,
  JobStart,
  SnapshotClaims,
  StateWriter,
  StoredJob,
  StoredSnapshot,
} from './checkpoint-storage.ts'
import { GatheredStateWriter } from './gathered-state-writer.ts'
import {
  checkClaim,
  checkpointIn,
  deleteCheckpoint,
  filesFor,
  findCheckpoint,
  type HeapJob,
  isHeld,
  newHeapJob,
  pathOf,
  removeUnnamed,
  sessionHint,
  snapshotOf,
  wholeCheckpoints,
} from './heap-job.ts'
import { Holds } from './holds.ts'
import type { Manifest } from './manifest.ts'
import { parseManifest, printManifest } from './manifest-json.ts'
import { stateFileMissing } from './state-segments.ts'

/**
 * Checkpoints kept in this process's memory, at `jobmanager://checkpoints/<job>/<n>`.
 *
 * @example
 * const storage = jobmanagerCheckpointStorage()
 */
export function jobmanagerCheckpointStorage(): CheckpointStorage {
  return new HeapStorage()
}

class HeapStorage implements CheckpointStorage {
  readonly kind = 'jobmanager'
  readonly claims: SnapshotClaims = {
    claimant: async (path) => this.#find(path)?.checkpoint.owner,
    check: async (path) => void checkClaim(path, this.#find(path)?.checkpoint),
    claim: async (path, job) => {
      checkClaim(path, this.#find(path)?.checkpoint, job).owner = job
    },
    discard: async (path, job) => {
      const found = this.#find(path)
      if (found?.checkpoint.owner !== job) return
      found.checkpoint.retired = true
      found.checkpoint.owner = undefined
      if (!isHeld(found.checkpoint)) deleteCheckpoint(found.job, found.id)
    },
    ofJob: async (jobName) => {
      const [id, job] = this.#lastOpened(jobName) ?? []
      return id && job?.claimed && !job.finished ? { job: id, place: job.claimed } : undefined
    },
  }
  readonly #jobs = new Map<JobId, HeapJob>()
  #openings = 0

  async open({ id, name, startsFrom, goesOnFrom }: StoredJob): Promise<JobCheckpoints> {
    const job: HeapJob = this.#jobs.get(id) ?? newHeapJob(name)
    job.name = name
    const { opened, startedFrom, finished: hadFinished } = job
    job.startedFrom = startsFrom
    const again = goesOnFrom && job.checkpoints.get(goesOnFrom)
    if (again) again.retired = false
    job.epoch++
    job.opened = ++this.#openings
    job.finished = false
    this.#jobs.set(id, job)
    return new HeapJobCheckpoints(id, job, { hadFinished, opened, startedFrom })
  }

  async newest(jobName: string): Promise<StoredSnapshot | undefined> {
    let newest: StoredSnapshot | undefined
    for (const [id, job] of this.#jobs) {
      for (const snapshot of wholeCheckpoints(id, job)) {
        const { manifest } = snapshot
        if (manifest.job.name === jobName && isResumable(manifest)) newest = newerOf(newest, snapshot)
      }
    }
    return newest
  }

  async finishedJob(jobName: string): Promise<JobId | undefined> {
    const last = this.#lastOpened(jobName)
    return last?.[1].finished === true ? last[0] : undefined
  }

  async startOf(jobName: string) {
    const [id, job] = this.#lastOpened(jobName) ?? []
    return id && job?.startedFrom && !job.finished ? { job: id, place: job.startedFrom } : undefined
  }

  #lastOpened(jobName: string): [JobId, HeapJob] | undefined {
    const named = [...this.#jobs].filter(([, { name }]) => name === jobName)
    return named.toSorted(([, a], [, b]) => a.opened - b.opened).at(-1)
  }

  async jobNames(): Promise<readonly string[]> {
    const unfinished = [...this.#jobs.values()].filter(({ finished }) => !finished)
    return [...new Set(unfinished.map(({ name }) => name))].sort()
  }

  async resolve(path: string): Promise<StoredSnapshot | undefined> {
    if (!path.startsWith('jobmanager://checkpoints/')) return undefined
    const snapshot = this.#find(path)?.snapshot
    if (snapshot === undefined) throw checkpointNotFound(path, sessionHint)
    return snapshot
  }

  async pin(path: string, holder: string): Promise<void> {
    const found = this.#find(path)
    if (found?.snapshot === undefined) throw checkpointNotFound(path, sessionHint)
    found.checkpoint.pins.add(holder)
  }

  async unpin(path: string, holder: string): Promise<void> {
    const found = this.#find(path)
    if (found === undefined) return
    const { job, id, checkpoint } = found
    checkpoint.pins.delete(holder)
    if (checkpoint.retired && !isHeld(checkpoint)) deleteCheckpoint(job, id)
  }

  #find(path: string) {
    return findCheckpoint(this.#jobs, path)
  }
}

/** Of the job, before it was opened. */
interface Before extends Pick<HeapJob, 'opened' | 'startedFrom'> {
  readonly hadFinished: boolean
}

class HeapJobCheckpoints implements JobCheckpoints {
  readonly jobId: JobId
  readonly epoch: number
  readonly existing: readonly StoredSnapshot[]
  readonly unreadable = []
  readonly highestId: CheckpointId | 0
  readonly hadFinished: boolean
  readonly #job: HeapJob
  readonly #holds: Holds
  readonly #before: Before

  constructor(jobId: JobId, job: HeapJob, before: Before) {
    this.#before = before
    this.hadFinished = before.hadFinished
    this.jobId = jobId
    this.#job = job
    this.epoch = job.epoch
    this.existing = wholeCheckpoints(jobId, job).filter(
      ({ manifest }) => job.checkpoints.get(manifest.checkpointId)?.retired !== true,
    )
    this.highestId = job.highestId
    this.#holds = new Holds(this.existing.map(({ manifest }) => manifest.checkpointId))
  }

  openWriter(checkpoint: CheckpointId, subtask: SubtaskId): StateWriter {
    return new GatheredStateWriter({
      checkpoint,
      subtask,
      store: async (file, bytes) => {
        this.#checkLease()
        const files = filesFor(file, checkpointIn(this.#job, checkpoint), this.#job)
        if (files.has(file)) {
          throw new StreamError(
            'STORAGE_FAILED',
            `State file ${pathOf(this.jobId, checkpoint)}/${file} exists already.`,
          )
        }
        files.set(file, bytes)
      },
      remove: async (file) => {
        const stored = this.#job.checkpoints.get(checkpoint)
        if (stored !== undefined) filesFor(file, stored, this.#job).delete(file)
      },
    })
  }

  async putManifest(manifest: Manifest): Promise<StoredSnapshot> {
    const id = manifest.checkpointId
    const path = pathOf(this.jobId, id)
    const checked = parseManifest(printManifest(manifest, path), path)
    this.#checkLease()
    const checkpoint = checkpointIn(this.#job, id)
    const missing = [...namedFiles(checked)].find((file) => !filesFor(file, checkpoint, this.#job).has(file))
    if (missing !== undefined) throw stateFileMissing(`${path}/${missing}`)
    checkpoint.manifest ??= checked
    this.#holds.stored(id)
    const stored = snapshotOf(this.jobId, id, this.#job)
    assert(stored !== undefined, 'a checkpoint with a manifest is stored')
    return stored
  }

  async load(id: CheckpointId): Promise<StoredSnapshot> {
    const snapshot = snapshotOf(this.jobId, id, this.#job)
    if (snapshot === undefined) throw checkpointNotFound(pathOf(this.jobId, id), sessionHint)
    return snapshot
  }

  hold(id: CheckpointId): (() => void) | undefined {
    return this.#holds.hold(id)
  }

  async discard(id: CheckpointId): Promise<boolean> {
    this.#checkLease()
    for (const overdue of this.#holds.overdue) if (overdue !== id) this.#letGo(overdue)
    return this.#letGo(id)
  }

  #letGo(id: CheckpointId): boolean {
    if (!this.#holds.letGo(id)) return false
    const checkpoint = this.#job.checkpoints.get(id)
    if (checkpoint !== undefined && checkpoint.manifest !== undefined && isHeld(checkpoint, this.jobId)) {
      checkpoint.retired = true
      return false
    }
    deleteCheckpoint(this.#job, id)
    return true
  }

  async sweep(inFlight: readonly CheckpointId[]): Promise<readonly string[]> {
    this.#checkLease()
    if (inFlight.length === 0) this.#holds.end()
    for (const overdue of this.#holds.overdue) this.#letGo(overdue)
    const removed: string[] = []
    for (const [id, checkpoint] of this.#job.checkpoints) {
      if (inFlight.includes(id)) continue
      const { manifest, files, retired } = checkpoint
      if (manifest === undefined || (retired && !isHeld(checkpoint))) {
        this.#job.checkpoints.delete(id)
        removed.push(pathOf(this.jobId, id))
        continue
      }
      for (const file of files.keys()) {
        if (namedFiles(manifest).has(file)) continue
        files.delete(file)
        removed.push(`${pathOf(this.jobId, id)}/${file}`)
      }
    }
    return [...removed, ...removeUnnamed(this.#job)]
  }

  async finish(): Promise<void> {
    this.#checkLease()
    this.#job.finished = true
  }

  get claim(): JobClaim {
    const note = async (place: ClaimedPlace | undefined) => {
      this.#checkLease()
      this.#job.claimed = place
    }
    return { place: this.#job.claimed, note }
  }

  get start(): JobStart {
    const forget = async () => {
      this.#checkLease()
      this.#job.startedFrom = undefined
    }
    return { place: this.#job.startedFrom, forget }
  }

  async withdraw(): Promise<void> {
    this.#checkLease()
    this.#job.opened = this.#before.opened
    this.#job.finished = this.#before.hadFinished
    this.#job.startedFrom = this.#before.startedFrom
  }

  async close(): Promise<void> {}

  #checkLease(): void {
    if (this.#job.epoch !== this.epoch) throw leaseLost(this.jobId, this.epoch, this.#job.epoch)
  }
}
