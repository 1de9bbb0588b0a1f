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
import type { CheckpointStorage, JobCheckpoints, StateWriter, StoredSnapshot } from './checkpoint-storage.ts'
import type { Manifest, StateHandle } from './manifest.ts'
import { parseManifest, printManifest } from './manifest-json.ts'
import { checkCodec, checkSegment, SegmentLog, stateFileMissing, stateFileName } from './state-segments.ts'

interface Checkpoint {
  readonly files: Map<string, Uint8Array>
  readonly pins: Set<string>
  manifest: Manifest | undefined
  retired: boolean
}

interface Job {
  name: string
  epoch: number
  highestId: CheckpointId | 0
  /** Which opening of any job was the last of this one: higher is later. */
  opened: number
  finished: boolean
  readonly checkpoints: Map<CheckpointId, Checkpoint>
}

const pathForm = /^jobmanager:\/\/checkpoints\/([0-9a-f]{32})\/([1-9]\d*)$/
const pathOf = (job: JobId, id: CheckpointId): string => `jobmanager://checkpoints/${job}/${id}`

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
  readonly #jobs = new Map<JobId, Job>()
  #openings = 0

  async open({ id, name }: { readonly id: JobId; readonly name: string }): Promise<JobCheckpoints> {
    const job: Job = this.#jobs.get(id) ?? {
      name,
      epoch: 0,
      highestId: 0,
      opened: 0,
      finished: false,
      checkpoints: new Map(),
    }
    job.name = name
    job.epoch++
    job.opened = ++this.#openings
    job.finished = false
    this.#jobs.set(id, job)
    return new HeapJobCheckpoints(id, job)
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
    const named = [...this.#jobs].filter(([, { name }]) => name === jobName)
    const last = named.toSorted(([, a], [, b]) => a.opened - b.opened).at(-1)
    return last?.[1].finished === true ? last[0] : undefined
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
    if (checkpoint.retired && checkpoint.pins.size === 0) job.checkpoints.delete(id)
  }

  #find(path: string): (Found & { readonly snapshot: StoredSnapshot | undefined }) | undefined {
    const match = pathForm.exec(path)
    const jobId = match?.[1] as JobId | undefined
    const job = jobId === undefined ? undefined : this.#jobs.get(jobId)
    const id = Number(match?.[2]) as CheckpointId
    const checkpoint = job?.checkpoints.get(id)
    if (jobId === undefined || job === undefined || checkpoint === undefined) return undefined
    return { job, id, checkpoint, snapshot: snapshotOf(jobId, id, checkpoint) }
  }
}

interface Found {
  readonly job: Job
  readonly id: CheckpointId
  readonly checkpoint: Checkpoint
}

const sessionHint = 'checkpoints of the jobmanager are lost when its session ends'

const snapshotOf = (jobId: JobId, id: CheckpointId, checkpoint: Checkpoint): StoredSnapshot | undefined => {
  const { manifest, files } = checkpoint
  if (manifest === undefined) return undefined
  const path = pathOf(jobId, id)
  return {
    path,
    manifest,
    async read(handle: StateHandle) {
      const where = `${path}/${handle.file}`
      checkCodec(handle, where)
      const file = files.get(handle.file)
      if (file === undefined) throw stateFileMissing(where)
      return checkSegment(file.subarray(handle.offset, handle.offset + handle.length), handle, where)
    },
  }
}

const wholeCheckpoints = (jobId: JobId, job: Job): readonly StoredSnapshot[] =>
  [...job.checkpoints].sort(([a], [b]) => a - b).flatMap(([id, checkpoint]) => snapshotOf(jobId, id, checkpoint) ?? [])

class HeapJobCheckpoints implements JobCheckpoints {
  readonly jobId: JobId
  readonly epoch: number
  readonly existing: readonly StoredSnapshot[]
  readonly unreadable = []
  readonly highestId: CheckpointId | 0
  readonly #job: Job

  constructor(jobId: JobId, job: Job) {
    this.jobId = jobId
    this.#job = job
    this.epoch = job.epoch
    this.existing = wholeCheckpoints(jobId, job)
    this.highestId = job.highestId
  }

  openWriter(checkpoint: CheckpointId, subtask: SubtaskId): StateWriter {
    return new HeapWriter(stateFileName(subtask), (file, bytes) => {
      this.#checkLease()
      const { files } = this.#checkpoint(checkpoint)
      if (files.has(file)) {
        throw new StreamError('STORAGE_FAILED', `State file ${pathOf(this.jobId, checkpoint)}/${file} exists already.`)
      }
      files.set(file, bytes)
      return () => files.delete(file)
    })
  }

  async putManifest(manifest: Manifest): Promise<StoredSnapshot> {
    const id = manifest.checkpointId
    const path = pathOf(this.jobId, id)
    const checked = parseManifest(printManifest(manifest, path), path)
    this.#checkLease()
    const checkpoint = this.#checkpoint(id)
    const missing = [...namedFiles(checked)].find((file) => !checkpoint.files.has(file))
    if (missing !== undefined) throw stateFileMissing(`${path}/${missing}`)
    checkpoint.manifest ??= checked
    const stored = snapshotOf(this.jobId, id, checkpoint)
    assert(stored !== undefined, 'a checkpoint with a manifest is stored')
    return stored
  }

  async load(id: CheckpointId): Promise<StoredSnapshot> {
    const checkpoint = this.#job.checkpoints.get(id)
    const snapshot = checkpoint && snapshotOf(this.jobId, id, checkpoint)
    if (snapshot === undefined) throw checkpointNotFound(pathOf(this.jobId, id), sessionHint)
    return snapshot
  }

  async discard(id: CheckpointId): Promise<boolean> {
    this.#checkLease()
    const checkpoint = this.#job.checkpoints.get(id)
    if (checkpoint !== undefined && checkpoint.manifest !== undefined && checkpoint.pins.size > 0) {
      checkpoint.retired = true
      return false
    }
    this.#job.checkpoints.delete(id)
    return true
  }

  async sweep(inFlight: readonly CheckpointId[]): Promise<readonly string[]> {
    this.#checkLease()
    const removed: string[] = []
    for (const [id, { manifest, files, pins, retired }] of this.#job.checkpoints) {
      if (inFlight.includes(id)) continue
      if (manifest === undefined || (retired && pins.size === 0)) {
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
    return removed
  }

  async finish(): Promise<void> {
    this.#checkLease()
    this.#job.finished = true
  }

  async close(): Promise<void> {}

  #checkLease(): void {
    if (this.#job.epoch !== this.epoch) throw leaseLost(this.jobId, this.epoch, this.#job.epoch)
  }

  #checkpoint(id: CheckpointId): Checkpoint {
    const checkpoint: Checkpoint = this.#job.checkpoints.get(id) ?? {
      files: new Map(),
      pins: new Set(),
      manifest: undefined,
      retired: false,
    }
    this.#job.checkpoints.set(id, checkpoint)
    if (id > this.#job.highestId) this.#job.highestId = id
    return checkpoint
  }
}

class HeapWriter implements StateWriter {
  readonly #file: string
  readonly #store: (file: string, bytes: Uint8Array) => () => void
  readonly #log: SegmentLog
  readonly #pieces: Uint8Array[] = []
  #segments = 0
  #remove: () => void = () => {}

  constructor(file: string, store: (file: string, bytes: Uint8Array) => () => void) {
    this.#file = file
    this.#store = store
    this.#log = new SegmentLog(file)
  }

  beginSegment(): void {
    this.#log.begin()
    this.#segments++
  }

  append(bytes: Uint8Array): void {
    this.#log.append(bytes)
    this.#pieces.push(bytes)
  }

  endSegment(): StateHandle {
    return this.#log.end()
  }

  async close(): Promise<void> {
    if (this.#segments > 0) this.#remove = this.#store(this.#file, Buffer.concat(this.#pieces))
  }

  async abort(): Promise<void> {
    this.#pieces.length = 0
    this.#remove()
  }
}
