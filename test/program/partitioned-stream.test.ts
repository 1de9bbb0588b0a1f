import { expect, it } from 'vitest'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { PartitionedStream } from '../../src/program/partitioned-stream.ts'
import { partitioned } from '../../src/program/program-builder.ts'
import { sink, source } from './stub-endpoints.ts'

const same = (value: number) => value
const start = () => {
  const env = StreamEnvironment.create()
  return { env, numbers: env.fromSource(source()) }
}
const last = (env: StreamEnvironment) => env.toProgram().transformations.at(-1)!

it('keyBy, rebalance and broadcast decorate the next edge, the last one wins', () => {
  const { env, numbers } = start()
  const partitioning = (stream: { map(fn: (n: number) => number): unknown }) => {
    stream.map(same)
    return last(env).inputs.map((input) => input.partitioning)
  }
  expect(partitioning(numbers)).toEqual([{ type: 'forward' }])
  expect(partitioning(numbers.keyBy(same))).toEqual([{ type: 'hash', key: same }])
  expect(partitioning(numbers.rebalance())).toEqual([{ type: 'rebalance' }])
  expect(partitioning(numbers.broadcast())).toEqual([{ type: 'broadcast' }])
  expect(partitioning(numbers.rescale())).toEqual([{ type: 'rescale' }])
  expect(partitioning(numbers.shuffle())).toEqual([{ type: 'shuffle' }])
  expect(partitioning(numbers.global())).toEqual([{ type: 'global' }])
  expect(partitioning(numbers.forward())).toEqual([{ type: 'forward', required: true }])
  const key = (n: number) => `${n}`
  const partition = (text: string, partitions: number) => text.length % partitions
  expect(partitioning(numbers.partitionCustom(key, partition))).toEqual([{ type: 'custom', key, partition }])
  expect(partitioning(numbers.keyBy(same).broadcast().rebalance())).toEqual([{ type: 'rebalance' }])
  expect(partitioned(numbers.upstreams, { type: 'broadcast' })[0]).toMatchObject({ from: 1 })
})

it('an operator that is made to have one subtask keeps it', () => {
  const { env, numbers } = start()
  const one = numbers.map(same).setParallelism(3).forceNonParallel()
  expect(last(env).parallelism).toBe(1)
  one.setParallelism(1)
  expect(() => one.setParallelism(2)).toThrow(
    "'map' (map, node 2) was given parallelism 2: expected 1, because this operator has one subtask.",
  )
  expect(numbers.sinkTo(sink()).forceNonParallel()).toBeDefined()
  expect(last(env)).toMatchObject({ operator: { kind: 'sink' }, parallelism: 1 })
})

it('functions of a partitioning that are none are refused at the call', () => {
  const { numbers } = start()
  const invalid = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
  expect(() => numbers.partitionCustom(same, undefined as never)).toThrow(invalid)
  expect(() => numbers.partitionCustom(7 as never, same)).toThrow(invalid)
  expect(numbers.keyBy(same)).toBeInstanceOf(PartitionedStream)
})
