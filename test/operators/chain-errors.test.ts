import { expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { ck, failure, member, spyFactory, testChain } from './chain-harness.ts'

const boom = (what: string) => () => {
  throw new Error(what)
}

it.each(['all', 'leaves'] as const)('names the operator whose function threw, not those before it: %s', (readers) => {
  const same = mapOperator((n: number) => n)
  const bad = member('second', mapOperator(boom('bad record')), { parent: 0, uid: 'u2' })
  const operators = [member('first', same, { uid: 'u1' }), bad, member('third', same, { parent: 1 })]
  const { chain } = testChain(operators, 1024, readers)
  chain.open([])
  const error = failure(() => chain.batch(0, recordBatch([1])))
  expect(error).toMatchObject({
    code: 'USER_FUNCTION_FAILED',
    restartable: true,
    message: 'A function of operator "second" (uid "u2") failed: bad record',
    details: { operator: 'second', uid: 'u2' },
  })
  expect(error.cause).toEqual(new Error('bad record'))
})

it.each<[string, (frozen: { n?: number; list: number[] }) => unknown]>([
  ['assigns', (frozen) => frozen.n!++],
  ['adds', (frozen) => frozen.list.push(1)],
  ['removes', (frozen) => frozen.list.pop()],
  ['deletes', (frozen) => delete frozen.n],
])('says that what is kept is not to be changed in place, to a function that %s', (_title, change) => {
  const { chain } = testChain([member('bad', mapOperator(change))])
  chain.open([])
  const kept = Object.freeze({ n: 1, list: Object.freeze([1, 2]) })
  expect(failure(() => chain.batch(0, recordBatch([kept]))).message).toMatch(
    /^A function of operator "bad" \(no uid\) failed: Cannot .*\. What is kept in state, as an accumulator is, is frozen .* in place: give a new one/,
  )
})

it('says nothing of that for other errors', () => {
  const { chain } = testChain([
    member(
      'bad',
      mapOperator((record: { list?: number[] }) => record.list!.length),
    ),
  ])
  chain.open([])
  expect(failure(() => chain.batch(0, recordBatch([{}]))).message).not.toContain('frozen')
})

it.each([
  ['open', (c: ReturnType<typeof testChain>['chain']) => c.open([])],
  ['watermark', (c: ReturnType<typeof testChain>['chain']) => c.watermark(1)],
  ['endOfData', (c: ReturnType<typeof testChain>['chain']) => c.endOfData()],
  ['snapshot', (c: ReturnType<typeof testChain>['chain']) => c.snapshot(ck(1), 'checkpoint')],
  ['notifyCompleted', (c: ReturnType<typeof testChain>['chain']) => c.notifyCompleted(ck(1))],
  ['notifyAborted', (c: ReturnType<typeof testChain>['chain']) => c.notifyAborted(ck(1))],
])('names the operator when %s throws', (method, call) => {
  const { chain } = testChain([member('bad', spyFactory('bad', [], { [method]: boom('broken') }))])
  if (method !== 'open') chain.open([])
  expect(failure(() => call(chain)).message).toBe('A function of operator "bad" (no uid) failed: broken')
})

it('names the operator when a promise is rejected', async () => {
  const rejects = () => Promise.reject(new Error('later'))
  const { chain } = testChain([
    member('slow', spyFactory('slow', [], { endOfData: rejects, notifyCompleted: rejects })),
  ])
  chain.open([])
  const expected = { code: 'USER_FUNCTION_FAILED', message: expect.stringContaining('"slow"') }
  await expect(chain.endOfData()).rejects.toMatchObject(expected)
  await expect(chain.notifyCompleted(ck(1))).rejects.toMatchObject(expected)
})
