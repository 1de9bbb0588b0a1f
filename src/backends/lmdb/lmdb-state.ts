/**
 * Keyed state larger than memory: a database in a scratch directory, and in front of it a cache of the entries in use.
 *
 * The database is no checkpoint: it lives as long as the operator does, and a restart begins with an empty one and restores. One
 * backend, of one operator in one subtask, has one directory. The timers' index by time stays in memory.
 * Tests: test/backends/lmdb/lmdb-state.test.ts, src/testing/state-backend-suite.ts.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamError } from '../../core/errors.ts'
import type { Key } from '../../core/key-groups.ts'
import type { KeyedStateBackendOptions, StateBackend } from '../state-backend.ts'
import type { StateTable, TableKind, TableStore } from '../state-table.ts'
import { freezeContent } from '../stored-value.ts'
import { stateOwner } from '../table-snapshot.ts'
import { TableState } from '../table-state.ts'
import { loadLmdb } from './lmdb-module.ts'
import { LmdbStore } from './lmdb-store.ts'
import { LmdbTable } from './lmdb-table.ts'
import type { StoreView } from './store-view.ts'

export interface LmdbStateOptions {
  /**
   * Where the databases lie while operators run: on a local disk that no other machine uses. Below the directory for temporary
   * files when left out; on many systems that is memory.
   */
  readonly dir?: string | undefined
  /** Entries in memory at most, of each state of each subtask. 100,000 when left out. */
  readonly cacheEntries?: number | undefined
  /** Encoded bytes of entries in memory, about, of each state of each subtask. 64 MiB when left out. */
  readonly cacheBytes?: number | undefined
}

/** What is kept in memory of each state of each subtask when nothing is said. */
export const stateCacheDefaults = { entries: 100_000, bytes: 64 * 1024 * 1024 } as const

/**
 * Keyed state on the local disk, for more of it than there is memory. Needs the npm package `lmdb`. Fails with
 * `PACKAGE_MISSING` without it, with `ARGUMENT_INVALID` when an option is out of bounds.
 *
 * @example lmdbStateBackend({ dir: '/var/tmp/counts', cacheEntries: 50_000 })
 */
export function lmdbStateBackend(options: LmdbStateOptions = {}): StateBackend {
  checkNames(options)
  const { dir = join(tmpdir(), 'tidemark-state') } = options
  const { cacheEntries = stateCacheDefaults.entries, cacheBytes = stateCacheDefaults.bytes } = options
  if (typeof dir !== 'string' || dir === '') throw invalid('dir', dir, 'a directory')
  if (!Number.isInteger(cacheEntries) || cacheEntries < 2)
    throw invalid('cacheEntries', cacheEntries, 'an integer from 2')
  if (!Number.isInteger(cacheBytes) || cacheBytes < 1) throw invalid('cacheBytes', cacheBytes, 'an integer from 1')
  const lmdb = loadLmdb()
  return {
    kind: 'lmdb',
    create: (state) =>
      new TableState(
        state,
        new LmdbTables(state, new LmdbStore(lmdb, dir, state.incremental === true), cacheEntries, cacheBytes),
      ),
  }
}

function checkNames(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw invalid('options', options, 'an object')
  const known = ['dir', 'cacheEntries', 'cacheBytes']
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw invalid(unknown, 'unknown', `one of ${known.join(', ')}`)
}

const invalid = (name: string, got: unknown, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `"${name}" of the state backend "lmdb" is ${String(got)}: expected ${expected}.`)

class LmdbTables implements TableStore {
  readonly #state: KeyedStateBackendOptions
  readonly #cacheEntries: number
  readonly #cacheBytes: number
  readonly #store: LmdbStore
  #made = 0

  constructor(state: KeyedStateBackendOptions, store: LmdbStore, cacheEntries: number, cacheBytes: number) {
    this.#state = state
    this.#cacheEntries = cacheEntries
    this.#cacheBytes = cacheBytes
    this.#store = store
  }

  makeTable(name: string, kind: TableKind, epoch: number): LmdbTable {
    const { freeze } = this.#state
    const owner = stateOwner(this.#state, name)
    return new LmdbTable({
      name,
      kind,
      epoch,
      number: this.#made++,
      store: this.#store,
      cacheEntries: this.#cacheEntries,
      cacheBytes: this.#cacheBytes,
      owner,
      freeze: freeze && kind !== 'timers' ? (content) => freezeContent(kind, content, owner) : undefined,
    })
  }

  *keys(tables: readonly StateTable[]): Iterable<Key> {
    const mine = tables as readonly LmdbTable[]
    for (const table of mine) table.flush()
    const view = this.#store.view()
    try {
      for (const [index, { options }] of mine.entries()) {
        for (const { key } of view.entries(options.number)) if (!isIn(view, mine.slice(0, index), key)) yield key
      }
    } finally {
      view.close()
    }
  }

  /** The tables have been cleared. */
  dispose(): void {
    this.#store.dispose()
  }
}

const isIn = (view: StoreView, tables: readonly LmdbTable[], key: Key): boolean =>
  tables.some(({ options }) => view.read(options.number, key) !== undefined)
