import { expect, it } from 'vitest'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { globalWindows, tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { countEvictor } from '../../src/operators/windows/evictors.ts'
import { countTrigger } from '../../src/operators/windows/triggers.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import {
  CoGroupedStreams,
  JoinEqualTo,
  JoinedStreams,
  JoinWhere,
  WindowedCoGroup,
  WindowedJoin,
} from '../../src/program/joined-streams.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from '../operators/chain-harness.ts'
import { source } from './stub-endpoints.ts'

const start = () => {
  const env = StreamEnvironment.create()
  return { env, numbers: env.fromSource(source()), others: env.fromSource(source()) }
}
const last = (env: StreamEnvironment) => env.toProgram().transformations.at(-1)!
const tens = (n: number) => n - (n % 10)
const all = { window: globalWindows(), trigger: countTrigger(4) }

/** What comes of 1 and 2 on the first stream, 3 and 14 on the second, keyed by their tens, and again for each further 4. */
function results(env: StreamEnvironment): readonly unknown[] {
  const { inputs, operator } = last(env)
  const [key, key2] = inputs.map(({ partitioning }) => (partitioning as { key: (value: never) => unknown }).key)
  const harness = new OperatorHarness(operator as OperatorFactory, { key: key!, key2: key2! })
  harness.elements([1, 2])
  for (const value of [3, 4, 14]) harness.element2(value)
  return harness.values
}

it('joins by the keys of both streams, in windows', () => {
  const { env, numbers, others } = start()
  const join = numbers.join(others)
  const where = join.where(tens)
  const equalTo = where.equalTo(tens)
  const joined = equalTo.window(all.window)
  expect(join).toBeInstanceOf(JoinedStreams)
  expect(where).toBeInstanceOf(JoinWhere)
  expect(equalTo).toBeInstanceOf(JoinEqualTo)
  expect(joined).toBeInstanceOf(WindowedJoin)
  joined.trigger(all.trigger).apply((one, other, key) => [key, one, other])
  expect(last(env)).toMatchObject({
    operator: { kind: 'window-join', inputCount: 2, keyed: true, stateful: true },
    inputs: [
      { from: 1, input: 0, partitioning: { type: 'hash' } },
      { from: 2, input: 1, partitioning: { type: 'hash' } },
    ],
  })
  expect(results(env)).toEqual([
    [0, 1, 3],
    [0, 1, 4],
    [0, 2, 3],
    [0, 2, 4],
  ])
  joined.trigger(all.trigger).flatApply((one, other) => (one < 2 ? [one, other] : []))
  expect(results(env)).toEqual([1, 3, 1, 4])
})

it('groups both streams together', () => {
  const { env, numbers, others } = start()
  const grouped = numbers.coGroup(others)
  expect(grouped).toBeInstanceOf(CoGroupedStreams)
  const windows = grouped.where(tens).equalTo(tens).window(all.window).trigger(all.trigger)
  expect(windows).toBeInstanceOf(WindowedCoGroup)
  windows.apply((first, second, key) => [[key, first, second]])
  expect(last(env).operator.kind).toBe('co-group')
  expect(results(env)).toEqual([[0, [1, 2], [3, 4]]])
  windows.evictor(countEvictor(3)).apply((first, second) => [[first, second]])
  expect(results(env)).toEqual([[[2], [3, 4]]])
})

it('leaves every step as it was', () => {
  const { env, numbers, others } = start()
  const windows = numbers.join(others).where(tens).equalTo(tens).window(all.window)
  windows.trigger(countTrigger(1)).evictor(countEvictor(1)).allowedLateness(5)
  windows.apply((one, other) => one + other)
  expect(results(env)).toEqual([])
})

it('has side outputs for the late records of each stream', () => {
  const { env, numbers, others } = start()
  const late = { left: outputTag<number>('late left'), right: outputTag<number>('late right') }
  const windows = numbers.join(others).where(tens).equalTo(tens).window(tumblingEventTimeWindows(10))
  windows
    .sideOutputLeftLateData(late.left)
    .sideOutputRightLateData(late.right)
    .apply((one, other) => one + other)
  const harness = new OperatorHarness(last(env).operator as OperatorFactory, {
    key: tens,
    sideOutputs: Object.values(late),
  })
  for (const input of [0, 1] as const) harness.watermark(9, input)
  harness.element(1, 1)
  harness.element2(2, 2)
  expect([harness.side(late.left).values, harness.side(late.right).values]).toEqual([[1], [2]])
})

it('refuses what is no function, other environments, and parts that do not go together', () => {
  const { numbers, others } = start()
  const elsewhere = start().numbers
  expect(failure(() => numbers.join(elsewhere)).message).toContain('join was given a stream of another environment')
  expect(failure(() => numbers.coGroup(elsewhere)).message).toContain(
    'coGroup was given a stream of another environment',
  )
  const join = numbers.join(others)
  expect(failure(() => join.where('key' as never)).message).toContain('where was given a string')
  expect(failure(() => join.where(tens).equalTo(1 as never)).message).toContain('equalTo was given a number')
  const keyed = join.where(tens).equalTo(tens)
  expect(failure(() => keyed.window({} as never)).code).toBe('ARGUMENT_INVALID')
  const windows = keyed.window(tumblingEventTimeWindows(10))
  expect(failure(() => windows.trigger({} as never)).code).toBe('ARGUMENT_INVALID')
  expect(failure(() => windows.apply({} as never)).message).toContain('apply was given an object')
  expect(failure(() => windows.flatApply({} as never)).message).toContain('flatApply was given an object')
  expect(failure(() => windows.allowedLateness(-1).apply(() => 1)).message).toContain('allowedLateness was given -1')
})
