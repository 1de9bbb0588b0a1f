/**
 * One version of a backend's database, which later writes do not change: LMDB keeps its pages as long as it is open, and
 * the file grows meanwhile by what is written. Several may be open at once.
 */
import type { Key } from '../../core/key-groups.ts'
import { type Change, type ChangeKey, readChange } from './change-key.ts'
import { contentOf, epochOf, longKeyOf } from './entry-batch.ts'
import { digested, type EntryKey, hashOf, isLong } from './entry-key.ts'
import type { LmdbDatabase, ReadTransaction } from './lmdb-module.ts'

export type EntryDatabase = LmdbDatabase<EntryKey, Key | typeof digested>
export type ChangeDatabase = LmdbDatabase<ChangeKey | Uint8Array, Uint8Array>

export interface Databases {
  readonly entries: EntryDatabase
  /** Undefined when nobody asks what has changed. */
  readonly changes: ChangeDatabase | undefined
}

/** An entry as it lies in the database. */
export interface StoredEntry {
  readonly key: Key
  /** In which epoch it was changed last. */
  readonly epoch: number
  /** Encoded. */
  readonly content: Uint8Array
}

export class StoreView {
  readonly #databases: Databases | undefined
  /** Undefined when there is no database. */
  readonly #reading: { readonly transaction: ReadTransaction } | undefined
  readonly #onClose: (view: StoreView) => void
  readonly #running: Generator<unknown, undefined>[] = []
  #closed = false

  /** Without databases it is a view of nothing. */
  constructor(databases: Databases | undefined, onClose: (view: StoreView) => void) {
    this.#databases = databases
    this.#onClose = onClose
    this.#reading = databases && { transaction: databases.entries.useReadTransaction() }
  }

  /** Undefined when there is none. The content is good until the next call. */
  read(state: number, key: Key): StoredEntry | undefined {
    if (this.#databases === undefined) return undefined
    const { entries } = this.#databases
    const value = entries.getBinaryFast({ state, hash: hashOf(key), key }, this.#reading)
    if (value === undefined) return undefined
    return { key, epoch: epochOf(value), content: contentOf(value, entries.lastSize, isLong(key)) }
  }

  /** All entries of a state, until the view is closed. */
  entries(state: number): Generator<StoredEntry, undefined> {
    return this.#track(this.#readEntries(state))
  }

  /** What was changed in one epoch, until the view is closed. Entries may have been changed again later. */
  changes(epoch: number, state: number): Generator<Change, undefined> {
    return this.#track(this.#readChanges(epoch, state))
  }

  /** May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    // A cursor must not outlive its transaction.
    for (const reading of this.#running) reading.return(undefined)
    this.#reading?.transaction.done()
    this.#onClose(this)
  }

  #track<T>(reading: Generator<T, undefined>): Generator<T, undefined> {
    this.#running.push(reading)
    return reading
  }

  *#readEntries(state: number): Generator<StoredEntry, undefined> {
    for (const { key, value } of this.#databases?.entries.getRange({ ...rangeOf(state), ...this.#reading }) ?? []) {
      const long = key === digested
      yield {
        key: long ? longKeyOf(value) : key,
        epoch: epochOf(value),
        content: contentOf(value, value.length, long),
      }
    }
    return undefined
  }

  *#readChanges(epoch: number, state: number): Generator<Change, undefined> {
    const { start, end } = rangeOf(state)
    const range = { start: { epoch, ...start }, end: { epoch, ...end }, ...this.#reading }
    for (const { key, value } of this.#databases?.changes?.getRange(range) ?? []) yield readChange(key, value)
    return undefined
  }
}

const rangeOf = (state: number) => ({
  start: { state, hash: 0, key: undefined },
  end: { state: state + 1, hash: 0, key: undefined },
})
