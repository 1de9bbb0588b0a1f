/**
 * Keyed state on its way into the subtasks of an operator: each entry goes to the one that owns its key group, in frames that
 * are written when they are full.
 *
 * Bounded: for each subtask and state there are at most 100 entries in memory, fewer when they are large.
 * Tests: test/savepoint/savepoint-builder.test.ts.
 */
import { FrameBuffer, segmentHeader } from '../backends/keyed-segment.ts'
import type { KeyedStateHandle, StoredState } from '../backends/manifest.ts'
import { encodeTransient, findUnserializable, notSerializable } from '../core/codec.ts'
import { type Key, keyGroupOf, keyGroupRangeOf, subtaskOfKeyGroup } from '../core/key-groups.ts'
import { checkContent, checkKey } from './content-check.ts'
import { labelOf } from './operator-facts.ts'
import type { StateOutput } from './state-output.ts'

const entriesMax = 100
const frameBytesWanted = 32 * 1024

export interface KeyedOwner {
  readonly id: string
  readonly uid: string | undefined
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
}

interface Frame {
  keyGroups: number[]
  /** Key, content, key, content, … */
  entries: unknown[]
  /** How many entries it is written with. */
  wanted: number
}

export class KeyedOutput {
  /** Entries of each key group, of all states. */
  readonly counts: Uint32Array
  readonly #owner: KeyedOwner
  readonly #states: readonly StoredState[]
  readonly #outputs: readonly StateOutput[]
  /** By subtask; made with the first entry of it. */
  readonly #subtasks = new Map<number, { readonly frames: readonly Frame[]; entries: number }>()
  readonly #buffer = new FrameBuffer(frameBytesWanted)

  constructor(owner: KeyedOwner, states: readonly StoredState[], outputs: readonly StateOutput[]) {
    this.#owner = owner
    this.#states = states
    this.#outputs = outputs
    this.counts = new Uint32Array(owner.maxParallelism)
  }

  /** Fails with `ARGUMENT_INVALID` for what cannot be a key and what `checkContent` refuses, `STATE_NOT_SERIALIZABLE`. */
  async add(state: number, key: Key, content: unknown): Promise<void> {
    const { parallelism, maxParallelism } = this.#owner
    const stored = this.#states[state]!
    checkKey(key, stored.name, this.#owner)
    checkContent(stored, key, content, this.#owner)
    const keyGroup = keyGroupOf(key, maxParallelism)
    const index = subtaskOfKeyGroup(keyGroup, parallelism, maxParallelism)
    const subtask = this.#subtasks.get(index) ?? (await this.#begin(index))
    const frame = subtask.frames[state]!
    frame.keyGroups.push(keyGroup)
    frame.entries.push(key, content)
    this.counts[keyGroup]!++
    subtask.entries++
    if (frame.keyGroups.length >= frame.wanted) await this.#flush(index, state, frame)
  }

  /** Ends the segments, and gives the handle of each subtask that has one. */
  async end(): Promise<ReadonlyMap<number, KeyedStateHandle>> {
    const { parallelism, maxParallelism } = this.#owner
    const handles = new Map<number, KeyedStateHandle>()
    for (const [index, { frames, entries }] of this.#subtasks) {
      for (const [state, frame] of frames.entries()) await this.#flush(index, state, frame)
      const output = this.#outputs[index]!
      await output.write(this.#framed(encodeTransient(entries)))
      const keyGroups = keyGroupRangeOf(index, parallelism, maxParallelism)
      handles.set(index, { ...output.end(), keyGroups, states: this.#states })
    }
    return handles
  }

  async #begin(index: number) {
    const frames = this.#states.map((): Frame => ({ keyGroups: [], entries: [], wanted: 16 }))
    const subtask = { frames, entries: 0 }
    this.#subtasks.set(index, subtask)
    const output = this.#outputs[index]!
    output.begin()
    const range = keyGroupRangeOf(index, this.#owner.parallelism, this.#owner.maxParallelism)
    await output.write(this.#framed(encodeTransient(segmentHeader(range, this.#states, false))))
    return subtask
  }

  async #flush(index: number, state: number, frame: Frame): Promise<void> {
    if (frame.keyGroups.length === 0) return
    const bytes = this.#encode(state, frame)
    if (bytes.length > 2 * frameBytesWanted) frame.wanted = Math.max(1, frame.wanted >> 1)
    else if (bytes.length < frameBytesWanted) frame.wanted = Math.min(entriesMax, frame.wanted * 2)
    frame.keyGroups = []
    frame.entries = []
    await this.#outputs[index]!.write(this.#framed(bytes))
  }

  #encode(state: number, { keyGroups, entries }: Frame): Uint8Array {
    try {
      return encodeTransient([state, keyGroups, ...entries])
    } catch (error) {
      const bad = entries.find((part) => findUnserializable(part) !== undefined)
      const owner = `State of operator ${labelOf(this.#owner)} cannot be stored: ${this.#states[state]!.name}`
      throw bad === undefined ? error : notSerializable(bad, owner)
    }
  }

  #framed(bytes: Uint8Array): Uint8Array {
    this.#buffer.add(bytes)
    return this.#buffer.take()
  }
}
