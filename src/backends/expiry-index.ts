/**
 * Which keys of a state have something that will have outlived its time, and when: so that cleaning up looks at these alone.
 *
 * Time is cut into buckets of a sixteenth of the time to live, so that there are at most eighteen of them, and one wake-up each.
 * A key stands in one bucket: that of the first of its values to expire, as it was when the key came in. A value that is used
 * again later is not moved; its key is looked at when the bucket is due, and stands in a later one from then on. So a write costs
 * one look-up, a key is looked at no more often than it is written or once in each bucket, and what is kept is one key (some
 * 100 bytes) for each key with content, however long its content is.
 *
 * INV-EI-1 A key with content is in a bucket that is due no more than one bucket after the first of its values expires.
 * Tests: test/backends/expiry-index.test.ts.
 */
import type { Key } from '../core/key-groups.ts'
import { limits } from '../core/limits.ts'

export class ExpiryIndex {
  /** The width of a bucket. Bucket n is due at n times this. */
  readonly bucketMs: number
  readonly #buckets = new Map<number, Set<Key>>()
  readonly #bucketOf = new Map<Key, number>()
  /** The bucket that is being taken out, which is not among `#buckets` any more. */
  #due: IterableIterator<Key> | undefined
  /** Keys left in it. */
  #dueLeft = 0

  constructor(ttlMs: number) {
    this.bucketMs = Math.max(1, Math.ceil(ttlMs / limits.ttlBuckets))
  }

  /** Number of keys. */
  get size(): number {
    return this.#bucketOf.size
  }

  /** Number of buckets, the one that is being taken out aside. */
  get bucketCount(): number {
    return this.#buckets.size
  }

  /**
   * The first value of a key expires then. Returns when its bucket is due if that bucket is new, else undefined. What should have
   * been cleaned up before `nowMs` is due at once.
   */
  track(key: Key, expiresMs: number, nowMs: number): number | undefined {
    const bucket = Math.max(Math.ceil(expiresMs / this.bucketMs), Math.floor(nowMs / this.bucketMs))
    const before = this.#bucketOf.get(key)
    if (before !== undefined && before <= bucket) return undefined
    if (before !== undefined) this.#buckets.get(before)?.delete(key)
    this.#bucketOf.set(key, bucket)
    const keys = this.#buckets.get(bucket)
    if (keys !== undefined) {
      keys.add(key)
      return undefined
    }
    this.#buckets.set(bucket, new Set([key]))
    return bucket * this.bucketMs
  }

  /** When the next bucket is due; long ago when one is being taken out. */
  next(): number | undefined {
    if (this.#due !== undefined) return Number.NEGATIVE_INFINITY
    return this.#buckets.size === 0 ? undefined : this.#first() * this.bucketMs
  }

  /** Takes out a key of a bucket that is due. */
  poll(nowMs: number): Key | undefined {
    while (this.#due === undefined) {
      const next = this.next()
      if (next === undefined || next > nowMs) return undefined
      this.#takeFirst()
    }
    const key = this.#due.next().value as Key
    if (--this.#dueLeft === 0) this.#due = undefined
    this.#bucketOf.delete(key)
    return key
  }

  /** Takes out every key of which a value may have expired by now: of what is due, and of the bucket after it. */
  takeExpired(nowMs: number): readonly Key[] {
    const keys: Key[] = []
    const until = nowMs + this.bucketMs - 1
    for (let key = this.poll(until); key !== undefined; key = this.poll(until)) keys.push(key)
    return keys
  }

  #takeFirst(): void {
    const first = this.#first()
    const keys = this.#buckets.get(first)!
    this.#buckets.delete(first)
    this.#dueLeft = keys.size
    // Keys that have been moved away may leave a bucket empty.
    if (keys.size > 0) this.#due = keys.values()
  }

  #first(): number {
    return Math.min(...this.#buckets.keys())
  }
}
