import { expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { iterableOf } from '../../src/operators/iterable-results.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { flatMapOperator, mapOperator } from '../../src/operators/stateless.ts'
import { coFlatMapOperator } from '../../src/operators/two-input.ts'
import { failure, member, testChain } from './chain-harness.ts'

/** The error when the fifth record comes. */
function refused(...factories: readonly OperatorFactory[]) {
  const members = factories.map((factory, index) =>
    member(`op${index}`, factory, index === 0 ? {} : { parent: index - 1 }),
  )
  const { chain } = testChain(members)
  return failure(() => {
    chain.open([])
    chain.batch(0, recordBatch([1, 2, 3, 4, 5]))
  })
}
const fifth = (given: unknown) => (n: number) => (n === 5 ? given : [n]) as never

it.each<[unknown, string]>([
  [5, '5'],
  [undefined, 'undefined'],
  [null, 'null'],
  [{ a: 1 }, '{"a":1}'],
  [Promise.resolve([1]), 'a promise'],
])('names the function that gave %s', (given, shown) => {
  const rule = given instanceof Promise ? /asyncOrdered/ : /expected an iterable of results, such as an array\.$/
  for (const { error, name } of [
    { error: refused(flatMapOperator(fifth(given))), name: 'op0' },
    { error: refused(coFlatMapOperator(fifth(given), () => [])), name: 'op0' },
    // One loop is compiled for several in a row.
    {
      error: refused(
        mapOperator((n: number) => n),
        flatMapOperator(fifth(given)),
      ),
      name: 'op1',
    },
  ]) {
    expect(error).toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      restartable: false,
      message: expect.stringMatching(rule),
    })
    expect(error.message).toContain(`The flatMap function of operator "${name}" (no uid) returned ${shown}: `)
  }
})

it('takes whatever can be gone through', () => {
  function* twice(n: number) {
    yield n
    yield n
  }
  for (const results of [[1], new Set([1]), 'ab', twice(1)]) expect(iterableOf(results, 'The function')).toBe(results)
})
