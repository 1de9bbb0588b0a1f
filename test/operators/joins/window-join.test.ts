import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import {
  coGroupOperator,
  flatWindowJoinOperator,
  type JoinWindows,
  windowJoinOperator,
} from '../../../src/operators/joins/window-join.ts'
import { outputTag } from '../../../src/operators/output-tag.ts'
import {
  eventTimeSessionWindows,
  globalWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { countEvictor, deltaEvictor } from '../../../src/operators/windows/evictors.ts'
import { countTrigger, deltaTrigger, purgingTrigger } from '../../../src/operators/windows/triggers.ts'
import type { WindowAssigner } from '../../../src/operators/windows/window.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { rescaledSnapshot } from '../../../src/testing/rescaled-snapshot.ts'
import { failure } from '../chain-harness.ts'
import { play, type Step, type Way, ways } from './history.ts'

const windows = (assigner: WindowAssigner<never>, more: Partial<JoinWindows> = {}): JoinWindows => ({
  assigner: assigner as WindowAssigner<unknown>,
  trigger: undefined,
  evictor: undefined,
  allowedLatenessMs: 0,
  lateTag: undefined,
  ...more,
})
const options = { key: (value: string) => value[0]! }
const joined = (given: JoinWindows) => windowJoinOperator(given, (a: string, b: string, key) => `${key}: ${a} ${b}`)
const grouped = (given: JoinWindows) =>
  coGroupOperator(given, (first: readonly string[], second: readonly string[], key, { start, end }) => [
    `${key} ${start}-${end}: ${first} | ${second}`,
  ])
const at = (...records: readonly (readonly [value: string, timestamp: number])[]) =>
  records.map(([value, timestamp]) => ({ value, timestamp }))
const end: Step = { watermark: 1_000_000 }

const everyWay = ways()

describe.each(everyWay)('$title', (way: Way) => {
  const values = async (operator: ReturnType<typeof joined>, ...steps: readonly Step[]) =>
    (await play(operator, options, steps, way)).records.map(({ value }) => value)

  it('pairs what came in one window, for each key, and stamps it with the last time of the window', async () => {
    const steps: readonly Step[] = [
      { left: at(['a1', 1], ['b1', 2], ['a2', 9], ['a3', 10]) },
      { right: at(['ax', 0], ['ay', 9], ['az', 15], ['cx', 3]) },
      { watermark: 9 },
    ]
    const first = await play(joined(windows(tumblingEventTimeWindows(10))), options, steps, way)
    expect(first.records).toEqual(
      ['a: a1 ax', 'a: a1 ay', 'a: a2 ax', 'a: a2 ay'].map((value) => ({ value, timestamp: 9 })),
    )
    const all = await play(joined(windows(tumblingEventTimeWindows(10))), options, [...steps, end], way)
    expect(all.records.slice(4)).toEqual([{ value: 'a: a3 az', timestamp: 19 }])
    expect(all.entries).toBe(0)
  })

  it('shows coGroup both sides, also where one has nothing', async () => {
    const steps: readonly Step[] = [
      { left: at(['a1', 1], ['b1', 2]) },
      { right: at(['ax', 5], ['cx', 3], ['ay', 4]) },
      end,
    ]
    const found = await values(grouped(windows(tumblingEventTimeWindows(10))), ...steps)
    expect(found.toSorted()).toEqual(['a 0-10: a1 | ax,ay', 'b 0-10: b1 | ', 'c 0-10:  | cx'])
  })

  it('pairs in every sliding window that both are in', async () => {
    const steps: readonly Step[] = [{ left: at(['a1', 4]) }, { right: at(['ax', 7], ['ay', 12]) }, end]
    const { records } = await play(joined(windows(slidingEventTimeWindows(10, 5))), options, steps, way)
    expect(records).toEqual([{ value: 'a: a1 ax', timestamp: 9 }])
  })

  it('has sessions of both streams together', async () => {
    const steps: readonly Step[] = [
      { left: at(['a1', 0], ['a2', 20]) },
      { right: at(['ax', 8], ['ay', 40]) },
      { left: at(['a3', 14]) },
      end,
    ]
    const found = await values(grouped(windows(eventTimeSessionWindows(10))), ...steps)
    expect(found).toEqual(['a 0-30: a1,a2,a3 | ax', 'a 40-50:  | ay'])
  })

  it('drops what is too late, and gives a window out again within the allowed lateness', async () => {
    const steps: readonly Step[] = [
      { left: at(['a1', 1]) },
      { right: at(['ax', 1]) },
      { watermark: 12 },
      { right: at(['ay', 2]) },
      { watermark: 14 },
      { right: at(['az', 3]) },
    ]
    const late = await values(joined(windows(tumblingEventTimeWindows(10), { allowedLatenessMs: 5 })), ...steps)
    expect(late).toEqual(['a: a1 ax', 'a: a1 ax', 'a: a1 ay'])
    expect(await values(joined(windows(tumblingEventTimeWindows(10))), ...steps)).toEqual(['a: a1 ax'])
  })

  it('sends late records of either stream aside, as they are', async () => {
    const late = { left: outputTag<string>('late left'), right: outputTag<string>('late right') }
    const operator = joined(
      windows(tumblingEventTimeWindows(10), { lateTag: late.left.name, secondLateTag: late.right.name }),
    )
    const steps: readonly Step[] = [{ watermark: 9 }, { left: at(['a1', 1]) }, { right: at(['ax', 2], ['ay', 12]) }]
    const played = await play(operator, { ...options, sideOutputs: Object.values(late) }, steps, way)
    expect(played.side(late.left)).toEqual(at(['a1', 1]))
    expect(played.side(late.right)).toEqual(at(['ax', 2]))
  })

  it('has triggers that count both streams', async () => {
    const trigger = purgingTrigger(countTrigger(3))
    const steps: readonly Step[] = [
      { left: at(['a1', 1], ['a2', 2]) },
      { right: at(['ax', 3], ['ay', 4], ['az', 5]) },
      { left: at(['a3', 6]) },
    ]
    const found = await values(grouped(windows(globalWindows(), { trigger })), ...steps)
    expect(found).toEqual(['a -Infinity-Infinity: a1,a2 | ax', 'a -Infinity-Infinity: a3 | ay,az'])
  })

  it('has evictors that take records of both streams', async () => {
    const steps: readonly Step[] = [{ left: at(['a1', 1], ['a2', 2]) }, { right: at(['ax', 3], ['ay', 4]) }, end]
    const before = windows(tumblingEventTimeWindows(10), { evictor: countEvictor(3) as JoinWindows['evictor'] })
    expect(await values(grouped(before), ...steps)).toEqual(['a 0-10: a2 | ax,ay'])
    const after = windows(globalWindows(), {
      trigger: countTrigger(2),
      evictor: countEvictor(1, { after: true }) as JoinWindows['evictor'],
    })
    expect(await values(grouped(after), ...steps)).toEqual([
      'a -Infinity-Infinity: a1,a2 | ',
      'a -Infinity-Infinity: a2 | ax,ay',
    ])
  })
})

it('gives assigner, trigger and evictor records, not what they are kept as', () => {
  const gap = eventTimeSessionWindows((value: string) => Number(value[1]))
  const sessions = new OperatorHarness(grouped(windows(gap)), options)
  sessions.feed(at(['a5', 0], ['a2', 10]))
  sessions.feed(at(['a3', 4], ['a1', 11]), 1)
  for (const input of [0, 1] as const) sessions.watermark(100, input)
  expect(sessions.values).toEqual(['a 0-7: a5 | a3', 'a 10-12: a2 | a1'])

  const distance = (a: string, b: string) => Math.abs(Number(b[1]) - Number(a[1]))
  const far = windows(globalWindows(), {
    trigger: deltaTrigger(3, distance) as JoinWindows['trigger'],
    evictor: deltaEvictor(2, distance) as JoinWindows['evictor'],
  })
  const deltas = new OperatorHarness(grouped(far), options)
  deltas.feed(at(['a1', 0], ['a4', 1]))
  deltas.feed(at(['a5', 2]), 1)
  expect(deltas.values).toEqual(['a -Infinity-Infinity: a4 | a5'])
})

it('tells of late records that it drops', () => {
  const harness = new OperatorHarness(joined(windows(tumblingEventTimeWindows(10))), options)
  for (const input of [0, 1] as const) harness.watermark(9, input)
  harness.feed(at(['a1', 1]), 1)
  expect(harness.logged).toEqual([
    expect.stringContaining('sideOutputLeftLateData and sideOutputRightLateData give them out'),
  ])
})

it('joins by processing time without timestamps', () => {
  const harness = new OperatorHarness(joined(windows(tumblingProcessingTimeWindows(10))), options)
  harness.element('a1')
  harness.advance(5)
  harness.element2('ax')
  harness.advance(5)
  harness.element2('ay')
  harness.advance(20)
  expect(harness.records).toEqual([{ value: 'a: a1 ax', timestamp: 9 }])
})

it('gives any number of results for a pair', () => {
  const operator = flatWindowJoinOperator(windows(tumblingEventTimeWindows(10)), (a: string, b: string) =>
    Array.from({ length: Number(b[1]) }, (_, i) => `${a}${b}${i}`),
  )
  const harness = new OperatorHarness(operator, options)
  harness.feed(at(['a1', 0]))
  harness.feed(at(['a0', 1], ['a2', 1]), 1)
  for (const input of [0, 1] as const) harness.watermark(9, input)
  expect(harness.values).toEqual(['a1a20', 'a1a21'])
  expect([operator.kind, joined(windows(globalWindows())).kind, grouped(windows(globalWindows())).kind]).toEqual([
    'window-join',
    'window-join',
    'co-group',
  ])
})

it('refuses what does not go together, records without timestamps, and async functions', () => {
  const merging = windows(eventTimeSessionWindows(10), { trigger: deltaTrigger(1, () => 1) as JoinWindows['trigger'] })
  expect(failure(() => joined(merging)).message).toContain('expected a trigger that has onMerge')
  expect(failure(() => joined(windows(tumblingEventTimeWindows(10), { allowedLatenessMs: -1 }))).code).toBe(
    'ARGUMENT_INVALID',
  )
  const harness = new OperatorHarness(joined(windows(tumblingEventTimeWindows(10))), options)
  expect(failure(() => harness.element2('a')).code).toBe('TIMESTAMP_MISSING')
  const operators = [
    windowJoinOperator(windows(tumblingEventTimeWindows(10)), async () => 1),
    flatWindowJoinOperator(windows(tumblingEventTimeWindows(10)), (async () => []) as never),
    coGroupOperator(windows(tumblingEventTimeWindows(10)), (async () => []) as never),
  ]
  for (const operator of operators) {
    const harness = new OperatorHarness(operator, options)
    harness.feed(at(['a1', 0]))
    harness.feed(at(['ax', 0]), 1)
    harness.watermark(9, 0)
    expect(failure(() => harness.watermark(9, 1)).message).toContain('The apply function of operator')
  }
})

it.each([
  [1, 3],
  [3, 2],
])('goes on with other subtasks: %i, then %i', async (before, after) => {
  const names = 'abcdefghij'.split('')
  const operator = joined(windows(tumblingEventTimeWindows(10)))
  const places = (parallelism: number) =>
    Array.from({ length: parallelism }, (_, subtaskIndex) => ({ parallelism, subtaskIndex }))
  const feed = (harness: OperatorHarness, input: 0 | 1) => {
    for (const name of names) {
      try {
        harness.feed([{ value: name, timestamp: 1 }], input)
      } catch (thrown) {
        // Another subtask's.
        expect(thrown).toMatchObject({ code: 'ARGUMENT_INVALID' })
      }
    }
  }
  const snapshots = []
  for (const place of places(before)) {
    const harness = new OperatorHarness(operator, { ...options, ...place })
    feed(harness, 0)
    snapshots.push(await harness.snapshot())
  }
  const found: unknown[] = []
  for (const place of places(after)) {
    const restored = await rescaledSnapshot(snapshots, place)
    const harness = new OperatorHarness(operator, { ...options, ...place, restored })
    feed(harness, 1)
    for (const input of [0, 1] as const) harness.watermark(9, input)
    found.push(...harness.values)
  }
  expect(found.toSorted()).toEqual(names.map((name) => `${name}: ${name} ${name}`))
})

const record = fc.record({
  input: fc.constantFrom(0 as const, 1 as const),
  key: fc.constantFrom('a', 'b'),
  time: fc.integer({ min: 0, max: 40 }),
})
/** Obvious assigners: the windows of a record, by the reading of their definition. */
const sliding = (size: number, slide: number) => (time: number) => {
  const starts = Array.from({ length: 60 }, (_, i) => (i - 10) * slide)
  return starts.filter((start) => start <= time && time < start + size)
}

it('finds what two nested loops over everything find', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      async (records, size, slide, anew) => {
        const assigner = slidingEventTimeWindows(Math.max(size, slide), Math.min(size, slide))
        const steps = records.map(({ input, key, time }): Step => {
          const fed = at([`${key}${time}`, time])
          return input === 0 ? { left: fed } : { right: fed }
        })
        const way = { backend: heapStateBackend, anew }
        const { records: results } = await play(joined(windows(assigner)), options, [...steps, end], way)
        const startsOf = sliding(Math.max(size, slide), Math.min(size, slide))
        const side = (wanted: 0 | 1) => records.filter(({ input }) => input === wanted)
        const expected = side(0).flatMap((left) =>
          side(1).flatMap((right) =>
            startsOf(left.time)
              .filter((start) => left.key === right.key && startsOf(right.time).includes(start))
              .map(
                (start) =>
                  `${left.key}: ${left.key}${left.time} ${right.key}${right.time} ${start + Math.max(size, slide) - 1}`,
              ),
          ),
        )
        expect(results.map(({ value, timestamp }) => `${value} ${timestamp}`).toSorted()).toEqual(expected.toSorted())
      },
    ),
    { numRuns: 60 },
  )
})
