/**
 * One table of the LMDB backend as it was at a mark, or what had changed in it since an earlier one, read out in pieces.
 *
 * At the mark some entries are newer in the cache than in the database. So a capture is a view of the database, and the
 * slots that were dirty: it reads those first, each as it was, because whoever changes or writes a slot calls `save`
 * first; then the view, leaving out the keys that it has read already. There are at most as many of those as the
 * cache has slots.
 *
 * With `since`, the record of changes says which entries of the view to read; those that have changed again come under
 * the later epoch. INV-LC-1 A capture yields each of its entries as it was at the mark exactly once.
 * Tests: src/testing/state-backend-suite.ts, test/backends/lmdb/lmdb-state.test.ts.
 */
import { decodeValue } from '../../core/codec.ts'
import type { Key } from '../../core/key-groups.ts'
import type { TableCapture } from '../state-table.ts'
import type { LmdbTable } from './lmdb-table.ts'
import { slotMarks, vacant } from './slot-marks.ts'
import type { StoreView } from './store-view.ts'

/** One call looks at no more slots or entries than this, so that many of no interest do not hold up the stream. */
const looksMax = 2_000

/** A dirty slot as it was at the mark; `content` is `vacant` when its entry had been removed. */
interface Image {
  readonly key: Key
  readonly content: unknown
}

export class LmdbCapture implements TableCapture {
  readonly table: LmdbTable
  readonly empty: boolean
  /** Changes after the end of this epoch are in it; undefined when everything is. */
  readonly #since: number | undefined
  /** The epoch that ended with the mark. */
  readonly #epoch: number
  readonly #view: StoreView
  /** By slot, when it has changed since the mark: how it was; undefined when it was not dirty, or is of no interest. */
  readonly #images = new Map<number, Image | undefined>()
  /** Keys whose entries in the view are not the ones at the mark. */
  readonly #superseded = new Set<Key>()
  /** Slots from this one on came after the mark. */
  readonly #end: number
  #nextRemoval = 0
  #next = 0
  readonly #removals: Generator<Key | undefined, undefined>
  readonly #entries: Generator<readonly [Key, unknown] | undefined, undefined>
  #abandoned = false

  constructor(table: LmdbTable, since: number | undefined) {
    this.table = table
    this.#since = since
    this.#epoch = table.epoch
    this.#end = table.cells.length
    this.#view = table.store.view()
    this.#removals = this.#removalsInView()
    this.#entries = since === undefined ? this.#entriesInView() : this.#changesInView()
    this.empty = since === undefined ? table.size === 0 : table.lastChange <= since
  }

  /** Before the slot changes, and when it was written, while it is still called dirty. */
  save(slot: number): void {
    if (slot < this.#next || slot >= this.#end || this.#images.has(slot)) return
    const { keys, cells, form } = this.table
    const cell = cells[slot]
    const image = { key: keys[slot]!, content: cell === vacant ? vacant : form.image(cell) }
    this.#images.set(slot, this.#isNews(slot) ? image : undefined)
  }

  readRemovals(into: unknown[], max: number): boolean {
    if (this.#abandoned) return false
    const end = Math.min(this.#end, this.#nextRemoval + looksMax)
    for (; this.#nextRemoval < end && into.length < max; this.#nextRemoval++) {
      const image = this.#at(this.#nextRemoval)
      if (image === undefined) continue
      this.#superseded.add(image.key)
      if (image.content === vacant) into.push(image.key)
    }
    if (this.#nextRemoval < this.#end) return true
    for (let looks = 0; looks < looksMax && into.length < max; looks++) {
      const { done, value } = this.#removals.next()
      if (done === true) return false
      if (value !== undefined) into.push(value)
    }
    return true
  }

  read(into: unknown[], max: number): boolean {
    if (this.#abandoned) return false
    const end = Math.min(this.#end, this.#next + looksMax)
    for (; this.#next < end && into.length < max; this.#next++) {
      const image = this.#at(this.#next)
      if (image === undefined) continue
      this.#images.delete(this.#next)
      this.#superseded.add(image.key)
      if (image.content !== vacant) into.push(image.key, image.content)
    }
    if (this.#next < this.#end) return true
    for (let looks = 0; looks < looksMax && into.length < max; looks++) {
      const { done, value } = this.#entries.next()
      if (done === true) return false
      if (value !== undefined) into.push(value[0], value[1])
    }
    return true
  }

  release(): void {
    this.abandon()
    this.table.release(this)
  }

  /** There is nothing more to read: the database goes. */
  abandon(): void {
    if (this.#abandoned) return
    this.#abandoned = true
    this.#view.close()
  }

  /** Is the slot newer than the database, by a change that is to be in this capture? */
  #isNews(slot: number): boolean {
    const { states, changed } = this.table
    return (states[slot]! & slotMarks.dirty) !== 0 && changed[slot]! > (this.#since ?? -1)
  }

  /** A slot that was dirty at the mark, as it was. */
  #at(slot: number): Image | undefined {
    if (this.#images.has(slot)) return this.#images.get(slot)
    if (!this.#isNews(slot)) return undefined
    const { keys, cells, form } = this.table
    const cell = cells[slot]
    return { key: keys[slot]!, content: cell === vacant ? vacant : form.view(cell) }
  }

  /** `undefined` stands for what was looked at in vain. */
  *#removalsInView(): Generator<Key | undefined, undefined> {
    const { number } = this.table.options
    for (let epoch = this.#since! + 1; epoch <= this.#epoch; epoch++) {
      for (const { key, removal } of this.#view.changes(epoch, number)) {
        const gone = removal && !this.#superseded.has(key) && this.#view.read(number, key) === undefined
        yield gone ? key : undefined
      }
    }
    return undefined
  }

  *#entriesInView(): Generator<readonly [Key, unknown] | undefined, undefined> {
    for (const { key, content } of this.#view.entries(this.table.options.number)) {
      yield this.#superseded.has(key) ? undefined : [key, decodeValue(content)]
    }
    return undefined
  }

  *#changesInView(): Generator<readonly [Key, unknown] | undefined, undefined> {
    const { number } = this.table.options
    for (let epoch = this.#since! + 1; epoch <= this.#epoch; epoch++) {
      for (const { key, removal } of this.#view.changes(epoch, number)) {
        const entry = removal || this.#superseded.has(key) ? undefined : this.#view.read(number, key)
        yield entry?.epoch === epoch ? [key, decodeValue(entry.content)] : undefined
      }
    }
    return undefined
  }
}
