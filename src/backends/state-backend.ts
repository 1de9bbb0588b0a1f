/**
 * The contract of keyed state: what an operator sees, and what a snapshot sees.
 *
 * One backend belongs to one operator of one subtask. Before user code runs for a record, the operator sets the
 * current key (`setCurrentKey`); every handle then reads and writes under it. Values are immutable: `update` replaces.
 * `mark` takes a consistent version in time that does not depend on the number of keys; the returned snapshot is
 * written slice by slice while the stream goes on, and later updates do not show in it.
 */
import type { Key, KeyGroupRange } from '../core/key-groups.ts'
import type { StandardSchemaV1 } from '../core/standard-schema.ts'
import type { StoredState } from '../core/state-handles.ts'
import type { ExpiryIndex } from './expiry-index.ts'

export type { StateKind } from '../core/state-handles.ts'

/** A state as declared by the program: plain data and pure functions. */
export type StateDescriptor = StateEvolution &
  (
    | { readonly kind: 'value'; readonly initial: unknown }
    | { readonly kind: 'list' }
    | { readonly kind: 'map' }
    | { readonly kind: 'reducing'; readonly reduce: (a: never, b: never) => unknown }
    | {
        readonly kind: 'aggregating'
        readonly createAccumulator: () => unknown
        readonly add: (value: never, accumulator: never) => unknown
        readonly getResult: (accumulator: never) => unknown
      }
  )

/**
 * How the values of a state may change from one program to the next, what they must be, and how long they stay. A value here
 * is the value of a `value` or `reducing` state, the accumulator, an item of a list, the value of a map's entry.
 */
export interface StateEvolution {
  /** Of the shape of its values, an integer from 0; 0 when left out. */
  readonly version?: number | undefined
  /** Makes a value of this version from one that an earlier version wrote. Must be pure. */
  readonly migrate?: ((old: never, version: number) => unknown) | undefined
  /** What every value is held against when it is restored or stored. */
  readonly schema?: StandardSchemaV1 | undefined
  /** Values that are not used go. Their contents are stored with times, by whoever makes the handles. */
  readonly ttl?: TtlOptions | undefined
}

/** How long a value stays that is not used, by processing time. */
export interface TtlOptions {
  /** Milliseconds since its last use. */
  readonly ms: number
  /** What counts as use: writing it, or reading it, too. `write` when left out. */
  readonly refresh?: 'write' | 'read-and-write' | undefined
  /** Is a value still seen that has outlived its time and is not yet cleaned up? `hidden` when left out. */
  readonly expired?: 'hidden' | 'visible-until-cleaned' | undefined
}

/** One value per key. `value()` is the descriptor's initial value until the first `update`. */
export interface ValueState<T> {
  value(): T
  update(value: T): void
  clear(): void
}

export interface ListState<T> {
  get(): readonly T[]
  add(value: T): void
  addAll(values: readonly T[]): void
  update(values: readonly T[]): void
  clear(): void
}

export interface MapState<K, V> {
  get(key: K): V | undefined
  has(key: K): boolean
  put(key: K, value: V): void
  remove(key: K): void
  entries(): IterableIterator<[K, V]>
  keys(): IterableIterator<K>
  values(): IterableIterator<V>
  isEmpty(): boolean
  clear(): void
}

/** `add` folds; `get` is undefined before the first `add`. */
export interface ReducingState<T> {
  get(): T | undefined
  add(value: T): void
  clear(): void
}

export interface AggregatingState<In, Out> {
  get(): Out | undefined
  add(value: In): void
  clear(): void
}

export type StateHandleOf =
  | ValueState<unknown>
  | ListState<unknown>
  | MapState<unknown, unknown>
  | ReducingState<unknown>
  | AggregatingState<unknown, unknown>

/** Timers of one operator, de-duplicated by key and timestamp, in key groups, part of the snapshot. */
export interface TimerQueue {
  /** Registers for the current key. Returns false when it was there already. */
  add(timestamp: number): boolean
  /** Deletes for the current key. Returns false when there was none. */
  delete(timestamp: number): boolean
  /** The earliest timestamp of any key, or undefined. */
  next(): number | undefined
  /** Removes one earliest timer with timestamp ≤ `until`, sets its key as the current one, and returns its time. */
  poll(until: number): number | undefined
  readonly size: number
}

export interface KeyedStateBackend {
  readonly range: KeyGroupRange
  /** Undefined before the first `setCurrentKey`. */
  readonly currentKey: Key | undefined
  /** Computed when it is asked for, unless it was given. */
  readonly currentKeyGroup: number
  /** `keyGroup` is undefined when nobody has computed it yet: a backend that needs it computes it from the key. */
  setCurrentKey(key: Key, keyGroup?: number): void
  /**
   * The handle of the state `name`; the same handle for the same name. Fails with `STATE_NAME_DUPLICATE` when the
   * name was declared in another way, `RESTORE_STATE_INCOMPATIBLE` when it was restored as something else.
   */
  state(name: string, descriptor: StateDescriptor): StateHandleOf
  timers(name: string): TimerQueue
  /**
   * Of a state whose values have a time to live, the index of the keys that have content; the same one for the same name. What
   * is restored of a state that `states` declares with a time to live is in it; what is written is put there by whoever writes.
   */
  expiries(name: string, ttlMs: number): ExpiryIndex
  /**
   * Every key that has state (timers aside), or the state of this name, with its key group, once each. State may be changed
   * between two.
   */
  keys(state?: string): Iterable<readonly [key: Key, keyGroup: number]>
  /** Marks a version now. Constant in the number of keys. */
  mark(): KeyedSnapshot
  /**
   * From now on `mark` gives only what has changed since the mark of version `since`; without it, everything. No change
   * before the mark of version `oldest` will be asked for again. A backend may always give everything: the snapshot says
   * what it is. Only for backends made `incremental`.
   */
  rebase(base: { readonly since: number; readonly oldest: number } | undefined): void
  /**
   * Adds what one segment of a snapshot holds, of the key groups in `range`; a segment with changes replaces and removes what
   * those before it brought. Called before any record. With `states` only the states named there are taken.
   */
  restore(bytes: Uint8Array, states?: readonly StateChoice[]): void
  /** The same for a segment that comes in pieces. One at a time. */
  beginRestore(states?: readonly StateChoice[]): SegmentRestore
  /** Number of (state, key) entries. */
  readonly entryCount: number
  /** Of the state with this name alone; 0 when there is none. */
  entryCountOf(name: string): number
  dispose(): void
}

/** A state of a snapshot that is restored, and the name of the state that it becomes. */
export interface StateChoice {
  readonly from: string
  readonly to: string
}

/** Takes over one segment. Fails with `STATE_FILE_DAMAGED`, `STATE_CODEC_UNSUPPORTED`, `RESTORE_STATE_INCOMPATIBLE`. */
export interface SegmentRestore {
  /** The next bytes, wherever they are cut. Not changed afterwards. */
  take(bytes: Uint8Array): void
  /** These were all. */
  end(): void
}

/** A marked version, written in pieces. Must be released exactly once, after the last piece or when given up. */
export interface KeyedSnapshot {
  readonly range: KeyGroupRange
  /** Which mark this is: versions of one backend rise. */
  readonly version: number
  /** The version since which it holds the changes; undefined when it holds everything. */
  readonly since: number | undefined
  /** Nothing to write? */
  readonly empty: boolean
  /** The states inside, as they are declared, for the manifest. */
  readonly states: readonly StoredState[]
  /**
   * Encodes some more and returns it, or undefined when all is written. `more()` is asked between entries (or groups
   * of a few entries) and says whether there is time left. Fails with `STATE_NOT_SERIALIZABLE` naming state and path.
   * The concatenation of all pieces is what `restore` takes. A piece is good until the next call.
   */
  write(more: () => boolean): Uint8Array | undefined
  release(): void
}

export interface KeyedStateBackendOptions {
  readonly range: KeyGroupRange
  /** The number of key groups, of which `range` is this backend's share: what a key's group is computed with. */
  readonly maxParallelism: number
  /** Deep-freeze what is stored, so that mutating a stored value in place throws. */
  readonly freeze: boolean
  /** Will snapshots be asked for that hold only changes? Keeping track of them costs a little with every change. */
  readonly incremental?: boolean | undefined
  /**
   * What the operator will declare, by name, so far as is known: what is restored is converted to it. Fails with
   * `RESTORE_STATE_INCOMPATIBLE` where that cannot be.
   */
  readonly states?: Readonly<Record<string, StateDescriptor>> | undefined
  /** Processing time in milliseconds, for restored values that get a time to live; 0 when left out. */
  readonly now?: (() => number) | undefined
  /** For messages: the operator's name. */
  readonly operatorName: string
  readonly uid?: string | undefined
}

/** Makes backends; one per configured kind. */
export interface StateBackend {
  readonly kind: string
  create(options: KeyedStateBackendOptions): KeyedStateBackend
}
