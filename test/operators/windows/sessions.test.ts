import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import type { StateBackend, TimerQueue } from '../../../src/backends/state-backend.ts'
import { Random } from '../../../src/core/random.ts'
import {
  eventTimeSessionWindows,
  processingTimeSessionWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { continuousEventTimeTrigger } from '../../../src/operators/windows/continuous-triggers.ts'
import { countTrigger, eventTimeTrigger, processingTimeTrigger } from '../../../src/operators/windows/triggers.ts'
import type { Trigger, WindowAssigner } from '../../../src/operators/windows/window.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { type Item, lateItems, lists, sums, windowCase, windowed } from './window-cases.ts'

windowCase(
  'lets sessions that touch become one, and keys be apart',
  () => windowed(eventTimeSessionWindows(10), lists),
  async (run) => {
    await run.item('a', 1, 0)
    await run.item('a', 2, 10)
    await run.item('a', 3, 21)
    await run.item('b', 4, 11)
    await run.watermark(100)
    expect(run.results()).toEqual(['a 0..20 1,2', 'b 11..21 4', 'a 21..31 3'])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'takes the gap of each record',
  () =>
    windowed(
      eventTimeSessionWindows((item: Item) => item.n),
      lists,
    ),
  async (run) => {
    await run.item('a', 10, 0)
    await run.item('a', 2, 5)
    await run.item('a', 3, 12)
    await run.watermark(14)
    expect(run.results()).toEqual(['a 0..10 10,2', 'a 12..15 3'])
  },
)

windowCase(
  'joins several sessions by one record, in the order of their times',
  () =>
    windowed(
      eventTimeSessionWindows((item: Item) => item.n),
      lists,
    ),
  async (run) => {
    await run.item('a', 1, 60)
    await run.item('a', 2, 40)
    await run.item('a', 3, 20)
    await run.item('a', 4, 0)
    await run.item('a', 45, 19)
    await run.watermark(100)
    expect(run.results()).toEqual(['a 0..4 4', 'a 19..64 3,2,1,45'])
    expect(await run.entries).toBe(0)
  },
)

const late = (windows: WindowedStream<Item, string>) => windows.sideOutputLateData(lateItems)

windowCase(
  'drops a record whose own session is over, and joins one that reaches an open session',
  () => windowed(eventTimeSessionWindows(10), (windows) => lists(late(windows))),
  async (run) => {
    await run.item('a', 1, 12)
    await run.watermark(15)
    await run.item('a', 2, 5)
    await run.item('a', 3, 1)
    await run.item('b', 4, 5)
    await run.item('b', 5, 7)
    await run.watermark(100)
    expect(run.results()).toEqual(['b 7..17 5', 'a 1..22 1,2,3'])
    expect(run.late()).toEqual([{ k: 'b', n: 4 }])
  },
)

windowCase(
  'fires a late session at once, and again when it grows, while lateness allows',
  () => windowed(eventTimeSessionWindows(10), (windows) => sums(late(windows.allowedLateness(20)))),
  async (run) => {
    await run.item('a', 1, 0)
    await run.watermark(20)
    expect(run.results()).toEqual(['a 0..10 1'])
    await run.item('a', 2, 5)
    expect(run.results()).toEqual(['a 0..15 3'])
    await run.item('a', 4, 14)
    expect(run.results()).toEqual([])
    await run.watermark(23)
    expect(run.results()).toEqual(['a 0..24 7'])
    await run.watermark(42)
    await run.item('a', 8, 14)
    expect(run.results()).toEqual(['a 0..24 15'])
    await run.watermark(43)
    await run.item('a', 16, 14)
    expect(run.results()).toEqual([])
    expect(run.late()).toEqual([{ k: 'a', n: 16 }])
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'joins a fired session with one that is open',
  () => windowed(eventTimeSessionWindows(10), (windows) => sums(windows.allowedLateness(100))),
  async (run) => {
    await run.item('a', 1, 0)
    await run.item('a', 2, 18)
    await run.watermark(15)
    await run.item('a', 4, 9)
    expect(run.results()).toEqual(['a 0..10 1'])
    await run.watermark(27)
    expect(run.results()).toEqual(['a 0..28 7'])
    await run.watermark(126)
    expect(await run.entries).toBeGreaterThan(0)
    await run.watermark(127)
    expect(await run.entries).toBe(0)
  },
)

/** The heap, and how often an event-time timer was set. */
function counting() {
  const seen = { set: 0, timers: undefined as TimerQueue | undefined }
  const backend: StateBackend = {
    kind: 'counting',
    create(options) {
      const state = heapStateBackend.create(options)
      const timers = state.timers('event-time')
      const add = timers.add.bind(timers)
      timers.add = (at) => {
        seen.set++
        return add(at)
      }
      seen.timers = timers
      return state
    },
  }
  return { seen, options: { key: ({ k }: Item) => k, backend } }
}

it('sets timers for a session as often as its gap has gone by, not for each record', () => {
  const { seen, options } = counting()
  const harness = new OperatorHarness(windowed(eventTimeSessionWindows(10), sums), options)
  for (let n = 0; n < 1_000; n++) harness.element({ k: 'a', n }, n / 10)
  expect(seen.set).toBe(1)
  for (let at = 0; at < 200; at++) harness.watermark(at)
  expect(harness.values).toEqual(['a 0..109.9 499500'])
  expect(seen.set).toBe(2)
})

it.each([
  [0, 1],
  [1_000, 2],
])('does not look at all sessions of a key when the timer of one comes (lateness %i)', (lateness, timersEach) => {
  const { seen, options } = counting()
  const factory = windowed(eventTimeSessionWindows(10), (windows) => sums(windows.allowedLateness(lateness)))
  const harness = new OperatorHarness(factory, options)
  for (let n = 0; n < 100; n++) harness.element({ k: 'a', n }, n * 100)
  harness.watermark(100_000)
  expect(harness.values.length).toBe(100)
  expect([seen.set, seen.timers!.size]).toEqual([100 * timersEach, 0])
})

it('leaves no timers behind for the windows that a session has come out of', () => {
  for (const trigger of [called(eventTimeTrigger()), countTrigger(100), continuousEventTimeTrigger(1_000)]) {
    const { seen, options } = counting()
    const harness = new OperatorHarness(
      windowed(eventTimeSessionWindows(10), (windows) => sums(windows.trigger(trigger))),
      options,
    )
    for (let n = 0; n < 50; n++) harness.element({ k: 'a', n }, n)
    expect([trigger.description, seen.timers!.size]).toEqual([trigger.description, 1])
  }
})

/** Never takes back a time that it has asked for. */
const careless: Trigger<Item> = {
  description: 'careless',
  onElement(_item, _timestamp, window, ctx) {
    ctx.registerEventTime(window.end - 2)
    return 'continue'
  },
  onEventTime: () => 'fire',
  onProcessingTime: () => 'continue',
  onMerge() {},
  clear() {},
}

windowCase(
  'does not mind a time that was asked for by a window which has become part of another',
  () => windowed(eventTimeSessionWindows(10), (windows) => sums(windows.trigger(careless))),
  async (run) => {
    await run.item('a', 1, 0)
    await run.item('a', 2, 5)
    await run.watermark(8)
    expect(run.results()).toEqual([])
    await run.watermark(13)
    expect(run.results()).toEqual(['a 0..15 3'])
    await run.watermark(100)
    expect(run.results()).toEqual(['a 0..15 3'])
    expect(await run.entries).toBe(0)
  },
)

/** The usual trigger, which the operator does not know as such: it then calls it, and notes timers. */
const called = (trigger: Trigger<unknown>): Trigger<unknown> => ({ ...trigger })

const ways: readonly [string, WindowAssigner<Item>, Trigger<unknown>][] = [
  ['sessions', eventTimeSessionWindows(7), eventTimeTrigger()],
  ['sessions by record', eventTimeSessionWindows((item: Item) => 1 + (item.n % 9)), eventTimeTrigger()],
  ['sessions by the clock', processingTimeSessionWindows(7), processingTimeTrigger()],
  ['tumbling windows', tumblingEventTimeWindows(7), eventTimeTrigger()],
]

it.each(
  ways.flatMap(([title, ...way]) =>
    [0, 5, 30].map((lateness) => [`${title}, lateness ${lateness}`, ...way, lateness] as const),
  ),
)('gives the same results whether the trigger is called or not: %s', async (_title, assigner, trigger, lateness) => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(seed)
    const factories = [
      windowed(assigner, (windows) => lists(windows.allowedLateness(lateness))),
      windowed(assigner, (windows) => lists(windows.allowedLateness(lateness).trigger(called(trigger)))),
    ]
    const options = { key: ({ k }: Item) => k, startMs: 0 }
    let harnesses = factories.map((factory) => new OperatorHarness(factory, options))
    let watermark = 0
    for (let step = 0; step < 60; step++) {
      const draw = random.next()
      if (draw < 0.7) {
        const item = { k: 'ab'[Math.floor(random.next() * 2)]!, n: step }
        const timestamp = watermark - 25 + Math.floor(random.next() * 50)
        for (const harness of harnesses) harness.element(item, timestamp)
      } else if (draw < 0.95) {
        const by = Math.floor(random.next() * 12)
        watermark += by
        for (const harness of harnesses) {
          harness.watermark(watermark)
          harness.advance(by)
        }
      } else {
        harnesses = await Promise.all(
          harnesses.map(async (harness, i) => {
            const restored = await harness.snapshot()
            return new OperatorHarness(factories[i]!, { ...options, startMs: harness.clock.now(), restored })
          }),
        )
      }
      const [direct, asked] = harnesses.map(({ values }) => [...values].sort())
      expect([seed, step, direct]).toEqual([seed, step, asked])
    }
    for (const harness of harnesses) {
      harness.watermark(10_000)
      harness.advance(10_000)
    }
    const [direct, asked] = harnesses.map(({ values }) => [...values].sort())
    expect([seed, direct]).toEqual([seed, asked])
    for (const harness of harnesses) expect((await harness.snapshot()).keyed).toEqual([])
  }
})
