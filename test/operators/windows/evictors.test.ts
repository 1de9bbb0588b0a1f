import { describe, expect, it } from 'vitest'
import {
  eventTimeSessionWindows,
  globalWindows,
  slidingProcessingTimeWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { countEvictor, deltaEvictor, timeEvictor } from '../../../src/operators/windows/evictors.ts'
import { countTrigger } from '../../../src/operators/windows/triggers.ts'
import type { Evictor } from '../../../src/operators/windows/window.ts'
import { failure } from '../chain-harness.ts'
import { type Item, lists, sums, windowCase, windowed } from './window-cases.ts'

const slidingBy = (evictor: Evictor<Item>) => () =>
  windowed(globalWindows(), (windows) => lists(windows.trigger(countTrigger(2)).evictor(evictor)))
const short = (results: readonly unknown[]) => results.map((result) => String(result).split(' ')[2])

windowCase('keeps the newest elements', slidingBy(countEvictor(3)), async (run) => {
  for (let n = 1; n <= 8; n++) await run.item('a', n)
  expect(short(run.results())).toEqual(['1,2', '2,3,4', '4,5,6', '6,7,8'])
})

windowCase('takes elements out behind the function', slidingBy(countEvictor(1, { after: true })), async (run) => {
  for (let n = 1; n <= 6; n++) await run.item('a', n)
  expect(short(run.results())).toEqual(['1,2', '2,3,4', '4,5,6'])
})

windowCase('keeps the elements that are not much older than the newest', slidingBy(timeEvictor(10)), async (run) => {
  for (const n of [1, 5, 11, 14, 12, 30]) await run.item('a', n, n)
  expect(short(run.results())).toEqual(['1,5', '5,11,14', '30'])
})

windowCase('takes the time of the clock for records that have none', slidingBy(timeEvictor(10)), async (run) => {
  await run.item('a', 1)
  await run.clock(20)
  await run.item('a', 2)
  expect(short(run.results())).toEqual(['2'])
})

windowCase(
  'keeps the elements that are near the last one',
  slidingBy(deltaEvictor(5, (value: Item, last: Item) => Math.abs(value.n - last.n))),
  async (run) => {
    for (const n of [1, 5, 8, 7, 20, 10]) await run.item('a', n)
    expect(short(run.results())).toEqual(['1,5', '5,8,7', '8,7,10'])
  },
)

describe('an evictor before an aggregate', () => {
  windowCase(
    'leaves it what stays',
    () => windowed(tumblingEventTimeWindows(10), (windows) => sums(windows.evictor(countEvictor(2)))),
    async (run) => {
      for (const n of [1, 2, 4]) await run.item('a', n, n)
      await run.watermark(9)
      expect(run.results()).toEqual(['a 0..10 6'])
      expect(await run.entries).toBe(0)
    },
  )
  const all: Evictor<unknown> = { description: 'all', before: () => [] }

  windowCase(
    'may leave it nothing',
    () => windowed(tumblingEventTimeWindows(10), (windows) => sums(windows.evictor(all).trigger(countTrigger(1)))),
    async (run) => {
      await run.item('a', 1, 1)
      expect(run.results()).toEqual(['a 0..10 0'])
      await run.watermark(9)
      expect(run.results()).toEqual([])
      expect(await run.entries).toBe(0)
    },
  )

  windowCase(
    'has nothing to reduce then',
    () => windowed(tumblingEventTimeWindows(10), (windows) => windows.evictor(all).reduce((a) => a)),
    async (run) => {
      await run.item('a', 1, 1)
      await run.watermark(9)
      expect(run.results()).toEqual([])
    },
  )
})

windowCase(
  'reduces what an evictor leaves',
  () =>
    windowed(tumblingEventTimeWindows(10), (windows) =>
      windows.evictor(countEvictor(2)).reduce((a, b) => ({ k: a.k, n: a.n * 10 + b.n })),
    ),
  async (run) => {
    for (const n of [1, 2, 3]) await run.item('a', n, n)
    await run.watermark(9)
    expect(run.results()).toEqual([{ k: 'a', n: 23 }])
  },
)

/** A class, whose functions know each other by `this`. */
class Total {
  readonly zero = 0
  createAccumulator() {
    return this.zero
  }
  add({ n }: Item, sum: number) {
    return this.zero + sum + n
  }
  getResult(sum: number) {
    return this.zero + sum
  }
}

windowCase(
  'aggregates what an evictor leaves, also with a class',
  () => windowed(tumblingEventTimeWindows(10), (windows) => windows.evictor(countEvictor(2)).aggregate(new Total())),
  async (run) => {
    for (const n of [1, 2, 4]) await run.item('a', n, n)
    await run.watermark(9)
    expect(run.results()).toEqual([6])
  },
)

windowCase(
  'takes elements out of sessions that have been merged',
  () => windowed(eventTimeSessionWindows(10), (windows) => lists(windows.allowedLateness(50).evictor(countEvictor(3)))),
  async (run) => {
    for (const [n, timestamp] of [
      [1, 0],
      [2, 1],
      [3, 20],
      [4, 21],
      [5, 11],
    ] as const)
      await run.item('a', n, timestamp)
    await run.watermark(30)
    expect(run.results()).toEqual(['a 0..31 3,4,5'])
    await run.item('a', 6, 2)
    expect(run.results()).toEqual(['a 0..31 4,5,6'])
    await run.watermark(100)
    expect(await run.entries).toBe(0)
  },
)

windowCase(
  'takes elements out of sliding windows by the clock, of each on its own',
  () => windowed(slidingProcessingTimeWindows(20, 10), (windows) => lists(windows.evictor(timeEvictor(5)))),
  async (run) => {
    await run.item('a', 1)
    await run.clock(7)
    await run.item('a', 2)
    await run.clock(11)
    await run.item('a', 3)
    await run.clock(30)
    expect(run.results()).toEqual(['a -10..10 2', 'a 0..20 2,3', 'a 10..30 3'])
    expect(await run.entries).toBe(0)
  },
)

it.each<[() => unknown, string]>([
  [() => countEvictor(0), 'countEvictor was given 0: expected a whole number from 1.'],
  [() => timeEvictor(0), 'timeEvictor was given 0: expected milliseconds above 0.'],
  [() => deltaEvictor(undefined as never, () => 0), 'deltaEvictor was given undefined: expected a number.'],
])('refuses an argument: %s', (make, message) => {
  const error = failure(make)
  expect([error.code, error.message]).toEqual(['ARGUMENT_INVALID', message])
})
