import { expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { filterOperator, flatMapOperator, mapOperator } from '../../src/operators/stateless.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure, member, testChain } from './chain-harness.ts'

const stamped = (values: readonly number[]) => values.map((value) => ({ value, timestamp: value * 10 }))

it('maps each record and keeps its timestamp', () => {
  const harness = new OperatorHarness(mapOperator((n: number) => n + 1))
  harness.feed(stamped([1, 2]))
  harness.element(3)
  expect(harness.records).toEqual([
    { value: 2, timestamp: 10 },
    { value: 3, timestamp: 20 },
    { value: 4, timestamp: undefined },
  ])
})

it('gives the function of a map the value and nothing else', () => {
  const harness = new OperatorHarness(mapOperator((...args: unknown[]) => args.length))
  harness.elements(['a', 'b'])
  expect(harness.values).toEqual([1, 1])
})

it.each([
  ['all', [2, 4, 6]],
  ['none', [1, 3, 5]],
  ['the first', [2, 3, 5]],
  ['the last', [1, 3, 6]],
  ['those between', [1, 2, 3, 4, 5]],
])('keeps %s of a batch, with timestamps', (_name, values) => {
  const harness = new OperatorHarness(filterOperator((n: number) => n % 2 === 0))
  harness.feed(stamped(values))
  expect(harness.records).toEqual(stamped(values.filter((n) => n % 2 === 0)))
  expect(harness.batchSizes).not.toContain(0)
})

it('passes on a batch that is kept whole by reference', () => {
  const { chain, tail } = testChain([
    member(
      'filter',
      filterOperator(() => true),
    ),
  ])
  chain.open([])
  const received: unknown[] = []
  tail(0).emit = (batch) => void received.push(batch)
  const batch = recordBatch([1, 2])
  chain.batch(0, batch)
  expect(received[0]).toBe(batch)
})

it('flattens arrays and other iterables, and cuts the result into batches', () => {
  const harness = new OperatorHarness(
    flatMapOperator((n: number) => (n % 2 === 0 ? [n, n, n] : new Set([n]))),
    { batchRecords: 2 },
  )
  harness.elements([1, 2, 3])
  expect(harness.values).toEqual([1, 2, 2, 2, 3])
  expect(Math.max(...harness.batchSizes)).toBe(2)
})

it('gives every result of a flatMap the timestamp of its record', () => {
  const harness = new OperatorHarness(flatMapOperator((n: number) => [n, -n]))
  harness.feed(stamped([1, 2]))
  expect(harness.records.map(({ timestamp }) => timestamp)).toEqual([10, 10, 20, 20])
})

it('emits nothing for a flatMap without results', () => {
  const harness = new OperatorHarness(flatMapOperator(() => []))
  harness.elements([1, 2])
  expect(harness.batchSizes).toEqual([])
})

it.each([mapOperator(() => 1), filterOperator(() => true), flatMapOperator(() => [])])(
  'forwards watermarks through a $kind, and has no state',
  async (factory) => {
    const harness = new OperatorHarness(factory)
    harness.watermark(7)
    expect(harness.watermarks).toEqual([7])
    const { keyed } = await harness.snapshot()
    expect(keyed).toEqual([])
  },
)

it('names the operator whose function throws', () => {
  const boom = mapOperator(() => {
    throw new RangeError('out of range')
  })
  const harness = new OperatorHarness(boom, { name: 'parse', uid: 'parse-1' })
  const error = failure(() => harness.element(1))
  expect(error).toMatchObject({ code: 'USER_FUNCTION_FAILED', restartable: true })
  expect(error.message).toBe('A function of operator "parse" (uid "parse-1") failed: out of range')
  expect(error.cause).toBeInstanceOf(RangeError)
})
