import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PaneGrid } from '../../../src/operators/windows/pane-grid.ts'

const shapes = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: -29, max: 29 }))
  .map(([slide, more, offset]) => ({ slide, size: slide + more, offset: offset % slide }))

/** The ends of the windows that this time is in, by definition. */
function endsOf(time: number, { size, slide, offset }: { size: number; slide: number; offset: number }): number[] {
  const ends: number[] = []
  for (let i = -200; i <= 200; i++) {
    const start = offset + i * slide
    if (start <= time && time < start + size) ends.push(start + size)
  }
  return ends
}

it('cuts time where windows begin and end, and nowhere else', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: -100, max: 100 }), (shape, time) => {
      const grid = new PaneGrid(shape)
      const start = grid.startOf(time)
      const next = grid.after(start)
      expect(start).toBeLessThanOrEqual(time)
      expect(next).toBeGreaterThan(time)
      expect(grid.startOf(next)).toBe(next)
      const ends = endsOf(time, shape)
      for (let t = start; t < next; t++) expect(endsOf(t, shape)).toEqual(ends)
      expect(endsOf(start - 1, shape)).not.toEqual(ends)
      expect(endsOf(next, shape)).not.toEqual(ends)
      expect([grid.firstEnd(start), grid.lastEnd(start)]).toEqual([ends[0], ends.at(-1)])
    }),
  )
})

it('has a pane that begins at zero, not at minus zero', () => {
  expect(Object.is(new PaneGrid({ size: 10, slide: 10, offset: 0 }).startOf(-0), 0)).toBe(true)
  expect(Object.is(new PaneGrid({ size: 10, slide: 10, offset: 3 }).startOf(3), 3)).toBe(true)
})
