import { expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { recordBatch } from '../../src/core/elements.ts'
import { KeyPartitioner } from '../../src/operators/key-partition.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { keyedProcessOperator, processOperator, reduceOperator } from '../../src/operators/process.ts'
import { isPromise } from '../../src/operators/refuse-promise.ts'
import { filterOperator, flatMapOperator, mapOperator } from '../../src/operators/stateless.ts'
import { coFlatMapOperator, coMapOperator } from '../../src/operators/two-input.ts'
import { failure, keyedBatch, member, testChain } from './chain-harness.ts'

const rule = 'functions of operators are synchronous. Make asynchronous calls with asyncOrdered or asyncUnordered.'
/** Its promise is rejected: refusing it must not leave a rejection that nobody hears. */
const late = async (): Promise<never> => {
  throw new Error('too late for anyone')
}
const anything = late as never

const refused = (factory: OperatorFactory, feed = recordBatch([1, 2])) => {
  const range = { start: 0, end: 127 }
  const state = factory.keyed
    ? heapStateBackend.create({ range, maxParallelism: 128, freeze: true, operatorName: 'op' })
    : undefined
  const { chain, tail } = testChain([member('op', factory, { uid: 'u', ...(state && { state }) })])
  const error = failure(() => {
    chain.open([])
    chain.batch(0, feed)
    void chain.endOfData()
  })
  return { error, emitted: tail(0).records.length }
}

it.each<[string, string, OperatorFactory]>([
  ['map', 'The map function', mapOperator(anything)],
  ['filter', 'The filter function', filterOperator(anything)],
  ['flatMap', 'The flatMap function', flatMapOperator(anything)],
  ['process', 'The element function', processOperator({ element: anything })],
  ['coMap', 'The map function', coMapOperator(anything, anything)],
  ['coFlatMap', 'The flatMap function', coFlatMapOperator(anything, anything)],
  ['open', 'The open function', processOperator({ open: anything, element: () => {} })],
  ['endOfData', 'The endOfData function', processOperator({ endOfData: anything, element: () => {} })],
])('refuses an async function of %s', (_name, subject, factory) => {
  const { error, emitted } = refused(factory)
  expect(error).toMatchObject({
    code: 'USER_FUNCTION_FAILED',
    restartable: false,
    message: expect.stringContaining(`${subject} of operator "op" (uid "u") returned a promise: ${rule}`),
    details: { operator: 'op', uid: 'u' },
  })
  expect(emitted).toBe(0)
})

it.each<[string, string, OperatorFactory]>([
  ['element', 'The element function', keyedProcessOperator({ element: anything })],
  ['reduce', 'The reduce function', reduceOperator(anything)],
])('refuses an async %s on a keyed stream', (_name, subject, factory) => {
  const { error } = refused(factory, keyedBatch(['a', 'b', 'a']))
  expect(error).toMatchObject({ restartable: false, message: expect.stringContaining(`${subject} of operator "op"`) })
})

it.each([1, 2])('refuses a promise as a key, with %i targets', (parallelism) => {
  const partitioner = new KeyPartitioner(
    { key: anything, parallelism, maxParallelism: 128, batchRecords: 4, operatorName: 'reduce', uid: 'r' },
    () => {},
  )
  expect(failure(() => partitioner.partition(recordBatch([1])))).toMatchObject({
    code: 'USER_FUNCTION_FAILED',
    restartable: false,
    message: expect.stringContaining(`The key function of operator "reduce" (uid "r") returned a promise: ${rule}`),
  })
})

it('knows promises of other makes, and takes nothing else for one', () => {
  // biome-ignore lint/suspicious/noThenProperty: a promise of another make is what this is about.
  expect([late().catch(() => {}), { then: () => {} }].every(isPromise)).toBe(true)
  // biome-ignore lint/suspicious/noThenProperty: a record may have a field of this name.
  expect([undefined, null, 1, 'then', {}, [], { then: 'later' }].some(isPromise)).toBe(false)
})
