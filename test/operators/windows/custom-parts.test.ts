import { expect, it } from 'vitest'
import { listState, valueState } from '../../../src/operators/state-descriptors.ts'
import {
  eventTimeSessionWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { eventTimeTrigger } from '../../../src/operators/windows/triggers.ts'
import type { Trigger, TriggerResult, WindowAssigner } from '../../../src/operators/windows/window.ts'
import { type Item, lateItems, lists, sums, WindowRun, windowCase, windowed } from './window-cases.ts'

/** An item of 1 is in a short and a long window, any other in none. */
const twoWindows: WindowAssigner<Item> = {
  description: 'two windows',
  timeDomain: 'event-time',
  assign: ({ n }, timestamp) =>
    n === 1
      ? [
          { start: timestamp, end: timestamp + 5 },
          { start: 0, end: 50 },
        ]
      : [],
  defaultTrigger: eventTimeTrigger(),
}

windowCase(
  'takes windows of any kind from an assigner',
  () => windowed(twoWindows, sums),
  async (run) => {
    await run.item('a', 1, 3)
    await run.item('a', 1, 4)
    await run.watermark(7)
    expect(run.results()).toEqual(['a 3..8 1'])
    await run.watermark(100)
    expect(run.results()).toEqual(['a 4..9 1', 'a 0..50 2'])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'counts a record without windows as late only when its time is over',
  () => windowed(twoWindows, (windows) => sums(windows.allowedLateness(2).sideOutputLateData(lateItems))),
  async (run) => {
    await run.watermark(10)
    await run.item('a', 7, 9)
    await run.item('b', 7, 8)
    expect(run.late()).toEqual([{ k: 'b', n: 7 }])
  },
)

windowCase(
  'does not count a record as late that one of its windows takes',
  () => windowed(slidingEventTimeWindows(10, 5), (windows) => sums(windows.sideOutputLateData(lateItems))),
  async (run) => {
    await run.watermark(9)
    await run.item('a', 1, 7)
    await run.item('a', 2, 4)
    await run.watermark(100)
    expect(run.results()).toEqual(['a 5..15 1'])
    expect(run.late()).toEqual([{ k: 'a', n: 2 }])
  },
)

/** What is in `n`: what becomes of the window with this element. */
const byElement: readonly TriggerResult[] = ['continue', 'fire', 'purge', 'fire-and-purge']
const obedient: Trigger<Item> = {
  description: 'obedient',
  onElement: ({ n }) => byElement[n % 10]!,
  onEventTime: () => 'continue',
  onProcessingTime: () => 'continue',
  clear() {},
}

windowCase(
  'does with a window what the trigger says of an element',
  () => windowed(tumblingEventTimeWindows(10), (windows) => lists(windows.trigger(obedient))),
  async (run) => {
    for (const n of [10, 21, 32, 41, 53, 61]) await run.item('a', n, 5)
    expect(run.results()).toEqual(['a 0..10 10,21', 'a 0..10 41', 'a 0..10 41,53', 'a 0..10 61'])
    await run.watermark(100)
    expect(run.results()).toEqual([])
    expect(await run.entries).toBe(0)
  },
)

/** Asks for the time in `n`, by the clock when it is odd, and does then what it is told. */
const timed = (then: TriggerResult): Trigger<Item, { asked: ReturnType<typeof listState<number>> }> => ({
  description: 'timed',
  state: { asked: listState<number>() },
  onElement({ n }, _timestamp, _window, ctx) {
    ctx.state.asked.add(n)
    if (n % 2 === 1) ctx.registerProcessingTime(n)
    else ctx.registerEventTime(n)
    return 'continue'
  },
  onEventTime: (timestamp, _window, { state }) => (state.asked.get().includes(timestamp) ? then : 'continue'),
  onProcessingTime: (timestamp, _window, { state }) => (state.asked.get().includes(timestamp) ? then : 'continue'),
  clear(_window, ctx) {
    for (const at of ctx.state.asked.get()) {
      ctx.deleteEventTime(at)
      ctx.deleteProcessingTime(at)
    }
    ctx.state.asked.clear()
  },
})

windowCase(
  'calls the trigger at the times that it asked for, each window for its own',
  () => windowed(tumblingEventTimeWindows(100), (windows) => lists(windows.trigger(timed('fire')))),
  async (run) => {
    await run.item('a', 20, 5)
    await run.item('a', 31, 5)
    await run.item('a', 40, 105)
    await run.item('a', 20, 105)
    await run.item('b', 30, 5)
    await run.watermark(20)
    expect(run.results()).toEqual(['a 0..100 20,31', 'a 100..200 40,20'])
    await run.watermark(30)
    expect(run.results()).toEqual(['b 0..100 30'])
    await run.clock(31)
    expect(run.results()).toEqual([])
    await run.clock(32)
    expect(run.results()).toEqual(['a 0..100 20,31'])
    await run.watermark(50)
    expect(run.results()).toEqual(['a 100..200 40,20'])
  },
)

windowCase(
  'forgets a window at its end, with what its trigger has asked for and remembered',
  () => windowed(tumblingEventTimeWindows(10), (windows) => lists(windows.trigger(timed('fire')))),
  async (run) => {
    await run.item('a', 30, 5)
    await run.item('a', 31, 5)
    await run.watermark(9)
    expect(await run.entries).toBe(0)
    await run.item('a', 32, 15)
    await run.watermark(31)
    await run.clock(100)
    expect(run.results()).toEqual([])
  },
)

windowCase(
  'gives out nothing for a window that is empty',
  () => windowed(tumblingEventTimeWindows(100), (windows) => lists(windows.trigger(timed('fire-and-purge')))),
  async (run) => {
    await run.item('a', 20, 5)
    await run.item('a', 22, 5)
    await run.watermark(50)
    expect(run.results()).toEqual(['a 0..100 20,22'])
    await run.item('a', 60, 5)
    await run.watermark(60)
    expect(run.results()).toEqual(['a 0..100 60'])
    await run.watermark(100)
    expect(await run.entries).toBe(0)
  },
)

/** Fires at the end, unless it was told in between to forget it. */
const forgetful: Trigger<Item> = {
  description: 'forgetful',
  onElement({ n }, _timestamp, window, ctx) {
    if (n > 0) ctx.registerEventTime(window.end - 3)
    else ctx.deleteEventTime(window.end - 3)
    return 'continue'
  },
  onEventTime: (timestamp, window) => (timestamp === window.end - 3 ? 'fire' : 'continue'),
  onProcessingTime: () => 'continue',
  clear: (window, ctx) => ctx.deleteEventTime(window.end - 3),
}

windowCase(
  'lets a trigger take back a time, for one window and not for another that waits for it',
  () =>
    windowed(
      {
        ...twoWindows,
        assign: ({ n }) => (n === 2 ? [{ start: 5, end: 20 }] : [{ start: 0, end: 20 }]),
      },
      (windows) => sums(windows.trigger(forgetful)),
    ),
  async (run) => {
    await run.item('a', 1, 6)
    await run.item('a', 2, 6)
    await run.item('b', 1, 6)
    await run.item('a', 0, 6)
    await run.item('b', 0, 6)
    await run.watermark(17)
    expect(run.results()).toEqual(['a 5..20 2'])
    await run.watermark(100)
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'keeps a window to its end although its trigger takes back that time',
  () =>
    windowed(tumblingEventTimeWindows(10), (windows) =>
      sums(
        windows.trigger({
          ...obedient,
          onElement(_value, _timestamp, _window, ctx) {
            ctx.registerEventTime(9)
            ctx.deleteEventTime(9)
            return 'continue'
          },
        }),
      ),
    ),
  async (run) => {
    await run.item('a', 1, 5)
    await run.watermark(9)
    expect(await run.entries).toBe(0)
  },
)

it('shows the trigger the watermark and the clock', async () => {
  const seen: unknown[] = []
  const looking: Trigger<Item> = {
    ...obedient,
    onElement(_value, timestamp, window, { currentWatermark, processingTime }) {
      seen.push([timestamp, window, currentWatermark, processingTime])
      return 'continue'
    },
    onEventTime(timestamp, window, { currentWatermark }) {
      seen.push([timestamp, window, currentWatermark])
      return 'continue'
    },
  }
  const run = new WindowRun(
    windowed(tumblingEventTimeWindows(10), (windows) => sums(windows.trigger(looking))),
    undefined,
  )
  await run.item('a', 1, 5)
  await run.clock(70)
  await run.watermark(2)
  await run.item('a', 1, 6)
  await run.watermark(30)
  const window = { start: 0, end: 10 }
  expect(seen).toEqual([
    [5, window, Number.NEGATIVE_INFINITY, 0],
    [6, window, 2, 70],
    [9, window, 30],
  ])
})

/** Remembers the greatest element of a session, and fires when a greater one comes. */
const greatest: Trigger<Item, { most: ReturnType<typeof valueState<number>> }> = {
  description: 'greatest',
  state: { most: valueState(0) },
  onElement({ n }, _timestamp, _window, { state }) {
    if (n <= state.most.value()) return 'continue'
    state.most.update(n)
    return 'fire'
  },
  onEventTime: () => 'continue',
  onProcessingTime: () => 'continue',
  onMerge(_window, merged, ctx) {
    ctx.state.most.update(Math.max(...merged.map((one) => ctx.stateOf(one).most.value())))
  },
  clear: (_window, { state }) => state.most.clear(),
}

windowCase(
  'lets a trigger put together what it remembers of sessions that are merged',
  () => windowed(eventTimeSessionWindows(10), (windows) => lists(windows.trigger(greatest))),
  async (run) => {
    await run.item('a', 5, 0)
    await run.item('a', 7, 15)
    expect(run.results()).toEqual(['a 0..10 5', 'a 15..25 7'])
    await run.item('a', 6, 8)
    expect(run.results()).toEqual([])
    await run.item('a', 8, 30)
    expect(run.results()).toEqual(['a 30..40 8'])
    await run.item('a', 7, 22)
    expect(run.results()).toEqual([])
    await run.item('a', 9, 4)
    expect(run.results()).toEqual(['a 0..40 5,7,6,8,7,9'])
  },
)
