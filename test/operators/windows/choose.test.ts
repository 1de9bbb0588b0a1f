import { describe, expect, it } from 'vitest'
import { keyGroupOf, subtaskOfKeyGroup } from '../../../src/core/key-groups.ts'
import type { OperatorFactory } from '../../../src/operators/operator.ts'
import { slidingEventTimeWindows, tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import { countEvictor } from '../../../src/operators/windows/evictors.ts'
import { countTrigger, eventTimeTrigger, processingTimeTrigger } from '../../../src/operators/windows/triggers.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { rescaledSnapshot } from '../../../src/testing/rescaled-snapshot.ts'
import { type Item, lists, sums, windowed } from './window-cases.ts'

const key = ({ k }: Item) => k
const inPanes = ({ states }: OperatorFactory) => Object.keys(states!).some((name) => name.startsWith('pane-'))
const sliding = slidingEventTimeWindows(30, 10)
const unmerged = { createAccumulator: () => 0, add: ({ n }: Item, sum: number) => sum + n, getResult: (n: number) => n }

describe('sliding windows are kept in panes', () => {
  it.each([
    ['with an aggregate', windowed(sliding, sums)],
    ['with a reduce', windowed(sliding, (windows) => windows.reduce((a, b) => (a.n > b.n ? a : b)))],
    ['with the trigger that they have anyway', windowed(sliding, (all) => sums(all.trigger(eventTimeTrigger())))],
  ])('%s', (_title, operator) => expect(inPanes(operator)).toBe(true))

  it.each([
    ['when all elements are asked for', windowed(sliding, lists)],
    ['with an evictor', windowed(sliding, (windows) => sums(windows.evictor(countEvictor(3))))],
    ['with another trigger', windowed(sliding, (windows) => sums(windows.trigger(countTrigger(3))))],
    [
      'with the trigger of other windows',
      windowed(sliding, (windows) => sums(windows.trigger(processingTimeTrigger()))),
    ],
    ['when late records are allowed for', windowed(sliding, (windows) => sums(windows.allowedLateness(1)))],
    ['without merge', windowed(sliding, (windows) => windows.aggregate(unmerged))],
    ['when there are gaps between them', windowed(slidingEventTimeWindows(10, 30), sums)],
  ])('but not %s', (_title, operator) => expect(inPanes(operator)).toBe(false))
})

it('puts panes to what sliding windows have of an earlier program that allowed for late records', async () => {
  const before = new OperatorHarness(
    windowed(sliding, (windows) => sums(windows.allowedLateness(15))),
    { key },
  )
  for (const [n, time] of [
    [1, 5],
    [2, 15],
    [4, 25],
  ] as const) {
    before.element({ k: 'a', n }, time)
  }
  before.watermark(19)
  const after = new OperatorHarness(windowed(sliding, sums), { key, restored: await before.snapshot() })
  after.element({ k: 'a', n: 8 }, 26)
  after.element({ k: 'a', n: 16 }, 12)
  after.watermark(100)
  expect([before.values, after.values]).toEqual([
    ['a -20..10 1', 'a -10..20 3'],
    ['a 0..30 31', 'a 10..40 30', 'a 20..50 12'],
  ])
  expect((await after.snapshot()).keyed).toEqual([])
})

it('keeps an aggregate without merge in tumbling windows', () => {
  const harness = new OperatorHarness(
    windowed(tumblingEventTimeWindows(10), (windows) => windows.aggregate(unmerged)),
    { key },
  )
  harness.feed([1, 2, 11].map((n) => ({ value: { k: 'a', n }, timestamp: n })))
  harness.watermark(30)
  expect(harness.records).toEqual([
    { value: 3, timestamp: 9 },
    { value: 11, timestamp: 19 },
  ])
})

it('gives no window of a key twice when the other subtask had not come so far', async () => {
  const place = { key, parallelism: 2 }
  const operator = windowed(sliding, sums)
  const subtaskOf = (k: string) => subtaskOfKeyGroup(keyGroupOf(k, 128), 2, 128)
  const ahead = new OperatorHarness(operator, { ...place, subtaskIndex: subtaskOf('a') })
  const behind = new OperatorHarness(operator, { ...place, subtaskIndex: 1 - subtaskOf('a') })
  ahead.element({ k: 'a', n: 1 }, 5)
  ahead.element({ k: 'a', n: 2 }, 25)
  ahead.watermark(39)
  behind.watermark(9)
  const inOrder = subtaskOf('a') === 0 ? [ahead, behind] : [behind, ahead]
  const snapshots = await Promise.all(inOrder.map((harness) => harness.snapshot()))
  const restored = await rescaledSnapshot(snapshots, { subtaskIndex: 0, parallelism: 1 })
  const after = new OperatorHarness(operator, { key, restored })
  after.element({ k: 'a', n: 100 }, 12)
  after.element({ k: 'a', n: 10 }, 22)
  after.watermark(100)
  expect([ahead.values, after.values]).toEqual([
    ['a -20..10 1', 'a -10..20 1', 'a 0..30 3', 'a 10..40 2'],
    ['a 20..50 12'],
  ])
  expect((await after.snapshot()).keyed).toEqual([])
})
