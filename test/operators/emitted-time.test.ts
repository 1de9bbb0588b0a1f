import { expect, it } from 'vitest'
import { endOfTime } from '../../src/core/elements.ts'
import { emittedTime } from '../../src/operators/emitted-time.ts'
import { processOperator } from '../../src/operators/process.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'

const operator = { operatorName: 'stamp', uid: 's' }

it.each([
  [7, 7],
  [-1.5, -2],
  [8.64e15, 8.64e15],
  [endOfTime, endOfTime],
])('takes %s', (given, time) => {
  expect(emittedTime(given, operator)).toBe(time)
})

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 8.64e15 + 1, '5', null, new Date(5)])(
  'refuses %s as the time of a record, naming the operator',
  (given) => {
    expect(() => emittedTime(given, operator)).toThrow(
      expect.objectContaining({
        code: 'TIMESTAMP_MISSING',
        message: expect.stringContaining('Operator "stamp" (uid "s") emitted a record with the timestamp '),
      }),
    )
  },
)

it('is what a process function may say', () => {
  const harness = new OperatorHarness(processOperator({ element: (time: number, ctx) => ctx.emit(time, time) }))
  harness.element(1.5)
  expect(harness.records).toEqual([{ value: 1.5, timestamp: 1 }])
  expect(() => harness.element(Number.NaN)).toThrow('emitted a record with the timestamp NaN')
})
