import { expect, it } from 'vitest'
import { fromCollection } from '../../src/connectors/collection.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { createSession } from '../../src/job/create-session.ts'
import { globalWindows } from '../../src/operators/windows/assigners.ts'
import { countWindows } from '../../src/program/count-windows.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { failure } from '../operators/chain-harness.ts'
import { source } from './stub-endpoints.ts'

async function results(
  count: (env: StreamEnvironment) => { sinkTo(sink: ReturnType<typeof toArray<string>>): unknown },
) {
  const output: string[] = []
  const env = StreamEnvironment.create()
  count(env).sinkTo(toArray(output))
  const session = createSession()
  expect(await (await session.submit(env, { name: 'count' })).done).toMatchObject({ status: 'FINISHED' })
  await session.close()
  return output
}

const words = ['a1', 'b1', 'a2', 'a3', 'b2', 'a4', 'a5']
const joined = (all: readonly string[]): string[] => [all.join()]

it('gives a result for every so many records of a key, and none for what is left', async () => {
  const found = await results((env) =>
    env
      .fromSource(fromCollection(words))
      .keyBy((word) => word[0]!)
      .countWindow(2)
      .apply(joined),
  )
  expect(found).toEqual(['a1,a2', 'b1,b2', 'a3,a4'])
})

it('gives the last so many after every so many', async () => {
  const found = await results((env) =>
    env
      .fromSource(fromCollection(words))
      .keyBy((word) => word[0]!)
      .countWindow(3, 2)
      .apply(joined),
  )
  expect(found).toEqual(['a1,a2', 'b1,b2', 'a2,a3,a4'])
})

it('counts all records together', async () => {
  expect(await results((env) => env.fromSource(fromCollection(words)).countWindowAll(3).apply(joined))).toEqual([
    'a1,b1,a2',
    'a3,b2,a4',
  ])
})

it('wants whole numbers', () => {
  const windows = StreamEnvironment.create().fromSource(source()).windowAll(globalWindows())
  for (const [size, slide] of [[0], [1.5], [2, 0], [-1, 1]] as const) {
    expect(failure(() => countWindows(windows, size, slide)).code).toBe('ARGUMENT_INVALID')
  }
})
