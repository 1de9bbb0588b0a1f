import { expect, it } from 'vitest'
import { endOfTime } from '../../../src/core/elements.ts'
import {
  eventTimeSessionWindows,
  globalWindows,
  processingTimeSessionWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
} from '../../../src/operators/windows/continuous-triggers.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { type Item, sums, windowCase, windowed } from './window-cases.ts'

windowCase(
  'fires at multiples of an interval of event time, and at the end',
  () => windowed(tumblingEventTimeWindows(25), (windows) => sums(windows.trigger(continuousEventTimeTrigger(10)))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.watermark(9)
    expect(run.results()).toEqual([])
    await run.watermark(10)
    await run.item('a', 2, 11)
    expect(run.results()).toEqual(['a 0..25 1'])
    await run.watermark(19)
    expect(run.results()).toEqual([])
    await run.watermark(23)
    await run.watermark(24)
    expect(run.results()).toEqual(['a 0..25 3', 'a 0..25 3'])
    await run.watermark(100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'fires once for all multiples of an interval that the watermark has passed',
  () =>
    windowed(tumblingEventTimeWindows(86_400_000), (windows) => sums(windows.trigger(continuousEventTimeTrigger(10)))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.watermark(1_000)
    expect(run.results()).toEqual(['a 0..86400000 1'])
    await run.watermark(1_009)
    expect(run.results()).toEqual([])
    await run.watermark(1_010)
    expect(run.results()).toEqual(['a 0..86400000 1'])
    await run.watermark(endOfTime)
    expect(run.results()).toEqual(['a 0..86400000 1', 'a 0..86400000 1'])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'comes to an end in the global window too',
  () => windowed(globalWindows(), (windows) => sums(windows.trigger(continuousEventTimeTrigger(10)))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.watermark(endOfTime)
    expect(run.results()).toEqual(['a -Infinity..Infinity 1', 'a -Infinity..Infinity 1'])
  },
)

it('fires once for all multiples of an interval that the clock has passed while nothing ran', async () => {
  const factory = windowed(globalWindows(), (windows) => sums(windows.trigger(continuousProcessingTimeTrigger(10))))
  const options = { key: ({ k }: Item) => k }
  const before = new OperatorHarness(factory, { ...options, startMs: 3 })
  before.element({ k: 'a', n: 1 })
  const after = new OperatorHarness(factory, { ...options, startMs: 1_000, restored: await before.snapshot() })
  after.advance(0)
  expect(after.values).toEqual(['a -Infinity..Infinity 1'])
  // More could still have come at 1,000.
  after.advance(1)
  expect(after.values).toHaveLength(2)
  after.advance(9)
  expect(after.values).toHaveLength(2)
  after.advance(1)
  expect(after.values).toHaveLength(3)
})

windowCase(
  'goes on at multiples of the interval when sessions are merged',
  () => windowed(eventTimeSessionWindows(15), (windows) => sums(windows.trigger(continuousEventTimeTrigger(10)))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.item('a', 2, 25)
    await run.watermark(10)
    await run.item('a', 4, 14)
    expect(run.results()).toEqual(['a 3..18 1'])
    await run.watermark(20)
    await run.watermark(30)
    expect(run.results()).toEqual(['a 3..40 7', 'a 3..40 7'])
    await run.watermark(39)
    expect(run.results()).toEqual(['a 3..40 7'])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'does not wait longer because a session has grown',
  () => windowed(eventTimeSessionWindows(15), (windows) => sums(windows.trigger(continuousEventTimeTrigger(10)))),
  async (run) => {
    await run.item('a', 1, 3)
    await run.item('a', 2, 12)
    await run.watermark(10)
    expect(run.results()).toEqual(['a 3..27 3'])
  },
)

windowCase(
  'goes on by the clock when a session has grown',
  () =>
    windowed(processingTimeSessionWindows(15), (windows) => sums(windows.trigger(continuousProcessingTimeTrigger(10)))),
  async (run) => {
    await run.clock(3)
    await run.item('a', 1)
    await run.clock(10)
    await run.item('a', 2)
    await run.clock(11)
    expect(run.results()).toEqual(['a 3..25 3'])
    await run.clock(25)
    expect(run.results()).toEqual(['a 3..25 3', 'a 3..25 3'])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'fires at multiples of an interval of the clock',
  () =>
    windowed(tumblingProcessingTimeWindows(25), (windows) =>
      sums(windows.trigger(continuousProcessingTimeTrigger(10))),
    ),
  async (run) => {
    await run.clock(3)
    await run.item('a', 1)
    await run.clock(10)
    await run.item('a', 2)
    expect(run.results()).toEqual([])
    await run.clock(11)
    expect(run.results()).toEqual(['a 0..25 3'])
    await run.item('a', 4)
    await run.clock(21)
    await run.clock(24)
    expect(run.results()).toEqual(['a 0..25 7'])
    await run.clock(25)
    expect(run.results()).toEqual(['a 0..25 7'])
    await run.clock(100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'fires at multiples of the clock in event-time windows, until they are forgotten',
  () => windowed(eventTimeSessionWindows(10), (windows) => sums(windows.trigger(continuousProcessingTimeTrigger(10)))),
  async (run) => {
    await run.clock(1_000)
    await run.item('a', 1, 3)
    await run.item('a', 2, 6)
    await run.clock(1_021)
    expect(run.results()).toEqual(['a 3..16 3', 'a 3..16 3'])
    await run.watermark(15)
    await run.clock(1_100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)
