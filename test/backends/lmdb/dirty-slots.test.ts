import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DirtySlots } from '../../../src/backends/lmdb/dirty-slots.ts'

describe('dirty slots', () => {
  it('are gathered once each, also when a batch is full or is given up', () => {
    const batches = fc.array(fc.record({ max: fc.integer({ min: 1, max: 60 }), fails: fc.boolean() }), { minLength: 1 })
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5_000 }),
        batches,
        fc.infiniteStream(fc.nat(65_535)),
        (slots, plan, hashes) => {
          const dirty = new DirtySlots(slots)
          const hashOf: number[] = []
          for (let slot = 0; slot < slots; slot++) {
            hashOf.push(hashes.next().value as number)
            dirty.add(slot, hashOf[slot]!)
          }
          const seen: number[] = []
          for (let i = 0; dirty.count > 0; i++) {
            const { max, fails } = plan[i % plan.length]!
            let room = max
            const given = dirty.gather(() => --room > 0)
            expect(given.length).toBeGreaterThan(0)
            expect(given.length).toBeLessThanOrEqual(max)
            if (fails && i < 20) continue
            for (const slot of given) dirty.take(hashOf[slot]!)
            seen.push(...given)
          }
          expect(seen.toSorted((a, b) => a - b)).toEqual(hashOf.map((_, slot) => slot))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('of one batch have hashes that lie side by side', () => {
    const dirty = new DirtySlots(100_000)
    for (let slot = 0; slot < 100_000; slot++) dirty.add(slot, (slot * 7_919) % 65_536)
    const hashes = dirty.gather(() => true).map((slot) => (slot * 7_919) % 65_536)
    expect(Math.max(...hashes) - Math.min(...hashes)).toBeLessThanOrEqual(65_536 / 128)
    expect(hashes.length).toBeGreaterThan(256)
  })

  it('can be forgotten', () => {
    const dirty = new DirtySlots(4)
    dirty.add(1, 5)
    dirty.clear()
    expect([dirty.count, dirty.gather(() => true)]).toEqual([0, []])
  })
})
