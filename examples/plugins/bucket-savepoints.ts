/** A savepoint store over a bucket: one object per savepoint, a pointer to its checkpoint, wherever that is. */
import { type JobId, StreamError } from 'tidemark'
import {
  type CheckpointStorage,
  parsePointer,
  pointedTo,
  pointerTo,
  printPointer,
  type SavepointEntry,
  type SavepointStore,
  type StoredSnapshot,
} from 'tidemark/backends'
import type { Bucket } from './bucket.ts'
import type { BucketPlace } from './bucket-checkpoints.ts'

const namesMax = 10
const form = /^savepoint-[0-9a-f]{6}-[0-9a-f]{12}$/

export class BucketSavepoints implements SavepointStore {
  readonly kind = 'bucket'
  readonly #bucket: Bucket
  readonly #place: BucketPlace
  readonly #checkpoints: Pick<CheckpointStorage, 'resolve'>

  constructor(bucket: Bucket, place: BucketPlace, checkpoints: Pick<CheckpointStorage, 'resolve'>) {
    this.#bucket = bucket
    this.#place = place
    this.#checkpoints = checkpoints
  }

  async reserve(jobId: JobId, _dir: string | undefined, random: (length: number) => Uint8Array): Promise<string> {
    for (let attempt = 0; attempt < namesMax; attempt++) {
      const name = `savepoint-${jobId.slice(0, 6)}-${Buffer.from(random(6)).toString('hex')}`
      if (await this.#bucket.put(`${this.#place.prefix}${name}/reserved`, Buffer.alloc(0), 0)) {
        return `${this.#place.url}/${name}`
      }
    }
    throw new StreamError('STORAGE_FAILED', `${this.#place.url}: ${namesMax} random names for a savepoint are taken.`)
  }

  async publish(path: string, snapshot: StoredSnapshot): Promise<void> {
    const key = `${this.#keyOf(path)}/_metadata`
    const text = printPointer(pointerTo(snapshot, path))
    await this.#bucket.put(key, Buffer.from(text), (await this.#bucket.get(key))?.version ?? 0)
  }

  async resolve(path: string): Promise<StoredSnapshot | undefined> {
    const pointer = await this.#read(path)
    if (pointer === undefined) return undefined
    const target = pointedTo(pointer)
    const snapshot = await this.#checkpoints.resolve(target)
    if (snapshot !== undefined) return snapshot
    throw new StreamError(
      'CHECKPOINT_NOT_FOUND',
      `Savepoint ${path} points to ${target}, where there is no checkpoint.`,
    )
  }

  async entry(path: string): Promise<SavepointEntry | undefined> {
    const pointer = await this.#read(path)
    if (pointer === undefined) return undefined
    const { job, timestamp } = pointer
    return { path, jobId: job.id, jobName: job.name, checkpointPath: pointedTo(pointer), timestamp }
  }

  async list(): Promise<readonly SavepointEntry[]> {
    const entries: SavepointEntry[] = []
    for (const key of await this.#bucket.list(`${this.#place.prefix}savepoint-`)) {
      const [name = '', file] = key.slice(this.#place.prefix.length).split('/')
      // A damaged one is no savepoint to list; naming it says what is wrong.
      const entry =
        file === '_metadata' ? await this.entry(`${this.#place.url}/${name}`).catch(() => undefined) : undefined
      if (entry !== undefined) entries.push(entry)
    }
    return entries
  }

  async remove(path: string): Promise<void> {
    const key = this.#keyOf(path)
    if (key === undefined || (await this.#bucket.get(`${key}/_metadata`)) === undefined) throw notFound(path)
    await this.clear(path)
  }

  async clear(path: string): Promise<void> {
    for (const name of ['_metadata', 'reserved']) await this.#bucket.delete(`${this.#keyOf(path)}/${name}`)
  }

  async #read(path: string) {
    const key = this.#keyOf(path)
    if (key === undefined) return undefined
    const object = await this.#bucket.get(`${key}/_metadata`)
    if (object === undefined) throw notFound(path)
    return parsePointer(String(object.bytes), path)
  }

  /** Undefined for what is no savepoint of this place. */
  #keyOf(path: string): string | undefined {
    const name = path.startsWith(`${this.#place.url}/`) ? path.slice(this.#place.url.length + 1) : ''
    return form.test(name) ? `${this.#place.prefix}${name}` : undefined
  }
}

const notFound = (path: string): StreamError =>
  new StreamError('SAVEPOINT_NOT_FOUND', `There is no savepoint at ${path}.`)
