import { expect, it } from 'vitest'
import { maxWatermark } from '../../src/core/elements.ts'
import { DividedState, decodeDivided } from '../../src/core/operator-state.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
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

it('is not stored when it is the last one of all', () => {
  expect(withWatermark(undefined, maxWatermark.timestamp)).toBeUndefined()
  expect(restoredWatermark(undefined)).toBe(Number.NEGATIVE_INFINITY)
})

it('is none when one of the subtasks had none yet', () => {
  const stored = withWatermark(undefined, Number.NEGATIVE_INFINITY)!
  const { items } = decodeDivided(stored.encode(), stored.facts).lists.get(watermarkList)!
  const all = new DividedState({ [watermarkList]: { mode: 'union', items: [150, ...items] } })
  expect(restoredWatermark(all)).toBe(Number.NEGATIVE_INFINITY)
})

it.each([
  ['timers', { timer() {} }],
  ['state alone', { state: { seen: valueState(0) } }],
])('is not stored before the first one of a process function with %s, where nothing is late', async (_title, more) => {
  const harness = new OperatorHarness(keyedProcessOperator({ element() {}, ...more }), { key: String })
  expect((await harness.snapshot()).lists).toBeUndefined()
})

it.each([
  [{}, undefined],
  [{ timer() {} }, [{ name: watermarkList, mode: 'union', items: 1 }]],
])('of a process function with %j is stored as %j', async (more, lists) => {
  const harness = new OperatorHarness(keyedProcessOperator({ element() {}, ...more }), { key: String })
  harness.watermark(5)
  expect((await harness.snapshot()).lists).toEqual(lists)
})
