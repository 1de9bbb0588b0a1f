/** The objects of one job in a bucket: `<job>/chk-<n>/<file>`, `<job>/shared/<file>`, and how they are read and deleted. */

import type { JobId } from 'tidemark'
import {
  checkpointNotFound,
  isShared,
  type Manifest,
  namedFiles,
  parseManifest,
  readSegment,
  type StoredSnapshot,
  sharedFilesOf,
  sharedName,
  stateFileMissing,
} from 'tidemark/backends'
import type { Bucket } from './bucket.ts'
import { idsOf, type JobRecord, recordName } from './job-record.ts'

export class BucketObjects {
  readonly bucket: Bucket
  readonly #url: string
  readonly #prefix: string

  /** `prefix`: of the keys of the job, with a slash at the end; `url`: the same, as paths have it. */
  constructor(bucket: Bucket, place: { readonly url: string; readonly prefix: string }, job: JobId) {
    this.bucket = bucket
    this.#url = `${place.url}/${job}`
    this.#prefix = `${place.prefix}${job}/`
  }

  get record(): string {
    return `${this.#prefix}${recordName}`
  }

  pathOf(id: number): string {
    return `${this.#url}/chk-${id}`
  }

  keyOf(id: number, file: string): string {
    return isShared(file) ? `${this.#prefix}shared/${sharedName(file)}` : `${this.#prefix}chk-${id}/${file}`
  }

  metadata(id: number): string {
    return this.keyOf(id, '_metadata')
  }

  /** Fails with `CHECKPOINT_NOT_FOUND` and the codes of a damaged manifest. */
  async read(id: number): Promise<StoredSnapshot> {
    const path = this.pathOf(id)
    const object = await this.bucket.get(this.metadata(id))
    if (object === undefined) throw checkpointNotFound(path)
    return this.snapshot(id, parseManifest(String(object.bytes), path))
  }

  snapshot(id: number, manifest: Manifest): StoredSnapshot {
    const path = this.pathOf(id)
    return {
      path,
      manifest,
      read: (handle) =>
        readSegment(path, handle, async ({ file, offset, length }) =>
          (await this.bucket.get(this.keyOf(id, file)))?.bytes.subarray(offset, offset + length),
        ),
    }
  }

  /** Is every file there that a manifest names? Fails with `STATE_FILE_MISSING`. */
  async checkFiles(manifest: Manifest): Promise<void> {
    const keys = new Set(await this.bucket.list(this.#prefix))
    for (const file of namedFiles(manifest)) {
      if (keys.has(this.keyOf(manifest.checkpointId, file))) continue
      throw stateFileMissing(`${this.pathOf(manifest.checkpointId)}/${file}`)
    }
  }

  /** Deletes what belonged to a checkpoint that is not in the record any more. */
  async deleteCheckpoint(id: number, record: JobRecord): Promise<void> {
    const manifest = (await this.read(id).catch(() => undefined))?.manifest
    await this.#delete(await this.bucket.list(`${this.#prefix}chk-${id}/`))
    const mine = new Set(manifest === undefined ? [] : sharedFilesOf(manifest))
    await this.#deleteUnnamed(record, (name) => mine.has(name) || Number.parseInt(name, 10) === id)
  }

  /** Deletes what no checkpoint of the record names, and that is not in flight. Returns the keys. */
  async sweep(record: JobRecord, inFlight: readonly number[]): Promise<readonly string[]> {
    const removed: string[] = []
    for (const key of await this.bucket.list(`${this.#prefix}chk-`)) {
      const [, id, file = ''] = /^chk-(\d+)\/(.+)$/.exec(key.slice(this.#prefix.length)) ?? []
      if (id === undefined || inFlight.includes(Number(id))) continue
      const known =
        record.checkpoints[id] === undefined ? undefined : await this.read(Number(id)).catch(() => 'unreadable')
      if (known === 'unreadable' || (file === '_metadata' && known !== undefined)) continue
      if (typeof known === 'object' && namedFiles(known.manifest).has(file)) continue
      removed.push(key)
    }
    await this.#delete(removed)
    const unnamed = await this.#deleteUnnamed(record, (name) => !inFlight.includes(Number.parseInt(name, 10)))
    return [...removed, ...unnamed]
  }

  /** Of the shared files those that `mayGo` picks and no manifest names. While one cannot be read, none goes. */
  async #deleteUnnamed(record: JobRecord, mayGo: (name: string) => boolean): Promise<readonly string[]> {
    const shared = `${this.#prefix}shared/`
    const candidates = (await this.bucket.list(shared)).filter((key) => mayGo(key.slice(shared.length)))
    if (candidates.length === 0) return []
    const named = new Set<string>()
    for (const id of idsOf(record)) {
      const snapshot = await this.read(id).catch(() => undefined)
      if (snapshot === undefined) return []
      for (const name of sharedFilesOf(snapshot.manifest)) named.add(name)
    }
    const removed = candidates.filter((key) => !named.has(key.slice(shared.length)))
    await this.#delete(removed)
    return removed
  }

  async #delete(keys: readonly string[]): Promise<void> {
    // The manifest first: what is left after a failure in between is rubbish, and looks like it.
    for (const key of keys.toSorted((a, b) => Number(b.endsWith('/_metadata')) - Number(a.endsWith('/_metadata')))) {
      await this.bucket.delete(key)
    }
  }
}
