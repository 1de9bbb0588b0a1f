import { expect, it } from 'vitest'
import {
  eventTimeSessionWindows,
  globalWindows,
  processingTimeSessionWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
} from '../../../src/operators/windows/continuous-triggers.ts'
import {
  countTrigger,
  deltaTrigger,
  eventTimeTrigger,
  neverTrigger,
  processingTimeTrigger,
  purgingTrigger,
} from '../../../src/operators/windows/triggers.ts'
import { failure } from '../chain-harness.ts'
import { type Item, sums, windowCase, windowed } from './window-cases.ts'

windowCase(
  'counts per window, and anew after firing',
  () => windowed(tumblingEventTimeWindows(10), (windows) => sums(windows.trigger(countTrigger(2)))),
  async (run) => {
    await run.item('a', 1, 1)
    await run.item('a', 2, 11)
    await run.item('a', 4, 2)
    await run.item('a', 8, 3)
    expect(run.results()).toEqual(['a 0..10 5'])
    await run.item('a', 16, 4)
    expect(run.results()).toEqual(['a 0..10 29'])
    await run.watermark(100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'counts the records of merged windows together',
  () => windowed(eventTimeSessionWindows(10), (windows) => sums(windows.trigger(countTrigger(4)))),
  async (run) => {
    await run.item('a', 1, 0)
    await run.item('a', 2, 1)
    await run.item('a', 4, 20)
    expect(run.results()).toEqual([])
    await run.item('a', 8, 10)
    expect(run.results()).toEqual(['a 0..30 15'])
    await run.watermark(100)
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'drops what has been given out when it purges',
  () =>
    windowed(tumblingEventTimeWindows(10), (windows) =>
      sums(windows.allowedLateness(5).trigger(purgingTrigger(eventTimeTrigger()))),
    ),
  async (run) => {
    await run.item('a', 1, 1)
    await run.watermark(9)
    await run.item('a', 2, 1)
    await run.item('a', 4, 1)
    expect(run.results()).toEqual(['a 0..10 1', 'a 0..10 2', 'a 0..10 4'])
    await run.watermark(100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'purges a session, which is there until its end all the same',
  () => windowed(eventTimeSessionWindows(10), (windows) => sums(windows.trigger(purgingTrigger(countTrigger(2))))),
  async (run) => {
    await run.item('a', 1, 0)
    await run.item('a', 2, 5)
    await run.item('a', 4, 12)
    await run.item('a', 8, 8)
    expect(run.results()).toEqual(['a 0..15 3', 'a 0..22 12'])
    await run.watermark(100)
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'fires when a record is far enough from the last one that it fired for',
  () =>
    windowed(globalWindows(), (windows) =>
      sums(windows.trigger(purgingTrigger(deltaTrigger(5, (last: Item, { n }: Item) => n - last.n)))),
    ),
  async (run) => {
    for (const n of [1, 4, 6, 7, 12, 13]) await run.item('a', n)
    expect(run.results()).toEqual(['a -Infinity..Infinity 18', 'a -Infinity..Infinity 25'])
  },
)

windowCase(
  'fires event-time windows by the clock, if that is asked for',
  () => windowed(tumblingEventTimeWindows(10), (windows) => sums(windows.trigger(processingTimeTrigger()))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.clock(10)
    expect(run.results()).toEqual(['a 0..10 1'])
    await run.watermark(100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'fires a global window when the input ends',
  () => windowed(globalWindows(), (windows) => sums(windows.trigger(eventTimeTrigger()))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.watermark(1e12)
    expect(run.results()).toEqual([])
    await run.watermark(Number.MAX_SAFE_INTEGER)
    expect(run.results()).toEqual(['a -Infinity..Infinity 1'])
  },
)

windowCase(
  'never fires',
  () => windowed(eventTimeSessionWindows(10), (windows) => sums(windows.trigger(neverTrigger()))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.item('a', 1, 8)
    await run.watermark(100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'ends sessions by the clock',
  () => windowed(processingTimeSessionWindows(10), sums),
  async (run) => {
    await run.item('a', 1)
    await run.clock(9)
    await run.item('a', 2)
    await run.clock(18)
    expect(run.results()).toEqual([])
    await run.clock(19)
    expect(run.records()).toEqual([{ value: 'a 0..19 3', timestamp: 18 }])
    expect(await run.entries).toBe(0)
  },
)

it.each<[() => unknown, string]>([
  [() => countTrigger(0), 'countTrigger was given 0: expected a whole number from 1.'],
  [
    () => continuousEventTimeTrigger(1.5),
    'continuousEventTimeTrigger was given 1.5: expected whole milliseconds from 1.',
  ],
  [() => continuousProcessingTimeTrigger(-1), 'continuousProcessingTimeTrigger was given -1'],
])('refuses an argument: %s', (make, message) => {
  const error = failure(make)
  expect([error.code, error.message]).toEqual(['ARGUMENT_INVALID', expect.stringContaining(message)])
})
