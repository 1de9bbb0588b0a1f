/**
 * The slots of a table that the database does not know, in buckets of keys that lie side by side in the database.
 *
 * Why buckets: a write copies every page of the database that it touches, and keys taken at random lie each on a page of its own.
 * Keys are ordered by their hash there (`entry-key.ts`), so a bucket, the keys of one range of hashes, gathers many changes
 * of few pages: with a quarter of the state in memory an entry is written in 0.7 µs instead of 5.5, and the file
 * grows a fiftieth as much while a snapshot holds on to its pages.
 *
 * INV-DS-1 A slot is in the bucket of its hash, once, exactly while it is dirty.
 */

/** Many enough to share pages, few enough to be written in about half a millisecond. */
const slotsPerBucket = 512
const hashBits = 16

export class DirtySlots {
  count = 0
  readonly #shift: number
  readonly #buckets: number[][]
  #next = 0

  /** `slots`: how many there may be. */
  constructor(slots: number) {
    const bits = Math.max(0, Math.min(hashBits, Math.floor(Math.log2(slots / slotsPerBucket)) + 1))
    this.#shift = hashBits - bits
    this.#buckets = Array.from({ length: 2 ** bits }, () => [])
  }

  add(slot: number, hash: number): void {
    this.#buckets[hash >>> this.#shift]!.push(slot)
    this.count++
  }

  /**
   * Gives slots that lie side by side to `write` until it returns false, and returns those given. They stay until
   * they are taken out, in this order.
   */
  gather(write: (slot: number) => boolean): number[] {
    const given: number[] = []
    const buckets = this.#buckets
    for (let i = 0; i < buckets.length && given.length < slotsPerBucket / 2; i++) {
      const bucket = buckets[this.#next]!
      for (let at = bucket.length - 1; at >= 0; at--) {
        given.push(bucket[at]!)
        if (!write(bucket[at]!)) return given
      }
      this.#next = this.#next + 1 < buckets.length ? this.#next + 1 : 0
    }
    return given
  }

  /** Takes out a slot that was gathered. */
  take(hash: number): void {
    this.#buckets[hash >>> this.#shift]!.pop()
    this.count--
  }

  clear(): void {
    for (const bucket of this.#buckets) bucket.length = 0
    this.count = 0
  }
}
