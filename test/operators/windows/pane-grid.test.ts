import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AlignedWindows, PaneGrid } from '../../../src/operators/windows/pane-grid.ts'

const shapes = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: -29, max: 29 }))
  .map(([slide, more, offset]): AlignedWindows => ({ slide, size: slide + more, offset: offset % slide }))

/** The windows that this time is in, by definition. */
function windowsOf(time: number, { size, slide, offset }: AlignedWindows): number[] {
  const windows: number[] = []
  for (let i = -200; i <= 200; i++) {
    const start = offset + i * slide
    if (start <= time && time < start + size) windows.push(i)
  }
  return windows
}

it('cuts time where windows begin and end, and nowhere else', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: -100, max: 100 }), (shape, time) => {
      const grid = new PaneGrid(shape)
      const pane = grid.paneOf(time)
      const [start, next] = [grid.startOf(pane), grid.startOf(pane + 1)]
      expect(start).toBeLessThanOrEqual(time)
      expect(next).toBeGreaterThan(time)
      expect([grid.paneOf(start), grid.paneOf(next)]).toEqual([pane, pane + 1])
      const windows = windowsOf(time, shape)
      for (let t = start; t < next; t++) expect(windowsOf(t, shape)).toEqual(windows)
      expect(windowsOf(start - 1, shape)).not.toEqual(windows)
      expect(windowsOf(next, shape)).not.toEqual(windows)
      expect([grid.firstWindow(pane), grid.lastWindow(pane)]).toEqual([windows[0], windows.at(-1)])
    }),
  )
})

it('knows the panes and the end of a window', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: -20, max: 20 }), (shape, window) => {
      const grid = new PaneGrid(shape)
      const start = shape.offset + window * shape.slide
      expect(grid.endOf(window)).toBe(start + shape.size)
      expect([grid.startOf(grid.firstPane(window)), grid.startOf(grid.paneAfter(window))]).toEqual([
        start,
        start + shape.size,
      ])
      expect([grid.lastEnded(start + shape.size), grid.lastEnded(start + shape.size - 1)]).toEqual([window, window - 1])
    }),
  )
})
