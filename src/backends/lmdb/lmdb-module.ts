/**
 * The npm package `lmdb`: what of it is used, and its loading, which happens when somebody asks for the backend and not
 * before, so that nobody else needs the package. It is required and not imported because that is synchronous, as
 * making a backend is.
 */
import { createRequire } from 'node:module'
import { messageOf, StreamError } from '../../core/errors.ts'

/** A version of the database that later writes do not change. */
export interface ReadTransaction {
  done(): void
}

export interface RangeOptions<K> {
  readonly start: K
  readonly end: K
  /** Left out within a write, which then reads what it has written. */
  readonly transaction?: ReadTransaction
  readonly limit?: number
}

/** `K` is what keys are written from, `Read` what they are read as. */
export interface LmdbDatabase<K, Read> {
  readonly maxKeySize: number
  /** Of the value read last. */
  readonly lastSize: number
  /** Good until the next call: the bytes from `lastSize` on do not belong to the value. */
  getBinaryFast(key: K, options?: { readonly transaction?: ReadTransaction }): Uint8Array | undefined
  getRange(options: RangeOptions<K> & { readonly values: false }): Iterable<Read>
  getRange(options: RangeOptions<K>): Iterable<{ readonly key: Read; readonly value: Uint8Array }>
  put(key: K, value: Uint8Array): unknown
  remove(key: K): unknown
  /** `callback` must return nothing: a promise, as `put` returns one, would keep the transaction open. */
  transactionSync(callback: () => void, flags: number): void
  useReadTransaction(): ReadTransaction
}

export interface KeyEncoder<K, Read> {
  writeKey(key: K, target: Uint8Array, start: number): number
  readKey(source: Uint8Array, start: number, end: number): Read
}

export interface LmdbDatabaseOptions<K, Read> {
  readonly name: string
  readonly encoding: 'binary'
  readonly keyEncoder: KeyEncoder<K, Read>
}

export interface LmdbOptions {
  readonly mapSize: number
  readonly maxReaders: number
  readonly noSync: boolean
  readonly noMemInit: boolean
  readonly noReadAhead: boolean
  readonly overlappingSync: boolean
  readonly eventTurnBatching: boolean
}

/** A file with databases in it. */
export interface LmdbEnvironment {
  openDB<K, Read>(options: LmdbDatabaseOptions<K, Read>): LmdbDatabase<K, Read>
  close(): Promise<void>
}

/** What `transactionSync` takes to commit before it returns, without a nested transaction that could be aborted. */
export const commitAtOnce = 2

export interface LmdbModule {
  open(path: string, options: LmdbOptions): LmdbEnvironment
}

/** Fails with `PACKAGE_MISSING` when the package is not installed, or not for this system. */
export function loadLmdb(load: (name: string) => unknown = createRequire(import.meta.url)): LmdbModule {
  try {
    return load('lmdb') as LmdbModule
  } catch (error) {
    throw new StreamError(
      'PACKAGE_MISSING',
      `The state backend "lmdb" needs the npm package "lmdb", which cannot be loaded: ${messageOf(error).split('\n')[0]}. ` +
        'Install it beside tidemark (npm install lmdb@3.5.6), or choose the state backend "heap".',
      { cause: error },
    )
  }
}
