import { expect, it } from 'vitest'
import { maxWatermark } from '../../src/core/elements.ts'
import { DividedState } from '../../src/core/operator-state.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { restoredWatermark, watermarkList, withWatermark } from '../../src/operators/stored-watermark.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'

it('goes with what the operator keeps itself', () => {
  const own = new DividedState({ seen: { mode: 'split', items: [1, 2] } })
  const stored = withWatermark(own, 7)
  expect([stored?.items('seen'), restoredWatermark(stored)]).toEqual([[1, 2], 7])
  expect(own.lists.has(watermarkList)).toBe(false)
})

it('is the lowest of those that a subtask is given', () => {
  expect(restoredWatermark(new DividedState({ [watermarkList]: { mode: 'union', items: [9, 4, 6] } }))).toBe(4)
})

it.each([Number.NEGATIVE_INFINITY, maxWatermark.timestamp])('%d is not stored', (watermark) => {
  expect(withWatermark(undefined, watermark)).toBeUndefined()
  expect(restoredWatermark(undefined)).toBe(Number.NEGATIVE_INFINITY)
})

it.each([
  [{}, undefined],
  [{ timer() {} }, [{ name: watermarkList, mode: 'union', items: 1 }]],
])('of a process function with %j is stored as %j', async (more, lists) => {
  const harness = new OperatorHarness(keyedProcessOperator({ element() {}, ...more }), { key: String })
  harness.watermark(5)
  expect((await harness.snapshot()).lists).toEqual(lists)
})
