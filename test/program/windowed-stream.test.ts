import { expect, it } from 'vitest'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import {
  eventTimeSessionWindows,
  globalWindows,
  tumblingEventTimeWindows,
} from '../../src/operators/windows/assigners.ts'
import { countEvictor } from '../../src/operators/windows/evictors.ts'
import { countTrigger, deltaTrigger } from '../../src/operators/windows/triggers.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import { WindowedStream, windowedBy } from '../../src/program/windowed-stream.ts'
import { failure } from '../operators/chain-harness.ts'
import { source } from './stub-endpoints.ts'

const keyed = () => {
  const env = StreamEnvironment.create()
  return { env, numbers: env.fromSource(source()).keyBy((n) => n % 2) }
}
const sum = {
  createAccumulator: () => 0,
  add: (n: number, total: number) => n + total,
  getResult: (total: number) => total,
}

it('adds nothing to the program before a result is asked for', () => {
  const { env, numbers } = keyed()
  const windows = numbers.window(tumblingEventTimeWindows(10))
  expect(windows).toBeInstanceOf(WindowedStream)
  expect(env.toProgram().transformations).toHaveLength(1)
  expect(windows.aggregate(sum)).toBeInstanceOf(SingleOutputStreamOperator)
  expect(env.toProgram().transformations.at(-1)).toMatchObject({
    name: 'window',
    operator: { kind: 'window', keyed: true },
  })
})

it('leaves a windowed stream as it is when another is made of it', () => {
  const { env, numbers } = keyed()
  const windows = numbers.window(globalWindows())
  windows.trigger(countTrigger(2)).reduce(Math.max)
  windows.reduce(Math.max)
  const declared = env
    .toProgram()
    .transformations.slice(1)
    .map(({ operator }) => (operator as OperatorFactory).states)
  expect(declared.map((states) => Object.keys(states!).includes('trigger:count'))).toEqual([true, false])
})

it('refuses combinations that cannot work when the program is built', () => {
  const { numbers } = keyed()
  const sessions = numbers.window(eventTimeSessionWindows(10))
  const errors = [
    () => sessions.aggregate(sum),
    () => sessions.trigger(deltaTrigger(1, (a: number, b: number) => a - b)).reduce(Math.max),
    () => sessions.allowedLateness(Number.NaN).reduce(Math.max),
  ].map((build) => failure(build).code)
  expect(errors).toEqual(['ARGUMENT_INVALID', 'ARGUMENT_INVALID', 'ARGUMENT_INVALID'])
})

it.each<[string, (windows: WindowedStream<number, number>) => unknown]>([
  ['reduce', (windows) => windows.reduce(undefined as never)],
  ['reduce', (windows) => windows.reduce(Math.max, {} as never)],
  ['aggregate', (windows) => windows.aggregate({} as never)],
  ['process', (windows) => windows.process({} as never)],
  ['apply', (windows) => windows.apply('x' as never)],
  ['trigger', (windows) => windows.trigger({} as never)],
  ['evictor', (windows) => windows.evictor(undefined as never)],
  ['sideOutputLateData', (windows) => windows.sideOutputLateData('late' as never)],
])('says what %s wants when it gets something else', (call, use) => {
  const { numbers } = keyed()
  const error = failure(() => use(numbers.window(tumblingEventTimeWindows(10))))
  expect([error.code, error.message]).toEqual([
    'ARGUMENT_INVALID',
    expect.stringMatching(new RegExp(`^${call} was given`)),
  ])
})

it('says what window wants when it gets something else', () => {
  expect(failure(() => keyed().numbers.window(10 as never)).message).toMatch(/^window was given a number/)
  expect(windowedBy(globalWindows())).toMatchObject({ allowedLatenessMs: 0, trigger: undefined })
  expect(countEvictor(3).description).toBe('count evictor of 3')
})

it('describes itself in plans', () => {
  const { env, numbers } = keyed()
  const windows = numbers.window(tumblingEventTimeWindows(10))
  windows.reduce(Math.max)
  windows
    .trigger(countTrigger(3))
    .evictor(countEvictor(5))
    .allowedLateness(7)
    .apply(() => [])
  windows.aggregate(sum).setDescription('totals')
  expect(
    env
      .toProgram()
      .transformations.slice(1)
      .map(({ description }) => description),
  ).toEqual([
    'tumbling event-time windows of 10 ms, reduce',
    'tumbling event-time windows of 10 ms, count trigger of 3, count evictor of 5, 7 ms of allowed lateness, elements',
    'totals',
  ])
})
