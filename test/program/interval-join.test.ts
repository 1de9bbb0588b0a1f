import { expect, it } from 'vitest'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { IntervalJoin, IntervalJoined } from '../../src/program/interval-join.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from '../operators/chain-harness.ts'
import { source } from './stub-endpoints.ts'

const late = outputTag<number>('late')
const same = (value: number) => value % 10
const numbers = (env: StreamEnvironment) => env.fromSource(source()).keyBy(same)
const pair = {
  element: (left: number, right: number, ctx: { emit(value: string): void }) => ctx.emit(`${left} ${right}`),
}

/** What comes of a left record at 10 and right ones from 5 to 15, then late ones. */
function joinedBy(build: (joined: IntervalJoined<number, number, number>) => IntervalJoined<number, number, number>) {
  const env = StreamEnvironment.create()
  const joined = numbers(env).intervalJoin(numbers(env)).between(-2, 2)
  build(joined).process(pair)
  const operator = env.toProgram().transformations.at(-1)!.operator as OperatorFactory
  const harness = new OperatorHarness(operator, { key: () => 'all', sideOutputs: [late] })
  harness.feed([{ value: 10, timestamp: 10 }])
  harness.feed(
    [8, 9, 10, 11, 12, 13].map((value) => ({ value, timestamp: value })),
    1,
  )
  for (const input of [0, 1] as const) harness.watermark(20, input)
  harness.element(18, 18)
  harness.element2(19, 19)
  return { values: harness.values, late: harness.side(late).values }
}

it('joins by what was said of it', () => {
  expect(joinedBy((joined) => joined)).toEqual({ values: ['10 8', '10 9', '10 10', '10 11', '10 12'], late: [] })
  expect(joinedBy((joined) => joined.lowerBoundExclusive()).values).toEqual(['10 9', '10 10', '10 11', '10 12'])
  expect(joinedBy((joined) => joined.upperBoundExclusive()).values).toEqual(['10 8', '10 9', '10 10', '10 11'])
  expect(joinedBy((joined) => joined.sideOutputLeftLateData(late)).late).toEqual([18])
  expect(joinedBy((joined) => joined.sideOutputRightLateData(late)).late).toEqual([19])
})

it('leaves what it was made of as it was', () => {
  const kept = joinedBy((joined) => {
    joined.lowerBoundExclusive().upperBoundExclusive().sideOutputLeftLateData(late)
    return joined
  })
  expect(kept).toEqual(joinedBy((joined) => joined))
})

it('reads both streams, by key', () => {
  const env = StreamEnvironment.create()
  const join = numbers(env).intervalJoin(numbers(env))
  expect(join).toBeInstanceOf(IntervalJoin)
  expect(join.between(0, 0)).toBeInstanceOf(IntervalJoined)
  join.between(0, 0).process(pair)
  const { inputs, operator } = env.toProgram().transformations.at(-1)!
  expect(operator).toMatchObject({ kind: 'interval-join', stateful: true, keyed: true, inputCount: 2 })
  expect(inputs.map(({ from, input, partitioning: { type } }) => [from, input, type])).toEqual([
    [1, 0, 'hash'],
    [2, 1, 'hash'],
  ])
})

it('refuses to leave out the only distance at which records meet', () => {
  const env = StreamEnvironment.create()
  const join = numbers(env).intervalJoin(numbers(env))
  const same = join.between(5, 5)
  for (const [call, build] of [
    ['lowerBoundExclusive', () => same.lowerBoundExclusive()],
    ['upperBoundExclusive', () => same.upperBoundExclusive()],
  ] as const) {
    const message = `${call} was called behind between(5, 5), so that no records would meet`
    expect(failure(build)).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) })
  }
  expect(() => join.between(5, 6).lowerBoundExclusive().upperBoundExclusive()).not.toThrow()
})

it('refuses bounds that cannot be, another environment and a definition without function', () => {
  const env = StreamEnvironment.create()
  const join = numbers(env).intervalJoin(numbers(env))
  for (const [lower, upper] of [
    [1, 0],
    [Number.NaN, 0],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    expect(failure(() => join.between(lower, upper))).toMatchObject({ code: 'ARGUMENT_INVALID' })
  }
  expect(failure(() => join.between(0, 0).process({} as never))).toMatchObject({ code: 'ARGUMENT_INVALID' })
  const other = numbers(StreamEnvironment.create())
  expect(failure(() => numbers(env).intervalJoin(other)).message).toContain(
    'intervalJoin was given a stream of another',
  )
})
