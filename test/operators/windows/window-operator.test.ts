import { expect, it } from 'vitest'
import {
  eventTimeSessionWindows,
  globalWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { windowOperator } from '../../../src/operators/windows/choose.ts'
import { countTrigger, purgingTrigger } from '../../../src/operators/windows/triggers.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { rescaledSnapshot } from '../../../src/testing/rescaled-snapshot.ts'
import { type Item, lateItems, lists, sums, WindowRun, windowCase, windowed } from './window-cases.ts'

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

it('fails when event-time windows get records without timestamps, and lets others have them', async () => {
  const run = new WindowRun(windowed(tumblingEventTimeWindows(10), sums), undefined)
  await expect(run.item('a', 1)).rejects.toMatchObject({
    code: 'TIMESTAMP_MISSING',
    message: expect.stringContaining('Operator "windows" (uid "w")'),
  })
  const byClock = new WindowRun(windowed(tumblingProcessingTimeWindows(10), sums), undefined)
  await byClock.item('a', 1)
  await byClock.item('a', 2, 700)
  await byClock.clock(10)
  expect(byClock.results()).toEqual(['a 0..10 3'])
})

it('fires all windows of many keys, in turns, before the watermark goes on', () => {
  const harness = new OperatorHarness(windowed(tumblingEventTimeWindows(10), sums), { key: ({ k }: Item) => k })
  const keys = Array.from({ length: 2_500 }, (_, i) => `k${i}`)
  harness.feed(keys.map((k) => ({ value: { k, n: 1 }, timestamp: 5 })))
  harness.watermark(50)
  expect(harness.values).toEqual(keys.map((k) => `${k} 0..10 1`))
  expect(harness.watermarks).toEqual([50])
})

it('takes two inputs, whose elements say where they come from', () => {
  const pairs = windowOperator({
    assigner: tumblingEventTimeWindows(10),
    trigger: undefined,
    evictor: undefined,
    allowedLatenessMs: 0,
    lateTag: undefined,
    computation: { type: 'elements', process: { process: (elements, ctx) => ctx.emit(elements) } },
    inputs: 2,
  })
  const harness = new OperatorHarness(pairs, { key: () => 'k' })
  harness.element('left', 1)
  harness.element2('right', 2)
  harness.watermark(20)
  expect(harness.values).toEqual([])
  harness.watermark(20, 1)
  expect(harness.values).toEqual([
    [
      [0, 'left'],
      [1, 'right'],
    ],
  ])
})

it.each([
  ['tumbling', tumblingEventTimeWindows(10)],
  ['sliding', slidingEventTimeWindows(10, 5)],
  ['sessions', eventTimeSessionWindows(10)],
] as const)('goes on at another parallelism: %s', async (_title, assigner) => {
  const factory = windowed(assigner, lists)
  const key = ({ k }: Item) => k
  const keys = [...'abcdefgh']
  const whole = new OperatorHarness(factory, { key })
  for (const [n, k] of keys.entries()) whole.element({ k, n }, 5)
  whole.watermark(3)
  const snapshots = [await whole.snapshot()]
  const results: unknown[] = []
  for (const subtaskIndex of [0, 1]) {
    const place = { subtaskIndex, parallelism: 2 }
    const part = new OperatorHarness(factory, { key, ...place, restored: await rescaledSnapshot(snapshots, place) })
    part.watermark(100)
    expect(part.values.length).toBeGreaterThan(0)
    results.push(...part.values)
  }
  whole.watermark(100)
  expect(results.sort()).toEqual([...whole.values].sort())
})

it('keeps what is late late after a restore', async () => {
  const factory = windowed(tumblingEventTimeWindows(10), sums)
  const key = ({ k }: Item) => k
  const before = new OperatorHarness(factory, { key })
  before.watermark(9)
  const after = new OperatorHarness(factory, { key, restored: await before.snapshot() })
  after.element({ k: 'a', n: 1 }, 5)
  after.watermark(100)
  expect(after.values).toEqual([])
})

it('says at the end how many records it has dropped', async () => {
  const harness = new OperatorHarness(windowed(tumblingEventTimeWindows(10), sums), { key: ({ k }: Item) => k })
  harness.watermark(100)
  for (let n = 0; n < 3; n++) harness.element({ k: 'a', n }, n)
  await harness.close()
  expect(harness.logged).toEqual([
    expect.stringContaining('such as one of 0 at watermark 100'),
    'warn Operator "window" has dropped 3 records as too late.',
  ])
})
