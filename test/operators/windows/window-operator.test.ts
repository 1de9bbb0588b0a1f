import { expect } from 'vitest'
import {
  eventTimeSessionWindows,
  globalWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { countTrigger, purgingTrigger } from '../../../src/operators/windows/triggers.ts'
import { lateItems, lists, sums, windowCase, windowed } from './window-cases.ts'

windowCase(
  'fires when the watermark has come to the last time of a window',
  () => windowed(tumblingEventTimeWindows(10), sums),
  async (run) => {
    await run.item('a', 1, 0)
    await run.item('a', 2, 9)
    await run.item('b', 4, 5)
    await run.item('a', 8, 10)
    await run.watermark(8)
    expect(run.results()).toEqual([])
    await run.watermark(9)
    expect(run.records()).toEqual([
      { value: 'a 0..10 3', timestamp: 9 },
      { value: 'b 0..10 4', timestamp: 9 },
    ])
    await run.watermark(100)
    expect(run.results()).toEqual(['a 10..20 8'])
  },
)

windowCase(
  'keeps all elements in their order for a function that wants them',
  () => windowed(tumblingEventTimeWindows(100), lists),
  async (run) => {
    for (let n = 0; n < 20; n++) await run.item('a', n, (n * 7) % 100)
    await run.watermark(99)
    expect(run.results()).toEqual([`a 0..100 ${[...Array(20).keys()].join(',')}`])
  },
)

windowCase(
  'gives a record to every sliding window',
  () => windowed(slidingEventTimeWindows(10, 4), sums),
  async (run) => {
    await run.item('a', 1, 5)
    await run.item('a', 2, 9)
    await run.watermark(100)
    expect(run.results()).toEqual(['a -4..6 1', 'a 0..10 3', 'a 4..14 3', 'a 8..18 2'])
  },
)

windowCase(
  'fires by the clock, when no record can come any more',
  () => windowed(tumblingProcessingTimeWindows(10), sums),
  async (run) => {
    await run.item('a', 1)
    await run.clock(9)
    await run.item('a', 2)
    expect(run.results()).toEqual([])
    await run.clock(10)
    expect(run.records()).toEqual([{ value: 'a 0..10 3', timestamp: 9 }])
  },
)

windowCase(
  'drops records that are too late, and says so once',
  () => windowed(tumblingEventTimeWindows(10), sums),
  async (run) => {
    await run.watermark(9)
    await run.item('a', 1, 9)
    await run.item('a', 1, 8)
    await run.item('a', 2, 10)
    await run.watermark(100)
    expect(run.results()).toEqual(['a 10..20 2'])
    expect(run.logged[0]).toMatch(/^warn Operator "windows" \(uid "w"\) drops records that come too late/)
  },
)

windowCase(
  'fires again for a record that comes within the allowed lateness',
  () =>
    windowed(tumblingEventTimeWindows(10), (windows) => sums(windows.allowedLateness(5).sideOutputLateData(lateItems))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.watermark(9)
    await run.item('a', 2, 4)
    await run.item('b', 4, 4)
    await run.watermark(13)
    await run.item('a', 8, 4)
    expect(run.results()).toEqual(['a 0..10 1', 'a 0..10 3', 'b 0..10 4', 'a 0..10 11'])
    await run.watermark(14)
    await run.item('a', 16, 4)
    expect(run.results()).toEqual([])
    expect(run.late()).toEqual([{ k: 'a', n: 16 }])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'merges sessions',
  () => windowed(eventTimeSessionWindows(10), sums),
  async (run) => {
    await run.item('a', 1, 0)
    await run.item('a', 2, 25)
    await run.item('b', 4, 5)
    await run.item('a', 8, 20)
    await run.item('a', 16, 10)
    await run.watermark(14)
    expect(run.results()).toEqual(['b 5..15 4'])
    await run.watermark(34)
    expect(run.records()).toEqual([{ value: 'a 0..35 27', timestamp: 34 }])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'counts with a trigger that purges',
  () => windowed(globalWindows(), (windows) => sums(windows.trigger(purgingTrigger(countTrigger(2))))),
  async (run) => {
    await run.item('a', 1)
    await run.item('b', 2)
    await run.item('a', 4)
    await run.item('a', 8)
    await run.item('a', 16)
    expect(run.records()).toEqual([
      { value: 'a -Infinity..Infinity 5', timestamp: Number.MAX_SAFE_INTEGER },
      { value: 'a -Infinity..Infinity 24', timestamp: Number.MAX_SAFE_INTEGER },
    ])
  },
)
