import { describe, expect, it } from 'vitest'
import { ExpiryIndex } from '../../src/backends/expiry-index.ts'
import type { Key } from '../../src/core/key-groups.ts'
import { limits } from '../../src/core/limits.ts'
import { Random } from '../../src/core/random.ts'

const polled = (index: ExpiryIndex, nowMs: number): Key[] => {
  const keys: Key[] = []
  for (let key = index.poll(nowMs); key !== undefined; key = index.poll(nowMs)) keys.push(key)
  return keys
}

describe('the index of what expires', () => {
  it('says when a new bucket is due, once', () => {
    const index = new ExpiryIndex(160)
    expect(index.bucketMs).toBe(10)
    expect(index.next()).toBeUndefined()
    expect(index.track('a', 161, 1)).toBe(170)
    expect(index.track('b', 165, 5)).toBeUndefined()
    expect(index.track('c', 171, 11)).toBe(180)
    expect([index.next(), index.size, index.bucketCount]).toEqual([170, 3, 2])
    expect(polled(index, 169)).toEqual([])
    expect(polled(index, 170)).toEqual(['a', 'b'])
    expect([index.next(), index.size, index.bucketCount]).toEqual([180, 1, 1])
  })

  it('leaves a key where it is when it is used again, and looks at it again only when it is put back', () => {
    const index = new ExpiryIndex(160)
    index.track('a', 160, 0)
    for (const nowMs of [10, 50, 150]) expect(index.track('a', nowMs + 160, nowMs)).toBeUndefined()
    expect([index.size, index.bucketCount]).toEqual([1, 1])
    expect(polled(index, 160)).toEqual(['a'])
    expect(index.track('a', 310, 160)).toBe(310)
    expect(polled(index, 309)).toEqual([])
    expect(polled(index, 310)).toEqual(['a'])
    expect(index.size).toBe(0)
  })

  it('moves a key that has something older than it was known to have', () => {
    const index = new ExpiryIndex(160)
    index.track('a', 300, 0)
    expect(index.track('a', 200, 0)).toBe(200)
    expect(polled(index, 200)).toEqual(['a'])
    expect(polled(index, 300)).toEqual([])
  })

  it('takes what is overdue as due at once, in few buckets however old it is', () => {
    const index = new ExpiryIndex(160)
    for (let age = 0; age < 10_000; age++) index.track(age, 1_000_000 - age, 1_000_005)
    expect(index.bucketCount).toBe(1)
    expect(index.next()).toBe(1_000_000)
    expect(polled(index, 1_000_005)).toHaveLength(10_000)
  })

  it('may be filled while a bucket is taken out', () => {
    const index = new ExpiryIndex(160)
    for (const key of ['a', 'b', 'c']) index.track(key, 160, 0)
    expect(index.poll(160)).toBe('a')
    expect(index.next()).toBe(Number.NEGATIVE_INFINITY)
    index.track('a', 320, 160)
    // Is looked at in its turn, and must not be lost before.
    index.track('c', 320, 160)
    expect(polled(index, 160)).toEqual(['b', 'c'])
    expect([index.next(), index.size]).toEqual([320, 1])
  })

  it('gives everything that may have expired by now, due or not, and nothing twice', () => {
    const index = new ExpiryIndex(160)
    index.track('a', 155, 0)
    index.track('b', 161, 0)
    index.track('c', 171, 0)
    expect(index.takeExpired(161)).toEqual(['a', 'b'])
    index.track('b', 165, 161)
    expect(index.takeExpired(161)).toEqual(['b'])
    expect(index.takeExpired(160)).toEqual([])
  })

  it('has no bucket of less than a millisecond', () => {
    const index = new ExpiryIndex(1)
    expect([index.bucketMs, index.track('a', 1, 0)]).toEqual([1, 1])
  })

  it('keeps its bounds, and never forgets a key, whatever happens', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed)
      const ttlMs = random.int(1, 500)
      const index = new ExpiryIndex(ttlMs)
      const expires = new Map<Key, number>()
      let nowMs = 0
      for (let step = 0; step < 2_000; step++) {
        if (random.next() < 0.3) nowMs += random.int(0, Math.ceil(ttlMs / 4))
        const key = random.int(0, 50)
        // One that has nothing expires when it is used; of one that has something, the first to expire stays the first.
        if (!expires.has(key)) expires.set(key, nowMs + ttlMs)
        index.track(key, nowMs + ttlMs, nowMs)
        for (const due of polled(index, nowMs)) {
          const first = expires.get(due)
          if (first === undefined) continue
          if (first <= nowMs) expires.delete(due)
          else index.track(due, first, nowMs)
        }
        const late = [...expires].filter(([, first]) => first + index.bucketMs <= nowMs)
        expect(late, `seed ${seed}`).toEqual([])
        expect(index.bucketCount).toBeLessThanOrEqual(limits.ttlBuckets + 2)
        expect(index.size).toBeLessThanOrEqual(51)
      }
    }
  })
})
