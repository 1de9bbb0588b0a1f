import { describe, expect, it } from 'vitest'
import {
  type IntervalJoinDefinition,
  intervalJoinOperator,
  type JoinInterval,
} from '../../../src/operators/joins/interval-join.ts'
import { outputTag } from '../../../src/operators/output-tag.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { rescaledSnapshot } from '../../../src/testing/rescaled-snapshot.ts'
import { failure } from '../chain-harness.ts'
import { play, type Step, type Way, ways } from './history.ts'
import { interval } from './intervals.ts'

const leftLate = outputTag<string>('late on the left')
const rightLate = outputTag<string>('late on the right')
const aside = outputTag<string>('aside')

const pair: IntervalJoinDefinition<string, string, string, string> = {
  element: (left, right, ctx) => ctx.emit(`${left}${right}`),
}
const joined = (between: JoinInterval) => intervalJoinOperator(between, pair)
const options = { key: (value: string) => value[0]!, sideOutputs: [leftLate, rightLate, aside] }

/** The records `a1 a2 …` at these times. */
const at = (...times: readonly number[]) => times.map((timestamp) => ({ value: `a${timestamp}`, timestamp }))
const pairs = (...found: readonly (readonly [left: number, right: number])[]) =>
  found.map(([left, right]) => ({ value: `a${left}a${right}`, timestamp: Math.max(left, right) }))

const everyWay = ways()

describe.each(everyWay)('$title', (way: Way) => {
  const run = (between: JoinInterval, ...steps: readonly Step[]) => play(joined(between), options, steps, way)

  it('pairs a right record with the left ones that it is from the lower to the upper bound behind', async () => {
    const { records } = await run(interval(-1, 2), { left: at(1, 2, 3, 4, 5, 6) }, { right: at(4) })
    expect(records).toEqual(pairs([2, 4], [3, 4], [4, 4], [5, 4]))
  })

  it('finds the same pairs whichever side comes first', async () => {
    const { records } = await run(interval(-1, 2), { right: at(4) }, { left: at(1, 2, 3, 4, 5, 6) })
    expect(records).toEqual(pairs([2, 4], [3, 4], [4, 4], [5, 4]))
  })

  it.each([
    { title: 'lower', more: { lowerExclusive: true }, expected: pairs([2, 4], [3, 4], [4, 4]) },
    { title: 'upper', more: { upperExclusive: true }, expected: pairs([3, 4], [4, 4], [5, 4]) },
    { title: 'either', more: { lowerExclusive: true, upperExclusive: true }, expected: pairs([3, 4], [4, 4]) },
  ])('leaves out what is exactly $title bound away when it is exclusive', async ({ more, expected }) => {
    const steps: readonly Step[] = [{ left: at(1, 2, 3) }, { right: at(4) }, { left: at(4, 5, 6) }]
    expect((await run(interval(-1, 2, more), ...steps)).records).toEqual(expected)
  })

  it.each([
    { title: 'only the past', between: interval(-3, -1), expected: pairs([4, 1], [4, 2], [4, 3]) },
    { title: 'only the future', between: interval(1, 3), expected: pairs([4, 5], [4, 6], [4, 7]) },
    { title: 'one time', between: interval(2, 2), expected: pairs([4, 6]) },
    { title: 'nothing', between: interval(0, 1, { lowerExclusive: true, upperExclusive: true }), expected: [] },
  ])('can look at $title', async ({ between, expected }) => {
    expect((await run(between, { right: at(1, 2, 3, 4, 5, 6, 7) }, { left: at(4) })).records).toEqual(expected)
  })

  it('keeps records of different keys apart', async () => {
    const right = [{ value: 'b2', timestamp: 2 }, ...at(2)]
    expect((await run(interval(0, 1), { left: at(1) }, { right })).records).toEqual(pairs([1, 2]))
  })

  it('pairs each of several records of one time, in the order in which they came', async () => {
    const left = ['a', 'aa', 'aaa'].map((value) => ({ value, timestamp: 1 }))
    const { records } = await run(interval(0, 1), { left }, { right: at(1) })
    expect(records.map(({ value }) => value)).toEqual(['aa1', 'aaa1', 'aaaa1'])
  })

  it.each([
    { between: interval(-2, 3), kept: { left: 3, right: 2 } },
    { between: interval(1, 3), kept: { left: 3, right: 0 } },
    { between: interval(-3, -1), kept: { left: 0, right: 3 } },
  ])(
    'keeps a record as long as a partner can come: $kept for $between.lowerMs to $between.upperMs',
    async ({ between, kept }) => {
      const records: readonly (readonly [Step, number])[] = [
        [{ left: at(10) }, kept.left],
        [{ right: at(10) }, kept.right],
      ]
      for (const [record, ms] of records) {
        const last = 10 + ms
        expect((await run(between, record, { watermark: last - 1 })).entries).toBe(2)
        expect((await run(between, record, { watermark: last })).entries).toBe(0)
      }
    },
  )

  it('drops what is due first first, whichever came first', async () => {
    const steps: readonly Step[] = [{ left: at(10) }, { right: at(12) }]
    expect((await run(interval(0, 10), ...steps, { watermark: 11 })).entries).toBe(3)
    expect((await run(interval(0, 10), ...steps, { watermark: 12 })).entries).toBe(2)
    expect((await run(interval(0, 10), ...steps, { watermark: 20 })).entries).toBe(0)
  })

  it('drops one record after the other, and goes on with those that stay', async () => {
    const steps: readonly Step[] = [
      { left: at(1, 5, 3) },
      { watermark: 4 },
      { right: at(4, 5, 6) },
      { watermark: 6 },
      { right: at(7) },
    ]
    const { records, entries } = await run(interval(0, 2), ...steps)
    expect(records).toEqual(pairs([3, 4], [3, 5], [5, 5], [5, 6], [5, 7]))
    expect(entries).toBe(3)
    expect((await run(interval(0, 2), ...steps, { watermark: 7 })).entries).toBe(0)
  })

  it('drops what comes before the watermark, or sends it aside', async () => {
    const steps: readonly Step[] = [{ watermark: 5 }, { left: at(4, 5) }, { right: at(3, 6) }]
    expect((await run(interval(-9, 9), ...steps)).records).toEqual(pairs([5, 6]))
    const played = await run(interval(-9, 9, { leftLate, rightLate }), ...steps)
    expect(played.records).toEqual(pairs([5, 6]))
    expect([played.side(leftLate), played.side(rightLate)]).toEqual([at(4), at(3)])
  })

  it('has nothing left when the input has ended', async () => {
    const steps: readonly Step[] = [{ left: at(1, 100) }, { right: at(50) }, { watermark: Number.MAX_SAFE_INTEGER }]
    expect((await run(interval(-10, 10), ...steps)).entries).toBe(0)
  })
})

it('tells the function of both times, the key, and stamps a side output like a result', () => {
  const seen: unknown[] = []
  const operator = intervalJoinOperator(interval(-5, 5), {
    element(left: string, right: string, ctx) {
      seen.push([ctx.key, ctx.leftTimestamp, ctx.rightTimestamp, ctx.timestamp])
      ctx.sideOutput(aside, left + right)
    },
  })
  const harness = new OperatorHarness(operator, options)
  harness.feed(at(3), 0)
  harness.feed(at(1, 7), 1)
  expect(seen).toEqual([
    ['a', 3, 1, 3],
    ['a', 3, 7, 7],
  ])
  expect(harness.side(aside).records).toEqual(pairs([3, 1], [3, 7]))
})

it('goes on with other bounds', async () => {
  const before = new OperatorHarness(joined(interval(0, 2)), options)
  before.feed(at(10), 0)
  const after = new OperatorHarness(joined(interval(0, 8)), { ...options, restored: await before.snapshot() })
  for (const input of [0, 1] as const) after.watermark(15, input)
  after.feed(at(18), 1)
  for (const input of [0, 1] as const) after.watermark(18, input)
  after.feed(at(18), 1)
  expect(after.records).toEqual(pairs([10, 18]))
})

it('hands the watermark on behind the pairs', () => {
  const harness = new OperatorHarness(joined(interval(0, 10)), options)
  harness.watermark(5, 0)
  expect(harness.watermarks).toEqual([])
  harness.watermark(3, 1)
  harness.watermark(9, 1)
  expect(harness.watermarks).toEqual([3, 5])
})

it('tells once that it drops late records, and at the end how many', async () => {
  const harness = new OperatorHarness(joined(interval(0, 1, { leftLate })), { ...options, name: 'pairs' })
  for (const input of [0, 1] as const) harness.watermark(9, input)
  harness.feed(at(8), 0)
  expect(harness.logged).toEqual([])
  harness.feed(at(7, 6), 1)
  expect(harness.logged).toEqual([
    expect.stringMatching(
      /^warn Operator "pairs" drops records that come behind the watermark, such as one of 7 at watermark 9/,
    ),
  ])
  await harness.close()
  expect(harness.logged.slice(1)).toEqual(['warn Operator "pairs" has dropped 2 records as too late.'])
})

it('refuses a record without timestamp', () => {
  const harness = new OperatorHarness(joined(interval(0, 1)), { ...options, name: 'pairs' })
  expect(failure(() => harness.element('a'))).toMatchObject({ code: 'TIMESTAMP_MISSING' })
  expect(failure(() => harness.element2('a')).message).toContain('"pairs"')
})

it('refuses an async function, and names the operator whose function throws', () => {
  const run = (element: () => void) => {
    const harness = new OperatorHarness(intervalJoinOperator(interval(0, 1), { element }), {
      ...options,
      name: 'pairs',
    })
    harness.feed(at(1), 0)
    return failure(() => harness.feed(at(1), 1))
  }
  expect(run(async () => {}).message).toContain('The element function of operator "pairs" (no uid) returned a promise')
  const thrown = run(() => {
    throw new Error('no pair')
  })
  expect(thrown).toMatchObject({ code: 'USER_FUNCTION_FAILED' })
  expect(thrown.message).toContain('"pairs" (no uid) failed: no pair')
})

it.each([
  [1, 3],
  [3, 2],
])('goes on with other subtasks: %i, then %i', async (before, after) => {
  const names = 'abcdefghij'.split('')
  const left = names.map((value) => ({ value, timestamp: 1 }))
  const right = names.map((value) => ({ value, timestamp: 2 }))
  const subtasks = (parallelism: number) =>
    Array.from({ length: parallelism }, (_, subtaskIndex) => ({ parallelism, subtaskIndex }))
  const snapshots = []
  for (const place of subtasks(before)) {
    const harness = new OperatorHarness(joined(interval(0, 5)), { ...options, ...place })
    for (const record of left) tryFeeding(harness, record, 0)
    for (const input of [0, 1] as const) harness.watermark(2 - place.subtaskIndex, input)
    snapshots.push(await harness.snapshot())
  }
  const found: unknown[] = []
  for (const place of subtasks(after)) {
    const restored = await rescaledSnapshot(snapshots, place)
    const harness = new OperatorHarness(joined(interval(0, 5)), { ...options, ...place, restored })
    for (const record of right) tryFeeding(harness, record, 1)
    found.push(...harness.values)
  }
  expect(found.toSorted()).toEqual(names.map((name) => name + name))
})

/** A record of another subtask's key is refused by the harness. */
function tryFeeding(harness: OperatorHarness, record: { value: string; timestamp: number }, input: 0 | 1): void {
  try {
    harness.feed([record], input)
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'ARGUMENT_INVALID' })
  }
}
