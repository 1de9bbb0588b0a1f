import { expect, it } from 'vitest'
import { fromCollection } from '../../src/connectors/collection.ts'
import { codeOf, drain, readAll, stored, testContext } from './endpoint-harness.ts'

it('reads the records in order, at most as many as asked for', () => {
  const reader = fromCollection([1, 2, 3]).createReader(testContext(), undefined)
  expect(reader.poll(2)).toEqual({ type: 'records', values: [1, 2] })
  expect(reader.poll(2)).toEqual({ type: 'records', values: [3] })
  expect(reader.poll(2)).toEqual({ type: 'end' })
  expect(reader.poll(2)).toEqual({ type: 'end' })
})

it('goes on at the restored position', async () => {
  const source = fromCollection(['a', 'b', 'c', 'd'])
  const context = testContext()
  const reader = source.createReader(context, undefined)
  await drain(reader, context, { records: 3 })
  expect(await readAll(source, stored(reader.snapshot()))).toEqual(['d'])
})

it('is read by one subtask', () => {
  expect(fromCollection([]).parallelism).toBe(1)
})

it.each([[null], [{}], [{ position: -1 }], [{ position: 1.5 }], ['1']])('refuses the state %j', async (state) => {
  const { code, message } = await codeOf(() => fromCollection([1]).createReader(testContext(), state))
  expect(code).toBe('RESTORE_STATE_INCOMPATIBLE')
  expect(message).toContain('"endpoint"')
})
