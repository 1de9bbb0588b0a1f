import { expect, it } from 'vitest'
import { AssignedTimestamps, assignLoop, sharedLoop, timeMax } from '../../../src/operators/time/assigned-timestamps.ts'

it('does the same in the compiled loop as in the shared one', () => {
  const compiled = assignLoop('one')
  expect(compiled).not.toBe(sharedLoop)
  const byValue = (value: unknown, timestamp: number | undefined): number => (value as number) + (timestamp ?? 0)
  for (const [values, timestamps] of [
    [[1, 2.7, -2.7], undefined],
    [
      [1, 2],
      [10, 20],
    ],
    [[timeMax, -timeMax], undefined],
    [[1, timeMax + 1, 2], undefined],
    [[1, -timeMax - 1], undefined],
    [['7'], undefined],
    [[5, Number.POSITIVE_INFINITY], undefined],
    [[], undefined],
  ] as const) {
    const [ours, shared] = [
      { times: [], latest: 0 },
      { times: [], latest: 0 },
    ]
    const end = compiled(byValue, values, timestamps, ours)
    expect(end).toBe(sharedLoop(byValue, values, timestamps, shared))
    expect(ours).toEqual(shared)
  }
})

it('cuts fractions of a millisecond off and finds the first record without a time', () => {
  const into = { times: [], latest: 0 }
  expect(sharedLoop((value) => value as number, [1.9, -1.1, 3, Number.NaN, 5], undefined, into)).toBe(3)
  expect(into.times).toEqual([1, -2, 3])
})

it('says that an assigner must not return a promise, and lets none of them fail unheard', async () => {
  let calls = 0
  const later = async () => {
    calls++
    throw new Error('later')
  }
  const timestamps = new AssignedTimestamps(later as never, 'two', { operatorName: 'times' })
  expect(() => timestamps.of(['a'], undefined)).toThrow(/The timestamp assigner returned a promise/)
  await Promise.resolve()
  expect(calls).toBe(1)
})

it('shows records of all kinds', () => {
  const timestamps = new AssignedTimestamps(() => Number.NaN, 'three', { operatorName: 'times' })
  const circle: { self?: unknown } = {}
  circle.self = circle
  for (const record of [circle, { toJSON() {} }, 1n, Symbol('s'), 'x'.repeat(1_000), undefined]) {
    expect(() => timestamps.of([record], undefined)).toThrow(/got the timestamp NaN for the record .{1,201}: expected/)
  }
})
