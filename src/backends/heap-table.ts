/**
 * The entries of one state on the heap: a Map per key group, and the captures that live snapshots hold of it.
 *
 * A capture does not copy. From `mark` on, the first change of an entry that the capture has not written yet saves the
 * entry's image as it was (`touch`); the writer then goes through the live maps and prefers the saved images. So a mark
 * costs the same for ten keys and ten million, and no change ever waits for a whole map to be cloned.
 *
 * INV-HT-1 `touch` is called before every change of a cell, in place or not, while `capturing`.
 * INV-HT-2 A capture yields each entry as it was at the mark at least once; repeats carry the same content.
 * Tests: src/testing/state-backend-suite.ts.
 */
import { assert, StreamError } from '../core/errors.ts'
import type { Key, KeyGroupRange } from '../core/key-groups.ts'
import type { StateKind } from './state-backend.ts'

export type TableKind = StateKind | 'timers'
type Group = Map<Key, unknown>

/** How the cells of one kind of state are seen from outside. */
export interface CellForm {
  /** The content now, to be encoded at once. */
  view(cell: unknown): unknown
  /** The content now, which later changes of the cell do not reach. */
  image(cell: unknown): unknown
  /** A cell with this content. */
  cell(content: unknown): unknown
}

const absent = Symbol('absent at the mark')
const written = Symbol('written already')
const nothing: Group = new Map()

export class HeapTable {
  readonly name: string
  readonly kind: TableKind
  readonly form: CellForm
  readonly start: number
  readonly maps: (Group | undefined)[]
  capturing = false
  captures: readonly HeapCapture[] = []

  constructor(name: string, kind: TableKind, form: CellForm, range: KeyGroupRange) {
    this.name = name
    this.kind = kind
    this.form = form
    this.start = range.start
    this.maps = new Array<Group | undefined>(range.end - range.start + 1).fill(undefined)
  }

  /** The map of a group, made when there is none yet. `group` counts from the start of the range. */
  open(group: number): Group {
    this.checkKeyed(group)
    const map: Group = this.maps[group] ?? new Map()
    this.maps[group] = map
    return map
  }

  /** Called where a group has no map, so that the usual path pays nothing for the check. */
  checkKeyed(group: number): void {
    if (group >= 0 && group < this.maps.length) return
    if (group + this.start < 0) {
      throw new StreamError(
        'STATE_ACCESS_INVALID',
        `State "${this.name}" was used without a current key: expected a call from within a keyed callback.`,
      )
    }
    assert(false, `key group ${group + this.start} is outside ${this.start} to ${this.start + this.maps.length - 1}`)
  }

  /** Lets every live capture save the entry as it is. */
  touch(group: number, key: Key, map: Group): void {
    for (const capture of this.captures) capture.save(group, key, map)
  }

  get size(): number {
    let size = 0
    for (const map of this.maps) if (map !== undefined) size += map.size
    return size
  }

  mark(): HeapCapture {
    const capture = new HeapCapture(this)
    this.captures = [...this.captures, capture]
    this.capturing = true
    return capture
  }

  release(capture: HeapCapture): void {
    this.captures = this.captures.filter((other) => other !== capture)
    this.capturing = this.captures.length > 0
  }
}

/** One table as it was at a mark, read out in pieces. */
export class HeapCapture {
  readonly table: HeapTable
  /** Saved images, per group; `absent` for a key that came later. */
  readonly #images: (Map<Key, unknown> | undefined)[]
  /** Groups below this one need no images any more. */
  #saveFrom = 0
  #group = 0
  #live: IterableIterator<[Key, unknown]> | undefined
  #saved: IterableIterator<[Key, unknown]> | undefined

  constructor(table: HeapTable) {
    this.table = table
    this.#images = new Array<Map<Key, unknown> | undefined>(table.maps.length).fill(undefined)
  }

  save(group: number, key: Key, map: Group): void {
    if (group < this.#saveFrom) return
    let images = this.#images[group]
    if (images === undefined) {
      images = new Map()
      this.#images[group] = images
    }
    if (images.has(key)) return
    const cell = map.get(key)
    images.set(key, cell === undefined && !map.has(key) ? absent : this.table.form.image(cell))
  }

  /**
   * Appends `key, content, …` to `into` until it holds `max` items, all of one key group, which it returns (counted
   * from the start of the range); undefined when there is nothing more. May append nothing at the end of a group.
   */
  read(into: unknown[], max: number): number | undefined {
    const maps = this.table.maps
    while (this.#group < maps.length && maps[this.#group] === undefined) this.#nextGroup()
    const group = this.#group
    if (group >= maps.length) return undefined
    if (this.#saved === undefined && this.#readLive(group, into, max)) return group
    this.#saved ??= (this.#images[group] ?? nothing).entries()
    if (into.length >= max) return group
    for (const [key, image] of this.#saved) {
      if (image === absent || image === written) continue
      into.push(key, image)
      if (into.length >= max) return group
    }
    this.#nextGroup()
    return group
  }

  /** Entries still in the live map. Returns whether there may be more of them. */
  #readLive(group: number, into: unknown[], max: number): boolean {
    this.#live ??= this.table.maps[group]!.entries()
    const images = this.#images[group]
    const form = this.table.form
    for (const [key, cell] of this.#live) {
      const image = images?.get(key)
      if (image === undefined && images?.has(key) !== true) into.push(key, form.view(cell))
      else if (image === absent || image === written) continue
      else {
        into.push(key, image)
        images?.set(key, written)
      }
      if (into.length >= max) return true
    }
    // Whatever was there at the mark is now written or saved, so later changes of this group do not matter.
    this.#saveFrom = group + 1
    return false
  }

  #nextGroup(): void {
    this.#images[this.#group] = undefined
    this.#live = undefined
    this.#saved = undefined
    this.#group++
    if (this.#saveFrom < this.#group) this.#saveFrom = this.#group
  }
}
