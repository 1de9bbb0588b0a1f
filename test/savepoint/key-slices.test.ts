import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keySlices } from '../../src/savepoint/key-slices.ts'

describe('slices of key groups', () => {
  it('hold every entry once, and no more than they may unless one group does', () => {
    const counts = fc.array(fc.nat(20), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 50 }), (groups, max) => {
        const slices = keySlices(groups, max)
        const covered = groups.map(
          (_, group) => slices.filter(({ start, end }) => start <= group && group <= end).length,
        )
        for (const [group, times] of covered.entries())
          expect(groups[group] === 0 ? times <= 1 : times === 1).toBe(true)
        for (const { start, end } of slices) {
          const part = groups.slice(start, end + 1)
          const sum = part.reduce((a, b) => a + b, 0)
          expect(sum <= max || part.filter((count) => count > 0).length === 1).toBe(true)
        }
      }),
    )
  })

  it('are none where nothing is', () => {
    expect(keySlices([0, 0])).toEqual([])
    expect(keySlices([1, 0, 1])).toEqual([{ start: 0, end: 2 }])
  })
})
