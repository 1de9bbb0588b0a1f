/**
 * A savepoint opened for reading: what it holds, and its rows as async iterables, one segment at a time.
 *
 * Owns how rows look to a user. Finding the files is in `find-snapshot.ts`, putting chains together in `chain-entries.ts`.
 * Tests: test/savepoint/open-savepoint.test.ts, test/savepoint/rows.test.ts.
 */
import { readChannelSegment } from '../backends/channel-segment.ts'
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { Manifest, ManifestOperator } from '../backends/manifest.ts'
import { placeOf } from '../backends/state-segments.ts'
import { decodeValue } from '../core/codec.ts'
import type { SnapshotKind } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import { type Key, type KeyGroupRange, keyGroupOf } from '../core/key-groups.ts'
import { decodeDivided, type OperatorStateMode } from '../core/operator-state.ts'
import { type ChainEntry, chainEntries } from './chain-entries.ts'
import type { FoundSnapshot } from './find-snapshot.ts'
import { factsOf, labelOf, listed, operatorCalled, type SavepointOperator, storedStates } from './operator-facts.ts'

/** What one keyed state holds for one key. */
export interface KeyedRow<V = unknown> {
  readonly key: Key
  readonly keyGroup: number
  /**
   * The value (`value`, `reducing`), the accumulator (`aggregating`), an array (`list`) or a Map (`map`). In a state with a
   * time to live each value, item or value of an entry is `[time, value]`.
   */
  readonly value: V
}

/** The timers of one key. */
export interface TimerRow {
  readonly key: Key
  readonly keyGroup: number
  /** In milliseconds since 1970, ascending. */
  readonly timestamps: readonly number[]
}

/** State of one subtask that belongs to no key: an item of a list, or everything when it is whole. */
export type OperatorStateRow = { readonly subtask: number } & (
  | { readonly list: string; readonly mode: OperatorStateMode; readonly value: unknown }
  | { readonly list: undefined; readonly mode: undefined; readonly value: unknown }
)

/** A record that an unaligned checkpoint found on its way. */
export interface InFlightRow {
  /** The subtask that it was on its way to, and the one that had sent it. */
  readonly subtask: number
  readonly from: number
  /** The place of the edge among those into the operator, from 0. */
  readonly gate: number
  readonly value: unknown
  /** Undefined on a stream that is not keyed. */
  readonly key: unknown
  /** In milliseconds; undefined on a stream without timestamps. */
  readonly timestamp: number | undefined
}

/** Which rows of a keyed state are wanted; all when left out. */
export interface RowChoice {
  /** Only those of this key; other segments are not read. */
  readonly key?: Key | undefined
  readonly keyGroups?: KeyGroupRange | undefined
}

/** A savepoint or retained checkpoint that can be read. Made by `openSavepoint`. */
export class SavepointReader {
  /** The directory that was opened. */
  readonly path: string
  /** Where the state is: the checkpoint that the savepoint points to, or the directory itself. */
  readonly stateDir: string
  /** Its manifest, with everything that is stored about it. */
  readonly manifest: Manifest
  readonly operators: readonly SavepointOperator[]
  /** For the other parts of this library. */
  readonly snapshot: StoredSnapshot

  constructor({ path, snapshot }: FoundSnapshot) {
    this.path = path
    this.stateDir = snapshot.path
    this.snapshot = snapshot
    this.manifest = snapshot.manifest
    this.operators = this.manifest.operators.map(factsOf)
  }

  get kind(): SnapshotKind {
    return this.manifest.kind
  }

  /** Does it point to a checkpoint, so that it needs its files? */
  get isPointer(): boolean {
    return this.path !== this.stateDir
  }

  /** The operator of a uid, an id, or a name that only one has. Fails with `ARGUMENT_INVALID`. */
  operator(called: string): SavepointOperator {
    return factsOf(operatorCalled(this.manifest, called))
  }

  /**
   * The rows of a keyed state, in any order. An operator is named by its uid, its id, or a name that only one has.
   * Keys of changes since the first checkpoint of a chain are kept in memory meanwhile; nothing else is.
   * Fails with `ARGUMENT_INVALID`, `STATE_FILE_MISSING`, `STATE_FILE_DAMAGED`, `STATE_CODEC_UNSUPPORTED` or `PATH_OUTSIDE_ROOT`.
   */
  async *keyed<V = unknown>(operator: string, state: string, choice: RowChoice = {}): AsyncGenerator<KeyedRow<V>> {
    const stored = this.#withState(operator, state, false)
    for await (const entries of this.#entries(stored, state, choice)) {
      for (const { key, keyGroup, content } of entries) yield { key, keyGroup, value: content as V }
    }
  }

  /** The timers of a queue (`processing-time`), by key, in any order. Fails as `keyed` does. */
  async *timers(operator: string, queue = 'processing-time', choice: RowChoice = {}): AsyncGenerator<TimerRow> {
    const stored = this.#withState(operator, queue, true)
    for await (const entries of this.#entries(stored, queue, choice)) {
      for (const { key, keyGroup, content } of entries) yield { key, keyGroup, timestamps: timestampsOf(content) }
    }
  }

  /** State that belongs to no key, subtask after subtask; of one list when it is named. Fails as `keyed` does. */
  async *operatorState(operator: string, list?: string): AsyncGenerator<OperatorStateRow> {
    for (const { index, operator: handle } of operatorCalled(this.manifest, operator).subtasks) {
      if (handle === undefined) continue
      const bytes = await this.snapshot.read(handle)
      if (handle.states === undefined) {
        if (list !== undefined) continue
        yield { subtask: index, list: undefined, mode: undefined, value: decodeValue(bytes) }
        continue
      }
      for (const [name, { mode, items }] of decodeDivided(bytes, handle.states).lists) {
        if (list !== undefined && list !== name) continue
        for (const value of items) yield { subtask: index, list: name, mode, value }
      }
    }
  }

  /** Records on their way to the operator, channel after channel, in the order in which they were sent. Fails as `keyed` does. */
  async *inFlight(operator: string): AsyncGenerator<InFlightRow> {
    for (const { index, inFlight = [] } of operatorCalled(this.manifest, operator).subtasks) {
      for (const handle of inFlight) {
        const bytes = await this.snapshot.read(handle)
        const { from, gate } = handle
        for (const batch of readChannelSegment(bytes, handle, placeOf(this.stateDir, handle))) {
          for (const [at, value] of batch.values.entries()) {
            yield { subtask: index, from, gate, value, key: batch.keys?.[at], timestamp: batch.timestamps?.[at] }
          }
        }
      }
    }
  }

  async *#entries(
    { subtasks, maxParallelism }: ManifestOperator,
    state: string,
    { key, keyGroups }: RowChoice,
  ): AsyncGenerator<readonly ChainEntry[]> {
    const group = key === undefined ? undefined : keyGroupOf(key, maxParallelism)
    const range = group === undefined ? keyGroups : { start: group, end: group }
    const wanted = (name: string) => name === state
    for (const { keyed } of subtasks) {
      if (!keyed.some((handle) => meets(handle.keyGroups, range))) continue
      for await (const entries of chainEntries(this.snapshot, keyed, { state: wanted, keyGroups: range })) {
        yield key === undefined ? entries : entries.filter((entry) => entry.key === key)
      }
    }
  }

  #withState(called: string, name: string, timers: boolean): ManifestOperator {
    const operator = operatorCalled(this.manifest, called)
    const states = storedStates(operator).filter(({ kind }) => (kind === 'timers') === timers)
    if (states.some((state) => state.name === name)) return operator
    const what = timers ? 'timers' : 'keyed state'
    throw new StreamError(
      'ARGUMENT_INVALID',
      `Operator ${labelOf(operator)} has no ${what} "${name}" in the savepoint: expected one of ${listed(states.map((state) => state.name))}.`,
      { details: { operator: operator.name, state: name } },
    )
  }
}

const meets = (a: KeyGroupRange, b: KeyGroupRange | undefined): boolean =>
  b === undefined || (a.start <= b.end && b.start <= a.end)

export const timestampsOf = (content: unknown): readonly number[] =>
  typeof content === 'number' ? [content] : (content as readonly number[]).toSorted((a, b) => a - b)
