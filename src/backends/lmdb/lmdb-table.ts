/**
 * The entries of one state, of which those in use are in memory: a write-back cache in front of the database, in the
 * shape of a `StateTable`, so that handles and timers work on it as they do on the heap.
 *
 * A key that is used has a slot: its cell, or `vacant` when it is known to have no entry. A look-up that finds no slot
 * reads the database. When the cache is full, a hand goes round the slots (CLOCK): it passes a slot that was found since
 * its last round, and what has changed since it was last written, and takes the next slot. What has changed is written when
 * it fills most of the cache, some at a time, in short transactions (`dirty-slots.ts`). So an entry that changes often is
 * written rarely, and nothing is written because of a mark.
 *
 * INV-LT-1 Every key has a slot, or its entry in the database is what the state says of it.
 * INV-LT-2 `willChange` is called before every change of a cell, in place or not; the slot is dirty from then on.
 * INV-LT-3 The slot found last is not given away: a callback may be using its cell.
 * INV-LT-4 Captures `save` a slot before its cell changes, and before it is dirty no more. Only others are given away.
 * Tests: test/backends/lmdb/lmdb-state.test.ts, which runs the suite of state backends with four slots, too.
 */
import { decodeValue, notSerializable } from '../../core/codec.ts'
import { StreamError } from '../../core/errors.ts'
import type { Key } from '../../core/key-groups.ts'
import { cellForms } from '../heap-cells.ts'
import { noCurrentKey } from '../no-current-key.ts'
import type { CellForm, StateTable, TableKind } from '../state-table.ts'
import { DirtySlots } from './dirty-slots.ts'
import { EntryBatch } from './entry-batch.ts'
import { hashOf } from './entry-key.ts'
import { LmdbCapture } from './lmdb-capture.ts'
import type { LmdbStore } from './lmdb-store.ts'
import { slotMarks as marks, vacant } from './slot-marks.ts'

/** One transaction writes at most so much, so that it takes a millisecond or two. */
const batchEntriesMax = 1_024
const batchBytesMax = 256 * 1024
/** When more of the slots than this are dirty, some are written. */
const dirtyShareMax = 0.75
/** Entries in memory before the first ones are encoded to learn how large they are. */
const entriesUnmeasuredMax = 16
/** What every slot counts for besides its entry. */
const bytesPerSlot = 64

export interface LmdbTableOptions {
  readonly name: string
  readonly kind: TableKind
  /** Which state it is in the database. */
  readonly number: number
  readonly epoch: number
  readonly store: LmdbStore
  readonly cacheEntries: number
  readonly cacheBytes: number
  readonly owner: string
  /** Freezes what was read, where values are frozen. */
  readonly freeze: ((content: unknown) => void) | undefined
}

export class LmdbTable implements StateTable {
  readonly name: string
  readonly kind: TableKind
  readonly form: CellForm
  readonly options: LmdbTableOptions
  readonly store: LmdbStore
  /** Changes are always tracked: what is changed in place must be written before it is given away. */
  readonly tracking = true
  size = 0
  readonly slots = new Map<Key | undefined, number>()
  keys: Key[] = []
  cells: unknown[] = []
  /** By slot: a sum of `slotMarks`. */
  states: Uint8Array
  /** By slot: the hash of its key. */
  hashes: Uint16Array
  /** By slot: the epoch of its last change, while it is dirty. */
  changed: Uint32Array
  /** By slot: bytes when it was read or written last. */
  sizes: Uint32Array
  bytes = 0
  /** What a new entry counts for until it is written; 0 while no entry's size is known. */
  typicalBytes = 0
  free: number[] = []
  hand = 0
  lastKey: unknown = vacant
  lastSlot = -1
  lastChange = -1
  epoch: number
  captures: readonly LmdbCapture[] = []
  filling = false
  readonly dirty: DirtySlots
  readonly #batch = new EntryBatch()

  constructor(options: LmdbTableOptions) {
    this.options = options
    this.name = options.name
    this.kind = options.kind
    this.form = cellForms[options.kind]
    this.store = options.store
    this.epoch = options.epoch
    this.states = new Uint8Array(options.cacheEntries)
    this.hashes = new Uint16Array(options.cacheEntries)
    this.changed = new Uint32Array(options.cacheEntries)
    this.dirty = new DirtySlots(options.cacheEntries)
    this.sizes = new Uint32Array(options.cacheEntries)
  }

  find(key: Key | undefined): number {
    const slot = this.slots.get(key)
    if (slot === undefined) return this.#present(this.#load(key))
    this.states[slot]! |= marks.recent
    this.lastKey = key
    this.lastSlot = slot
    return this.#present(slot)
  }

  findAgain(key: Key | undefined): number {
    return key === this.lastKey ? this.#present(this.lastSlot) : this.find(key)
  }

  get(key: Key | undefined): unknown {
    const slot = this.find(key)
    return slot < 0 ? undefined : this.cells[slot]
  }

  put(key: Key | undefined, cell: unknown): void {
    const slot = this.#slotOf(key)
    this.willChange(slot)
    if (this.cells[slot] === vacant) {
      this.size++
      this.#measure(slot, this.typicalBytes)
    }
    this.cells[slot] = cell
  }

  remove(key: Key | undefined): void {
    const slot = this.#slotOf(key)
    if (this.cells[slot] === vacant) return
    this.willChange(slot)
    this.cells[slot] = vacant
    this.size--
  }

  willChange(slot: number): void {
    if (this.captures.length > 0) this.#save(slot)
    if (!(this.states[slot]! & marks.dirty)) {
      this.states[slot]! |= marks.dirty
      this.dirty.add(slot, this.hashes[slot]!)
    }
    this.changed[slot] = this.epoch
    this.lastChange = this.epoch
  }

  mark(since?: number): LmdbCapture {
    const capture = new LmdbCapture(this, since)
    this.captures = [...this.captures, capture]
    this.epoch++
    return capture
  }

  release(capture: LmdbCapture): void {
    this.captures = this.captures.filter((other) => other !== capture)
  }

  reaches(since: number): boolean {
    return this.store.reaches(since)
  }

  forget(upTo: number): void {
    this.store.forget(upTo)
  }

  fill(filling: boolean): void {
    this.filling = filling
  }

  flush(): void {
    while (this.dirty.count > 0) this.#writeSome()
  }

  clear(): void {
    for (const capture of this.captures) capture.abandon()
    this.slots.clear()
    this.keys = []
    this.cells = []
    this.free = []
    this.states.fill(0)
    this.dirty.clear()
    this.lastKey = vacant
    this.size = 0
  }

  #present(slot: number): number {
    return this.cells[slot] === vacant ? -1 : slot
  }

  /** The slot of a key, also when it has no entry. */
  #slotOf(key: Key | undefined): number {
    if (key === this.lastKey) return this.lastSlot
    this.find(key)
    return this.lastSlot
  }

  /** Gives a key a slot, with what the database has of it. */
  #load(key: Key | undefined): number {
    if (key === undefined) throw noCurrentKey(this.name)
    const slot = this.#takeSlot()
    const hash = hashOf(key)
    const bytes = this.filling ? undefined : this.store.read(this.options.number, hash, key)
    const cell = bytes === undefined ? vacant : this.#decode(bytes)
    this.slots.set(key, slot)
    this.keys[slot] = key
    this.cells[slot] = cell
    this.hashes[slot] = hash
    this.states[slot] = marks.used
    this.#measure(slot, bytes === undefined ? 0 : bytes.length)
    this.lastKey = key
    this.lastSlot = slot
    return slot
  }

  #decode(bytes: Uint8Array): unknown {
    const content = decodeValue(bytes)
    this.options.freeze?.(content)
    return this.form.cell(content)
  }

  #takeSlot(): number {
    const { cacheEntries, cacheBytes } = this.options
    if (this.typicalBytes === 0 && this.dirty.count >= entriesUnmeasuredMax) this.#gather()
    if (this.free.length === 0 && this.bytes <= cacheBytes && this.cells.length < cacheEntries) return this.cells.length
    while (this.dirty.count > dirtyShareMax * this.slots.size) this.#writeSome()
    while (this.bytes > cacheBytes && this.slots.size > 1) this.free.push(this.#evict())
    return this.free.pop() ?? this.#evict()
  }

  /** Takes the slot from the next key that was not found lately, and that the database knows. */
  #evict(): number {
    const { states } = this
    for (let looked = 0; ; looked++) {
      // Twice round for the slots found lately, and nothing: all have changed.
      if (looked > 2 * this.cells.length) this.#writeSome()
      const slot = this.hand
      this.hand = slot + 1 < this.cells.length ? slot + 1 : 0
      if (slot === this.lastSlot || !(states[slot]! & marks.used) || states[slot]! & marks.dirty) continue
      if (states[slot]! & marks.recent) {
        states[slot]! &= ~marks.recent
        continue
      }
      this.slots.delete(this.keys[slot])
      this.cells[slot] = vacant
      states[slot] = 0
      this.#measure(slot, -bytesPerSlot)
      return slot
    }
  }

  /** Writes some of what the database does not know. */
  #writeSome(): void {
    const written = this.#gather()
    this.store.write(this.#batch)
    for (const slot of written) {
      if (this.captures.length > 0) this.#save(slot)
      this.states[slot]! &= ~marks.dirty
      this.dirty.take(this.hashes[slot]!)
    }
  }

  /** Encodes dirty slots, which are dirty still, into the batch. */
  #gather(): number[] {
    const batch = this.#batch
    batch.clear()
    return this.dirty.gather((slot) => {
      this.#encode(batch, slot)
      return batch.changes.length < batchEntriesMax && batch.length < batchBytesMax
    })
  }

  #encode(batch: EntryBatch, slot: number): void {
    const { cells, keys, hashes, changed, form, options } = this
    const before = batch.length
    if (cells[slot] === vacant) batch.remove(options.number, hashes[slot]!, keys[slot]!, changed[slot]!)
    else {
      const content = form.view(cells[slot])
      try {
        batch.put(options.number, hashes[slot]!, keys[slot]!, changed[slot]!, content)
      } catch (error) {
        if (!(error instanceof StreamError) || error.code !== 'STATE_NOT_SERIALIZABLE') throw error
        throw notSerializable(content, options.owner)
      }
    }
    const bytes = batch.length - before
    this.#measure(slot, bytes)
    this.typicalBytes = this.typicalBytes === 0 ? bytes : this.typicalBytes + ((bytes - this.typicalBytes) >> 4)
  }

  #measure(slot: number, bytes: number): void {
    const size = bytes + bytesPerSlot
    this.bytes += size - this.sizes[slot]!
    this.sizes[slot] = size
  }

  #save(slot: number): void {
    for (const capture of this.captures) capture.save(slot)
  }
}
