/**
 * The entries of one subtask's keyed state as they were when it was taken: the segments of its chain put together.
 *
 * The newest segment is read first: what it says of a key holds, and what older ones say of that key is passed over. So the
 * keys of the changes are kept in memory, and of the first segment, which holds everything, nothing is.
 * Tests: test/savepoint/chain-entries.test.ts.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { cellForms } from '../backends/heap-cells.ts'
import { damagedSegment, SegmentFrames, type SegmentHeader } from '../backends/keyed-segment.ts'
import type { KeyedStateHandle, StoredState } from '../backends/manifest.ts'
import { SegmentParser } from '../backends/segment-parser.ts'
import { keyedPieces } from '../backends/segment-pieces.ts'
import { offsetOf, placeOf } from '../backends/state-segments.ts'
import { findUnserializable } from '../core/codec.ts'
import { StreamError } from '../core/errors.ts'
import { isKey, type Key, type KeyGroupRange } from '../core/key-groups.ts'

/** What one state holds for one key: the content, as docs/formats.md describes it. */
export interface ChainEntry {
  readonly state: StoredState
  readonly keyGroup: number
  readonly key: Key
  readonly content: unknown
}

/** Which entries are wanted; all when left out. */
export interface EntryChoice {
  readonly state?: ((name: string) => boolean) | undefined
  readonly keyGroups?: KeyGroupRange | undefined
}

/**
 * The entries in any order, some at a time, each key of a state once. Fails with `STATE_FILE_MISSING`, `STATE_FILE_DAMAGED`,
 * `STATE_CODEC_UNSUPPORTED` or `PATH_OUTSIDE_ROOT`.
 */
export async function* chainEntries(
  from: StoredSnapshot,
  chain: readonly KeyedStateHandle[],
  choice: EntryChoice = {},
): AsyncGenerator<readonly ChainEntry[], undefined> {
  const decided = new KeySets()
  for (const handle of chain.toReversed()) {
    const gathered = new SegmentEntries(handle, decided, choice)
    const parser = new SegmentParser(new SegmentFrames(gathered), handle.length)
    for await (const bytes of keyedPieces(from, handle)) {
      placed(from, handle, () => parser.take(bytes))
      yield gathered.take()
    }
    placed(from, handle, () => parser.end())
    gathered.end()
  }
  return undefined
}

/** Bytes can say what no state can hold, nested deeper than anyone can walk. Fails with `STATE_FILE_DAMAGED`. */
export function checkStored(content: unknown, state: string): void {
  if (typeof content !== 'object' || content === null) return
  const found = findUnserializable(content)
  if (found !== undefined) throw damagedSegment(`"${state}" holds what no state can hold (${found.what})`)
}

/** Names the place of what is damaged. */
function placed(from: StoredSnapshot, handle: KeyedStateHandle, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof StreamError) || error.details.file !== undefined) throw error
    const path = placeOf(from.path, handle)
    throw new StreamError(error.code, `State file ${path}${offsetOf(handle)}: ${error.message}`, {
      cause: error,
      details: { file: path },
    })
  }
}

/** Keys by the name of their state. */
class KeySets {
  readonly #sets = new Map<string, Set<Key>>()

  has = (state: string, key: Key): boolean => this.#sets.get(state)?.has(key) === true

  add(state: string, key: Key): void {
    const set = this.#sets.get(state)
    if (set === undefined) this.#sets.set(state, new Set([key]))
    else set.add(key)
  }

  addAll(others: KeySets): void {
    for (const [state, keys] of others.#sets) for (const key of keys) this.add(state, key)
  }
}

class SegmentEntries {
  readonly #handle: KeyedStateHandle
  readonly #decided: KeySets
  readonly #choice: EntryChoice
  /** By their place in the header; undefined for one that is not wanted. */
  #states: readonly (StoredState | undefined)[] = []
  #entries: ChainEntry[] = []
  /** An entry that comes later in the same segment brings the key back. */
  readonly #removed = new KeySets()

  constructor(handle: KeyedStateHandle, decided: KeySets, choice: EntryChoice) {
    this.#handle = handle
    this.#decided = decided
    this.#choice = choice
  }

  header({ states }: SegmentHeader): void {
    const { state: wanted = () => true } = this.#choice
    this.#states = states.map(([name, kind]) =>
      wanted(name) ? (this.#handle.states.find((state) => state.name === name) ?? { name, kind }) : undefined,
    )
  }

  entry(index: number, keyGroup: number, key: Key, content: unknown): void {
    const state = this.#states[index]
    if (state === undefined || !this.#isWanted(keyGroup)) return
    if (!isKey(key)) throw damagedSegment(`an entry of state "${state.name}" has no key`)
    // Refuses a content that is not of the kind.
    cellForms[state.kind].cell(content)
    checkStored(content, state.name)
    if (this.#decided.has(state.name, key)) return
    if (this.#handle.delta === true) this.#decided.add(state.name, key)
    this.#entries.push({ state, keyGroup, key, content })
  }

  removal(index: number, keyGroup: number, key: Key): void {
    const state = this.#states[index]
    if (state !== undefined && this.#isWanted(keyGroup)) this.#removed.add(state.name, key)
  }

  take(): readonly ChainEntry[] {
    const taken = this.#entries
    this.#entries = []
    return taken
  }

  end(): void {
    this.#decided.addAll(this.#removed)
  }

  #isWanted(keyGroup: number): boolean {
    const { keyGroups } = this.#choice
    return keyGroups === undefined || (keyGroup >= keyGroups.start && keyGroup <= keyGroups.end)
  }
}
