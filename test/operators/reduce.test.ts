import { expect, it } from 'vitest'
import { keyedProcessOperator, reduceOperator } from '../../src/operators/process.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from './chain-harness.ts'

const sums = () =>
  reduceOperator((a: { k: string; n: number }, b: { k: string; n: number }) => ({ k: a.k, n: a.n + b.n }))
const options = { key: (value: { k: string }) => value.k }

it('emits after every record, with the timestamp of that record', () => {
  const harness = new OperatorHarness(sums(), options)
  harness.feed([
    { value: { k: 'a', n: 1 }, timestamp: 1 },
    { value: { k: 'b', n: 5 }, timestamp: 2 },
    { value: { k: 'a', n: 2 }, timestamp: 3 },
  ])
  expect(harness.records).toEqual([
    { value: { k: 'a', n: 1 }, timestamp: 1 },
    { value: { k: 'b', n: 5 }, timestamp: 2 },
    { value: { k: 'a', n: 3 }, timestamp: 3 },
  ])
})

it('gives the function the last result first', () => {
  const harness = new OperatorHarness(
    reduceOperator((a: string, b: string) => a + b),
    { key: () => 'k' },
  )
  harness.elements(['a', 'b', 'c'])
  expect(harness.values).toEqual(['a', 'ab', 'abc'])
})

it('keeps its value in a state named reduce', async () => {
  const harness = new OperatorHarness(
    reduceOperator((a: number, b: number) => a + b),
    { key: () => 'k' },
  )
  harness.elements([1, 2])
  const restored = await harness.snapshot()
  const reading = keyedProcessOperator({
    state: { reduce: valueState(0) },
    element(_value: number, ctx) {
      ctx.emit(ctx.state.reduce.value())
    },
  })
  const after = new OperatorHarness(reading, { key: () => 'k', restored })
  after.element(0)
  expect(after.values).toEqual([3])
})

it('keeps falsy values', () => {
  const harness = new OperatorHarness(
    reduceOperator((a: number | null, b: number | null) => (a ?? 10) + (b ?? 10)),
    {
      key: () => 'k',
    },
  )
  harness.elements([null, 0, 1])
  expect(harness.values).toEqual([null, 10, 11])
})

it('fails when the function forgets to return', () => {
  const harness = new OperatorHarness(
    reduceOperator(() => undefined),
    { key: () => 'k', name: 'sum' },
  )
  const error = failure(() => harness.elements([1, 2]))
  expect(error.code).toBe('USER_FUNCTION_FAILED')
  expect(error.message).toContain('"sum" (no uid)')
})
