/**
 * Savepoints in the memory of the process, numbered from 1. Lost with the session, which their errors say.
 * Tests: test/backends/savepoint-stores.test.ts.
 */
import { assert, StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'
import type { SavepointEntry, SavepointStore } from './savepoint-store.ts'

const prefix = 'jobmanager://savepoints/'

/**
 * Savepoints kept in this process's memory, at `jobmanager://savepoints/<n>`.
 *
 * @example
 * const store = jobmanagerSavepointStore()
 */
export function jobmanagerSavepointStore(): SavepointStore {
  return new HeapSavepoints()
}

class HeapSavepoints implements SavepointStore {
  readonly kind = 'jobmanager'
  readonly #published = new Map<string, StoredSnapshot>()
  #reserved = 0

  async reserve(_jobId: JobId, dir: string | undefined): Promise<string> {
    if (dir !== undefined) {
      throw new StreamError(
        'ARGUMENT_INVALID',
        `A savepoint was asked for in ${dir}, but savepoints are kept in the jobmanager: expected no directory, or savepoints.state.backend: filesystem.`,
      )
    }
    return `${prefix}${++this.#reserved}`
  }

  async publish(path: string, snapshot: StoredSnapshot): Promise<void> {
    const number = Number(path.slice(prefix.length))
    assert(path === `${prefix}${number}` && number >= 1 && number <= this.#reserved, `${path} was not reserved`)
    this.#published.set(path, snapshot)
  }

  async clear(path: string): Promise<void> {
    this.#published.delete(path)
  }

  async resolve(path: string): Promise<StoredSnapshot | undefined> {
    return path.startsWith(prefix) ? this.#get(path) : undefined
  }

  async entry(path: string): Promise<SavepointEntry | undefined> {
    if (!path.startsWith(prefix)) return undefined
    const { path: checkpointPath, manifest } = this.#get(path)
    const { job, timestamp } = manifest
    return { path, jobId: job.id, jobName: job.name, checkpointPath, timestamp }
  }

  async list(): Promise<readonly SavepointEntry[]> {
    const entries = await Promise.all([...this.#published.keys()].map((path) => this.entry(path)))
    return entries.filter((entry) => entry !== undefined)
  }

  async remove(path: string): Promise<void> {
    this.#get(path)
    this.#published.delete(path)
  }

  #get(path: string): StoredSnapshot {
    const snapshot = this.#published.get(path)
    if (snapshot === undefined) {
      throw new StreamError(
        'SAVEPOINT_NOT_FOUND',
        `There is no savepoint at ${path}: savepoints of the jobmanager are lost when its session ends.`,
        { details: { path } },
      )
    }
    return snapshot
  }
}
