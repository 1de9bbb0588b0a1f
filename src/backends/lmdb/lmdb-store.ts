/**
 * The database of one backend: the entries of its states on disk, and, when snapshots may hold only changes, which of
 * them changed in which epoch.
 *
 * Owns the files, transactions and versions. Does not own what is in memory (`lmdb-table.ts`). Nothing here waits: a
 * write has been handed to the operating system when it returns, and never has to reach the disk, because after a crash nobody
 * reads it. It goes through the system and not into the mapped file (`useWritemap`): with open versions and removals, lmdb 3.5.6
 * then aborts the process. What is read comes with the next call's bytes over it: callers decode at once.
 * Tests: test/backends/lmdb/lmdb-store.test.ts.
 */
import { join } from 'node:path'
import { asStreamError, assert, messageOf, StreamError } from '../../core/errors.ts'
import type { Key } from '../../core/key-groups.ts'
import { storageError } from '../storage-errors.ts'
import { type ChangeKey, changeKeyEncoder, changeValue } from './change-key.ts'
import { contentOf, type EntryBatch } from './entry-batch.ts'
import { type EntryKey, entryKeyEncoder, isLong } from './entry-key.ts'
import { commitAtOnce, type LmdbEnvironment, type LmdbModule } from './lmdb-module.ts'
import { checkRoom, makeScratchDirectory, prepareScratch, removeScratchDirectory } from './scratch-directory.ts'
import { type ChangeDatabase, type Databases, type EntryDatabase, StoreView } from './store-view.ts'

/** Address space, not room on disk: the file grows with what is written. */
const mapBytes = 64 * 1024 ** 3
/** One for each snapshot in flight, and one for `keys`. */
const readersMax = 1_000
/** Room on disk is looked at once for so many batches. */
const batchesPerCheck = 64
/** Changes cleared away with one batch: more than it adds, so that they go. */
const clearedPerBatch = 512

/** What is open once there is something to write. */
interface Opened {
  readonly path: string
  readonly environment: LmdbEnvironment
  readonly databases: Databases
}

export class LmdbStore {
  readonly #lmdb: LmdbModule
  readonly #dir: string
  readonly #incremental: boolean
  readonly #at: EntryKey = { state: 0, hash: 0, key: undefined }
  readonly #changeAt: ChangeKey = { epoch: 0, state: 0, hash: 0, key: undefined }
  readonly #views = new Set<StoreView>()
  /** Undefined until an entry has to leave memory: most states are small. */
  #opened: Opened | undefined
  #disposed = false
  #batches = 0
  /** Changes of this epoch and earlier ones are of no use: of the first one never, which no mark comes before. */
  #forgotten = 0
  /** Those of this epoch and earlier ones are not there any more. */
  #cleared = 0

  /** `incremental`: keep what changed in which epoch. Fails when `dir` cannot be used. */
  constructor(lmdb: LmdbModule, dir: string, incremental: boolean) {
    this.#lmdb = lmdb
    this.#dir = dir
    this.#incremental = incremental
    prepareScratch(dir)
  }

  /** The encoded content of an entry, good until the next call; undefined when there is none. */
  read(state: number, hash: number, key: Key): Uint8Array | undefined {
    if (this.#opened === undefined) return undefined
    const { entries } = this.#opened.databases
    const at = this.#at
    at.state = state
    at.hash = hash
    at.key = key
    const value = entries.getBinaryFast(at)
    return value && contentOf(value, entries.lastSize, isLong(key))
  }

  write(batch: EntryBatch): void {
    assert(!this.#disposed, 'state is written after its end')
    this.#opened ??= open(this.#lmdb, this.#dir, this.#incremental)
    const { path, databases } = this.#opened
    if (this.#batches++ % batchesPerCheck === 0) checkRoom(path)
    try {
      databases.entries.transactionSync(() => {
        this.#writeEntries(batch, databases.entries)
        if (databases.changes !== undefined) this.#writeChanges(batch, databases.changes)
      }, commitAtOnce)
    } catch (error) {
      throw failure(error, path)
    }
  }

  /** Is it known what was changed after this epoch? */
  reaches(since: number): boolean {
    return this.#incremental && since >= this.#forgotten
  }

  /** Nobody will ask for changes of this epoch or earlier ones. */
  forget(upTo: number): void {
    this.#forgotten = Math.max(this.#forgotten, upTo)
  }

  view(): StoreView {
    const view = new StoreView(this.#opened?.databases, (closed) => this.#views.delete(closed))
    this.#views.add(view)
    return view
  }

  /** Closes all views. */
  dispose(): void {
    this.#disposed = true
    for (const view of this.#views) view.close()
    if (this.#opened === undefined) return
    const { path, environment } = this.#opened
    this.#opened = undefined
    void environment.close()
    removeScratchDirectory(path)
  }

  #writeEntries(batch: EntryBatch, entries: EntryDatabase): void {
    const at = this.#at
    for (const change of batch.changes) {
      at.state = change.state
      at.hash = change.hash
      at.key = change.key
      const value = batch.valueOf(change)
      if (value === undefined) entries.remove(at)
      else entries.put(at, value)
    }
  }

  #writeChanges(batch: EntryBatch, changes: ChangeDatabase): void {
    const at = this.#changeAt
    for (const change of batch.changes) {
      if (change.epoch <= this.#forgotten) continue
      at.epoch = change.epoch
      at.state = change.state
      at.hash = change.hash
      at.key = change.key
      changes.put(at, changeValue({ key: change.key, removal: batch.valueOf(change) === undefined }))
    }
    if (this.#cleared < this.#forgotten) this.#clearSome(changes)
  }

  #clearSome(changes: ChangeDatabase): void {
    const start = { epoch: 0, state: 0, hash: 0, key: undefined }
    const end = { epoch: this.#forgotten + 1, state: 0, hash: 0, key: undefined }
    const old = [...changes.getRange({ start, end, limit: clearedPerBatch, values: false })]
    for (const key of old) changes.remove(key)
    if (old.length < clearedPerBatch) this.#cleared = this.#forgotten
  }
}

function open(lmdb: LmdbModule, dir: string, incremental: boolean): Opened {
  const path = makeScratchDirectory(dir)
  try {
    // A name with a dot, as the directory's own, would be taken for a file.
    const environment = lmdb.open(join(path, 'database'), {
      mapSize: mapBytes,
      maxReaders: readersMax,
      noSync: true,
      noMemInit: true,
      noReadAhead: true,
      overlappingSync: false,
      eventTurnBatching: false,
    })
    const entries = environment.openDB({ name: 'entries', encoding: 'binary', keyEncoder: entryKeyEncoder })
    const changes = incremental
      ? environment.openDB({ name: 'changes', encoding: 'binary', keyEncoder: changeKeyEncoder })
      : undefined
    return { path, environment, databases: { entries, changes } }
  } catch (error) {
    removeScratchDirectory(path)
    throw storageError(error, 'open a database for state in', path)
  }
}

function failure(error: unknown, path: string): StreamError {
  const code = (error as { readonly code?: unknown }).code
  return code === 28 || /MDB_MAP_FULL|ENOSPC|No space/.test(messageOf(error))
    ? new StreamError('STORAGE_FULL', `Cannot write state to ${path}: ${messageOf(error)}.`, {
        cause: error,
        restartable: true,
      })
    : asStreamError(error, 'STORAGE_FAILED', `Cannot write state to ${path}`)
}
