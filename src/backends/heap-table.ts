/**
 * The entries of one state on the heap: one Map from key to slot for all key groups of the subtask, the cells in an
 * array by slot, and the captures that live snapshots hold of it.
 *
 * Key groups are computed where they are needed, when a snapshot is written: a Map for each of them costs every record
 * more than the hash of its key. Cells stand in an array so that reading and then writing the state of one record hashes
 * its key once, and so that the place of a snapshot's writer is a number, which says whether a change comes too late to
 * matter.
 *
 * A capture does not copy. The first change of a slot after the mark that the capture has not read yet saves the entry's image
 * as it was; the writer then goes through the slots and prefers the saved images. So a mark costs the same for ten keys and
 * ten million, and no change ever waits for a whole map to be cloned. Where snapshots may hold only changes, every mark
 * begins an epoch, and `changed` says for each slot in which epoch it was changed last; the keys removed are in a log by epoch.
 *
 * INV-HT-1 `willChange` is called before every change of a cell, in place or not.
 * INV-HT-2 A capture yields each of its entries as it was at the mark exactly once, in the order of the slots.
 * INV-HT-3 A slot is in `free`, its cell `vacant`, or it is the value of exactly one key in `slots`.
 * Tests: src/testing/state-backend-suite.ts.
 */
import type { Key } from '../core/key-groups.ts'
import { noCurrentKey } from './no-current-key.ts'
import { RemovalLog } from './removal-log.ts'
import { SlotImages, slotsPerPage } from './slot-images.ts'
import type { CellForm, StateTable, TableCapture, TableKind } from './state-table.ts'

/** The cell of a slot without an entry. */
const vacant = Symbol('vacant')
/** `read` looks at no more slots than this in one call, so that many vacant ones do not hold up the stream. */
const slotsPerReadMax = 10_000
/** The room made first for what is said of slots. */
const slotsTracked = 1_024
/** A table that has become empty gives back the room for more slots than these. */
const slotsKept = 1_000

export class HeapTable implements StateTable {
  readonly name: string
  readonly kind: TableKind
  readonly form: CellForm
  readonly slots = new Map<Key | undefined, number>()
  /** By slot; what is in a vacant one does not matter. */
  keys: Key[] = []
  cells: unknown[] = []
  free: number[] = []
  /** The key looked for last and its slot, −1 when it has none: most callbacks read the state of their key and then write it. */
  lastKey: unknown = vacant
  lastSlot = -1
  /** By slot: the epoch of its last change. Kept only where snapshots may hold only changes. */
  changed = new Uint32Array(0)
  /** The epoch of the last change of any slot, kept in the same way. */
  lastChange = -1
  /** Rises with every mark. */
  epoch: number
  /** Is there a snapshot alive, or will one be asked for that holds only changes? */
  tracking: boolean
  captures: readonly HeapCapture[] = []
  /** Undefined when no snapshot will hold only changes. */
  readonly removals: RemovalLog | undefined

  /** `incrementalFrom`: snapshots may hold only changes, and this is the epoch to begin with. */
  constructor(name: string, kind: TableKind, form: CellForm, incrementalFrom?: number) {
    this.name = name
    this.kind = kind
    this.form = form
    this.epoch = incrementalFrom ?? 0
    this.removals = incrementalFrom === undefined ? undefined : new RemovalLog(incrementalFrom)
    this.tracking = this.removals !== undefined
  }

  get size(): number {
    return this.slots.size
  }

  /** The slot of a key; −1 when it has no entry. Fails with `STATE_ACCESS_INVALID` when there is no key. */
  find(key: Key | undefined): number {
    const slot = this.slots.get(key) ?? this.#none(key)
    this.lastKey = key
    this.lastSlot = slot
    return slot
  }

  /**
   * The same, for a change, which mostly follows a read of the same key: then it is the same string, and comparing it costs
   * nothing. A read does not try: two strings that only resemble each other are compared character by character.
   */
  findAgain(key: Key | undefined): number {
    return key === this.lastKey ? this.lastSlot : this.find(key)
  }

  /** The cell of a key; undefined when it has no entry. */
  get(key: Key | undefined): unknown {
    const slot = this.find(key)
    return slot < 0 ? undefined : this.cells[slot]
  }

  put(key: Key | undefined, cell: unknown): void {
    const slot = this.findAgain(key)
    if (slot < 0) {
      this.#insert(key as Key, cell)
      return
    }
    if (this.tracking) this.willChange(slot)
    this.cells[slot] = cell
  }

  remove(key: Key | undefined): void {
    const slot = this.findAgain(key)
    if (slot < 0) return
    if (this.tracking) {
      this.willChange(slot)
      this.removals?.add(key as Key, this.slots.size)
    }
    this.cells[slot] = vacant
    this.slots.delete(key)
    this.free.push(slot)
    this.lastKey = vacant
    if (this.slots.size === 0 && this.captures.length === 0 && this.cells.length > slotsKept) this.#giveBack()
  }

  /** Forgets everything. */
  clear(): void {
    this.slots.clear()
    this.#giveBack()
  }

  /** While `tracking`, before every change: lets live captures save the entry as it is, and notes the change. */
  willChange(slot: number): void {
    if (this.captures.length > 0) for (const capture of this.captures) capture.save(slot)
    if (this.removals === undefined) return
    if (slot >= this.changed.length) this.#makeRoom(slot + 1)
    this.changed[slot] = this.epoch
    this.lastChange = this.epoch
  }

  /** What there is now; given `since`, which `removals` reaches, only what has changed since the mark of that epoch. */
  mark(since?: number): HeapCapture {
    const capture = new HeapCapture(this, since)
    this.captures = [...this.captures, capture]
    this.epoch++
    this.removals?.begin(this.epoch)
    this.tracking = true
    return capture
  }

  release(capture: HeapCapture): void {
    this.captures = this.captures.filter((other) => other !== capture)
    this.tracking = this.captures.length > 0 || this.removals !== undefined
  }

  reaches(since: number): boolean {
    return this.removals?.reaches(since) === true
  }

  forget(upTo: number): void {
    this.removals?.forget(upTo)
  }

  fill(): void {}

  #none(key: Key | undefined): -1 {
    if (key === undefined) throw noCurrentKey(this.name)
    return -1
  }

  #makeRoom(slots: number): void {
    const { changed } = this
    this.changed = new Uint32Array(Math.max(slotsTracked, slots + (slots >> 1)))
    this.changed.set(changed)
  }

  /** Gives back the room of what is gone. */
  #giveBack(): void {
    this.keys = []
    this.cells = []
    this.free = []
    this.changed = new Uint32Array(0)
    this.lastKey = vacant
  }

  #insert(key: Key, cell: unknown): void {
    const slot = this.free.pop() ?? this.cells.length
    if (this.tracking) this.willChange(slot)
    this.slots.set(key, slot)
    this.keys[slot] = key
    this.cells[slot] = cell
    this.lastKey = key
    this.lastSlot = slot
  }
}

/** One table as it was at a mark, or what had changed in it since an earlier one, read out in pieces. */
export class HeapCapture implements TableCapture {
  readonly table: HeapTable
  /** The epoch that ended with the mark. */
  readonly epoch: number
  /** Changes after the end of this epoch are in it; undefined when everything is. */
  readonly since: number | undefined
  /** Does it hold nothing? */
  readonly empty: boolean
  /** The keys removed since, some of which may be back. */
  readonly removed: readonly (readonly Key[])[]
  /** What has changed since the mark, and is not read yet; the content of what was no entry is `vacant`. */
  readonly #images = new SlotImages()
  /** Slots from this one on came after the mark. */
  readonly #end: number
  /** Slots below this one are read. */
  #next = 0
  /** Of `removed`: the list to be read next, and the place in it. */
  #removals = { list: 0, at: 0 }

  constructor(table: HeapTable, since: number | undefined) {
    this.table = table
    this.epoch = table.epoch
    this.since = since
    this.removed = since === undefined ? [] : table.removals!.since(since).filter(({ length }) => length > 0)
    this.#end = table.cells.length
    this.empty = since === undefined ? table.size === 0 : table.lastChange <= since
  }

  /** Before the slot changes. */
  save(slot: number): void {
    if (slot < this.#next || slot >= this.#end) return
    const { keys, cells, form } = this.table
    if (this.#images.has(slot) || !this.#holds(slot)) return
    const cell = cells[slot]
    this.#images.set(slot, keys[slot]!, cell === vacant ? vacant : form.image(cell))
  }

  /** Is the slot, of which there is no image, among what was changed since the earlier mark? */
  #holds(slot: number): boolean {
    if (this.since === undefined) return true
    const changed = this.table.changed[slot]!
    return changed > this.since && changed <= this.epoch
  }

  readRemovals(into: unknown[], max: number): boolean {
    const { list, at } = this.#removals
    const keys = this.removed[list]
    if (keys === undefined) return false
    const end = Math.min(keys.length, at + max - into.length)
    for (let i = at; i < end; i++) into.push(keys[i])
    this.#removals = end < keys.length ? { list, at: end } : { list: list + 1, at: 0 }
    return this.#removals.list < this.removed.length
  }

  read(into: unknown[], max: number): boolean {
    const { keys, cells, form } = this.table
    const images = this.#images
    // A table that was cleared under the capture has nothing more to read.
    const all = Math.min(this.#end, cells.length)
    const end = Math.min(all, this.#next + slotsPerReadMax)
    let slot = this.#next
    for (; slot < end && into.length < max; slot++) {
      if (slot % slotsPerPage === 0) images.passed(slot)
      if (images.has(slot)) {
        const content = images.content(slot)
        if (content !== vacant) into.push(images.key(slot), content)
        continue
      }
      if (this.#holds(slot) && cells[slot] !== vacant) into.push(keys[slot], form.view(cells[slot]))
    }
    this.#next = slot
    return slot < all
  }

  release(): void {
    this.table.release(this)
  }
}
