/**
 * Images by slot, in pages: a map that grows to millions of entries is copied as a whole each time it doubles, and holds up
 * the stream for as long as that takes; here nothing is ever copied. Tests: test/backends/slot-images.test.ts.
 */
import type { Key } from '../core/key-groups.ts'

const pageBits = 10
export const slotsPerPage = 2 ** pageBits
const placeOf = (slot: number): number => slot & (slotsPerPage - 1)
const none = Symbol('none')

interface Page {
  readonly keys: Key[]
  readonly contents: unknown[]
}

export class SlotImages {
  /** Sparse, since changes may be few and far apart. */
  readonly #pages = new Map<number, Page>()

  /** At most once per slot. */
  set(slot: number, key: Key, content: unknown): void {
    let page = this.#pages.get(slot >>> pageBits)
    if (page === undefined) {
      page = { keys: new Array<Key>(slotsPerPage), contents: new Array<unknown>(slotsPerPage).fill(none) }
      this.#pages.set(slot >>> pageBits, page)
    }
    page.keys[placeOf(slot)] = key
    page.contents[placeOf(slot)] = content
  }

  has(slot: number): boolean {
    const page = this.#pages.get(slot >>> pageBits)
    return page !== undefined && page.contents[placeOf(slot)] !== none
  }

  /** Of a slot that was set. */
  key(slot: number): Key {
    return this.#pages.get(slot >>> pageBits)!.keys[placeOf(slot)]!
  }

  content(slot: number): unknown {
    return this.#pages.get(slot >>> pageBits)!.contents[placeOf(slot)]
  }

  /** Lets go of the page before that of `slot`: to be called at each `slot` that begins a page. */
  passed(slot: number): void {
    this.#pages.delete((slot >>> pageBits) - 1)
  }
}
