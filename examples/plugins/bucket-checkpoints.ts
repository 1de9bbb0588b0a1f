/** A checkpoint storage over a bucket. What exists is decided by the record of the job alone (`job-record.ts`). */
import type { CheckpointId, JobId } from 'tidemark'
import {
  type CheckpointStorage,
  checkpointNotFound,
  GatheredStateWriter,
  Holds,
  isResumable,
  type JobCheckpoints,
  type Manifest,
  newerOf,
  parseManifest,
  printManifest,
  type StoredJob,
  type StoredSnapshot,
} from 'tidemark/backends'
import type { Bucket } from './bucket.ts'
import { BucketObjects } from './bucket-objects.ts'
import {
  changeRecord,
  idsOf,
  type JobRecord,
  letGo,
  owned,
  pinned,
  readRecord,
  recordName,
  unpinned,
  withCheckpoint,
} from './job-record.ts'

export interface BucketPlace {
  /** The place as paths have it, `bucket://main/checkpoints`. */
  readonly url: string
  /** What the keys of the place begin with: `checkpoints/`, or nothing. */
  readonly prefix: string
}

export class BucketCheckpoints implements CheckpointStorage {
  readonly kind = 'bucket'
  readonly #bucket: Bucket
  readonly #place: BucketPlace

  constructor(bucket: Bucket, place: BucketPlace) {
    this.#bucket = bucket
    this.#place = place
  }

  async open(job: StoredJob): Promise<JobCheckpoints> {
    const { id, name } = job
    const objects = this.#objectsOf(id)
    const opened = 1 + Math.max(0, ...(await this.#records()).map(([, record]) => record.opened))
    let hadFinished = false
    const record = await changeRecord(this.#bucket, objects.record, (old) => {
      hadFinished = old?.finished === true
      const { epoch, ...rest } = old ?? { epoch: 0, highestId: 0, checkpoints: {} }
      return { ...rest, name, opened, epoch: epoch + 1, finished: false }
    })
    const existing: StoredSnapshot[] = []
    const unreadable: CheckpointId[] = []
    for (const checkpoint of idsOf(record)) {
      if (record.checkpoints[checkpoint]?.retired === true) continue
      try {
        const snapshot = await objects.read(checkpoint)
        await objects.checkFiles(snapshot.manifest)
        existing.push(snapshot)
      } catch {
        unreadable.push(checkpoint)
      }
    }
    return new BucketJob(objects, job, record, { existing, unreadable, hadFinished })
  }

  async newest(jobName: string): Promise<StoredSnapshot | undefined> {
    let newest: StoredSnapshot | undefined
    for (const [id, record] of await this.#records()) {
      if (record.name !== jobName) continue
      const objects = this.#objectsOf(id)
      for (const checkpoint of idsOf(record).toReversed()) {
        const snapshot = await objects.read(checkpoint)
        if (!isResumable(snapshot.manifest)) continue
        await objects.checkFiles(snapshot.manifest)
        newest = newerOf(newest, snapshot)
        break
      }
    }
    return newest
  }

  async finishedJob(jobName: string): Promise<JobId | undefined> {
    const named = (await this.#records()).filter(([, { name }]) => name === jobName)
    const last = named.toSorted(([, a], [, b]) => a.opened - b.opened).at(-1)
    return last?.[1].finished === true ? last[0] : undefined
  }

  async jobNames(): Promise<readonly string[]> {
    const unfinished = (await this.#records()).filter(([, { finished }]) => !finished)
    return [...new Set(unfinished.map(([, { name }]) => name))].sort()
  }

  async resolve(path: string): Promise<StoredSnapshot | undefined> {
    const found = this.#find(path)
    if (found === undefined) return undefined
    const record = await readRecord(this.#bucket, found.objects.record)
    if (record?.checkpoints[found.id] === undefined) throw checkpointNotFound(path)
    return found.objects.read(found.id)
  }

  async pin(path: string, holder: string): Promise<void> {
    const found = this.#find(path)
    if (found === undefined) throw checkpointNotFound(path)
    await changeRecord(this.#bucket, found.objects.record, (record) => pinned(record, found.id, holder, path))
  }

  async unpin(path: string, holder: string): Promise<void> {
    const found = this.#find(path)
    if (found === undefined || (await readRecord(this.#bucket, found.objects.record)) === undefined) return
    const { id, objects } = found
    let goes = false
    const record = await changeRecord(this.#bucket, objects.record, (old) => {
      const next = unpinned(old!, id, holder)
      goes = old?.checkpoints[id] !== undefined && next.checkpoints[id] === undefined
      return next
    })
    if (goes) await objects.deleteCheckpoint(id, record)
  }

  #find(path: string): { readonly objects: BucketObjects; readonly id: number } | undefined {
    const below = path.startsWith(`${this.#place.url}/`) ? path.slice(this.#place.url.length + 1) : ''
    const [, job, id] = /^([0-9a-f]{32})\/chk-([1-9]\d*)$/.exec(below) ?? []
    return job === undefined ? undefined : { objects: this.#objectsOf(job as JobId), id: Number(id) }
  }

  #objectsOf(job: JobId): BucketObjects {
    return new BucketObjects(this.#bucket, this.#place, job)
  }

  async #records(): Promise<readonly (readonly [JobId, JobRecord])[]> {
    const { prefix } = this.#place
    const records: [JobId, JobRecord][] = []
    for (const key of await this.#bucket.list(prefix)) {
      const [id = '', name, ...deeper] = key.slice(prefix.length).split('/')
      if (name !== recordName || deeper.length > 0) continue
      const record = await readRecord(this.#bucket, key)
      if (record !== undefined) records.push([id as JobId, record])
    }
    return records
  }
}

class BucketJob implements JobCheckpoints {
  readonly jobId: JobId
  readonly epoch: number
  readonly existing: readonly StoredSnapshot[]
  readonly unreadable: readonly CheckpointId[]
  readonly highestId: CheckpointId | 0
  readonly hadFinished: boolean
  readonly #objects: BucketObjects
  readonly #inlineBytes: number | undefined
  readonly #holds: Holds
  /** Checkpoints whose ids the record knows. */
  readonly #begun = new Map<CheckpointId, Promise<unknown>>()

  constructor(
    objects: BucketObjects,
    { id, inlineBytes }: StoredJob,
    { epoch, highestId }: JobRecord,
    found: Pick<JobCheckpoints, 'existing' | 'unreadable' | 'hadFinished'>,
  ) {
    this.jobId = id
    this.epoch = epoch
    this.highestId = highestId as CheckpointId | 0
    this.existing = found.existing
    this.unreadable = found.unreadable
    this.hadFinished = found.hadFinished
    this.#objects = objects
    this.#inlineBytes = inlineBytes
    this.#holds = new Holds(found.existing.map(({ manifest }) => manifest.checkpointId))
  }

  openWriter(...[checkpoint, subtask]: Parameters<JobCheckpoints['openWriter']>): GatheredStateWriter {
    const { bucket } = this.#objects
    return new GatheredStateWriter({
      checkpoint,
      subtask,
      inlineBytes: this.#inlineBytes,
      store: async (file, bytes) => {
        await this.#begin(checkpoint)
        if (await bucket.put(this.#objects.keyOf(checkpoint, file), bytes, 0)) return
        throw new Error(`${this.#objects.pathOf(checkpoint)}/${file} is there already`)
      },
      remove: (file) => bucket.delete(this.#objects.keyOf(checkpoint, file)),
    })
  }

  async putManifest(manifest: Manifest): Promise<StoredSnapshot> {
    const id = manifest.checkpointId
    const path = this.#objects.pathOf(id)
    const text = printManifest(manifest, path)
    await this.#begin(id)
    await this.#objects.checkFiles(manifest)
    await this.#objects.bucket.put(this.#objects.metadata(id), Buffer.from(text), 0)
    await this.#change((record) =>
      record.checkpoints[id] === undefined ? withCheckpoint(record, id, { pins: [], retired: false }) : record,
    ).catch(async (error: unknown) => {
      // It is doubtful whether the record was replaced: only if it was not, this is a failure.
      const record = await readRecord(this.#objects.bucket, this.#objects.record)
      if (record?.checkpoints[id] === undefined) throw error
    })
    this.#holds.stored(id)
    return this.#objects.snapshot(id, parseManifest(text, path))
  }

  async load(id: CheckpointId): Promise<StoredSnapshot> {
    const record = await readRecord(this.#objects.bucket, this.#objects.record)
    if (record?.checkpoints[id] === undefined) throw checkpointNotFound(this.#objects.pathOf(id))
    return this.#objects.read(id)
  }

  hold(id: CheckpointId): (() => void) | undefined {
    return this.#holds.hold(id)
  }

  async discard(id: CheckpointId): Promise<boolean> {
    for (const overdue of this.#holds.overdue) if (overdue !== id) await this.#letGo(overdue)
    return this.#letGo(id)
  }

  async sweep(inFlight: readonly CheckpointId[]): Promise<readonly string[]> {
    if (inFlight.length === 0) this.#holds.end()
    for (const overdue of this.#holds.overdue) await this.#letGo(overdue)
    return this.#objects.sweep(await this.#change((record) => record), inFlight)
  }

  async finish(): Promise<void> {
    await this.#change((record) => ({ ...record, finished: true }))
  }

  async close(): Promise<void> {}

  async #letGo(id: CheckpointId): Promise<boolean> {
    const before = await this.#change((record) => record)
    if (!this.#holds.letGo(id)) return false
    const record = before.checkpoints[id] === undefined ? before : await this.#change((old) => letGo(old, id))
    if (record.checkpoints[id] !== undefined) return false
    await this.#objects.deleteCheckpoint(id, record)
    return true
  }

  /** Makes the id of a checkpoint known, before anything of it is stored. */
  #begin(id: CheckpointId): Promise<unknown> {
    const begun =
      this.#begun.get(id) ?? this.#change((record) => (record.highestId >= id ? record : { ...record, highestId: id }))
    this.#begun.set(id, begun)
    begun.catch(() => this.#begun.delete(id))
    return begun
  }

  /** Fails with `LEASE_LOST`. */
  #change(decide: (record: JobRecord) => JobRecord): Promise<JobRecord> {
    const { bucket, record } = this.#objects
    return changeRecord(bucket, record, (current) => decide(owned(current, this.jobId, this.epoch)))
  }
}
