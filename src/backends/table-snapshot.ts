/**
 * A marked version of an operator's tables, written in pieces while the stream goes on.
 *
 * Owns the pace: entries are encoded in frames whose size adapts to their bytes, and `more` is asked between frames.
 * Does not own what the entries are (`TableCapture`) nor the layout (`keyed-segment.ts`).
 * Tests: src/testing/state-backend-suite.ts.
 */

import { encodeTransient, findUnserializable, notSerializable } from '../core/codec.ts'
import { assert, type StreamError } from '../core/errors.ts'
import { type KeyGroupRange, keyGroupOf } from '../core/key-groups.ts'
import { type NamedOperator, operatorLabel } from '../core/operator-label.ts'
import { FrameBuffer, segmentHeader } from './keyed-segment.ts'
import type { StoredState } from './manifest.ts'
import type { KeyedSnapshot, KeyedStateBackendOptions } from './state-backend.ts'
import type { StateTable, TableCapture } from './state-table.ts'

const entriesMax = 100
const frameBytesWanted = 32 * 1024
/** One piece is returned at the latest when it has this many bytes, even when there is time left. */
const pieceBytesWanted = 1024 * 1024

/** Whose state it is, and which key groups. */
export type TableSnapshotOptions = Pick<KeyedStateBackendOptions, 'operatorName' | 'uid' | 'range' | 'maxParallelism'>

/** A table, and what it is called in manifests. */
export interface DescribedTable {
  readonly table: StateTable
  readonly state: StoredState
}

export class TableSnapshot implements KeyedSnapshot {
  readonly range: KeyGroupRange
  readonly empty: boolean
  readonly states: readonly StoredState[]
  readonly #options: TableSnapshotOptions
  readonly #captures: readonly TableCapture[]
  readonly version: number
  readonly since: number | undefined
  #phase: 'header' | 'removals' | 'entries' | 'written' | 'released' = 'header'
  #table = 0
  #entries = 0
  #entriesPerFrame = 16
  readonly #piece = new FrameBuffer(frameBytesWanted)

  constructor(
    options: TableSnapshotOptions,
    tables: readonly DescribedTable[],
    version: number,
    since: number | undefined,
  ) {
    this.#options = options
    this.range = options.range
    this.version = version
    this.since = since
    const captures = tables.map(({ table, state }) => ({ capture: table.mark(since), state }))
    for (const { capture } of captures) if (capture.empty) capture.release()
    const full = captures.filter(({ capture }) => !capture.empty)
    this.#captures = full.map(({ capture }) => capture)
    this.empty = this.#captures.length === 0
    this.states = full.map(({ state }) => state)
  }

  write(more: () => boolean): Uint8Array | undefined {
    assert(this.#phase !== 'released', 'a snapshot is written after its release')
    if (this.#phase === 'written' || this.empty) return undefined
    const piece = this.#piece
    do {
      const frame = this.#nextFrame()
      if (frame.length > 0) piece.add(this.#encode(frame))
    } while (this.#unfinished() && piece.length < pieceBytesWanted && more())
    return piece.take()
  }

  release(): void {
    assert(this.#phase !== 'released', 'a snapshot is released twice')
    this.#phase = 'released'
    for (const capture of this.#captures) capture.release()
  }

  #unfinished(): boolean {
    return this.#phase !== 'written'
  }

  /** The next frame's value in a list of one, or an entry frame; empty when there was none to fill it with. */
  #nextFrame(): readonly unknown[] {
    if (this.#phase === 'header') {
      this.#phase = this.since === undefined ? 'entries' : 'removals'
      return [segmentHeader(this.range, this.states, this.since !== undefined)]
    }
    if (this.#phase === 'removals') return this.#nextRemovals()
    const capture = this.#captures[this.#table]
    if (capture === undefined) {
      this.#phase = 'written'
      return [this.#entries]
    }
    const frame: unknown[] = [this.#table, undefined]
    if (!capture.read(frame, 2 + 2 * this.#entriesPerFrame)) this.#table++
    if (frame.length === 2) return []
    frame[1] = this.#keyGroups(frame, 2)
    this.#entries += frame.length / 2 - 1
    return frame
  }

  /** Removed keys come before any entry, since some of them may be back. */
  #nextRemovals(): readonly unknown[] {
    const capture = this.#captures[this.#table]
    if (capture === undefined) {
      this.#table = 0
      this.#phase = 'entries'
      return []
    }
    const frame: unknown[] = [~this.#table, undefined]
    if (!capture.readRemovals(frame, 2 + entriesMax)) this.#table++
    if (frame.length === 2) return []
    frame[1] = this.#keyGroups(frame, 1)
    this.#entries += frame.length - 2
    return frame
  }

  /** Computed only here: no record needs the key group of its state. */
  #keyGroups(frame: readonly unknown[], step: 1 | 2): readonly number[] {
    const { range, maxParallelism } = this.#options
    const keyGroups: number[] = []
    for (let i = 2; i < frame.length; i += step) {
      const keyGroup = keyGroupOf(frame[i], maxParallelism)
      assert(
        keyGroup >= range.start && keyGroup <= range.end,
        `key ${String(frame[i])} is of key group ${keyGroup}, outside ${range.start} to ${range.end}`,
      )
      keyGroups.push(keyGroup)
    }
    return keyGroups
  }

  #encode(frame: readonly unknown[]): Uint8Array {
    if (frame.length === 1) return encodeTransient(frame[0])
    let bytes: Uint8Array
    try {
      bytes = encodeTransient(frame)
    } catch (error) {
      throw this.#blame(frame) ?? error
    }
    if (bytes.length > 2 * frameBytesWanted) this.#entriesPerFrame = Math.max(1, this.#entriesPerFrame >> 1)
    else if (bytes.length < frameBytesWanted && this.#phase === 'entries')
      this.#entriesPerFrame = Math.min(entriesMax, this.#entriesPerFrame * 2)
    return bytes
  }

  /** The error that names the state and the place in its value. */
  #blame(frame: readonly unknown[]): StreamError | undefined {
    const index = frame[0] as number
    const state = this.states[index < 0 ? ~index : index]!
    const bad = frame.slice(2).find((part) => findUnserializable(part) !== undefined)
    return bad === undefined ? undefined : notSerializable(bad, stateOwner(this.#options, state.name))
  }
}

/** How a state is named in messages. */
export const stateOwner = (operator: NamedOperator, state: string): string =>
  `State of operator ${operatorLabel(operator)} cannot be stored: ${state}`
