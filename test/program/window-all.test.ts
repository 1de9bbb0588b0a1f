import { expect, it } from 'vitest'
import { fromCollection } from '../../src/connectors/collection.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { createSession } from '../../src/job/create-session.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { slidingEventTimeWindows, tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { failure } from '../operators/chain-harness.ts'
import { source } from './stub-endpoints.ts'

const sum = (a: number, b: number) => a + b

it('takes the records of all subtasks into the same windows', async () => {
  const output: unknown[] = []
  const env = StreamEnvironment.create({ parallelism: 3 })
  const numbers = Array.from({ length: 40 }, (_, i) => i)
  const spread = env.fromSource(fromCollection(numbers)).rebalance()
  spread
    .map((n) => n)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forBoundedOutOfOrderness<number>(40).withTimestampAssigner((n) => n),
    )
    .windowAll(slidingEventTimeWindows(20, 10))
    .reduce(sum, (total, key, { start, end }) => [key, start, end, total])
    .sinkTo(toArray(output))
  const session = createSession()
  expect(await (await session.submit(env, { name: 'all' })).done).toMatchObject({ status: 'FINISHED' })
  await session.close()
  expect(output).toEqual([
    [null, -10, 10, 45],
    [null, 0, 20, 190],
    [null, 10, 30, 390],
    [null, 20, 40, 590],
    [null, 30, 50, 345],
  ])
})

it('has one subtask and no other number of them', () => {
  const numbers = StreamEnvironment.create({ parallelism: 2 }).fromSource(source())
  for (const stream of [numbers, numbers.keyBy((n) => n)]) {
    const sums = stream.windowAll(tumblingEventTimeWindows(10)).reduce(sum)
    const error = failure(() => sums.setParallelism(2))
    expect([error.code, error.message]).toEqual(['PARALLELISM_INVALID', expect.stringContaining('expected 1')])
    expect(sums.setParallelism(1)).toBe(sums)
  }
  expect(failure(() => numbers.windowAll({} as never)).message).toMatch(/^windowAll was given/)
})
