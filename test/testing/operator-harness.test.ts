import { expect, it } from 'vitest'
import { keyGroupOf, subtaskOfKeyGroup } from '../../src/core/key-groups.ts'
import type { ProcessContext } from '../../src/operators/keyed-context.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { keyedProcessOperator, processOperator, reduceOperator } from '../../src/operators/process.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { CollectedOutput } from '../../src/testing/collected-output.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from '../operators/chain-harness.ts'

const sum = () => reduceOperator((a: number, b: number) => a + b)

it('feeds records and collects results', () => {
  const harness = new OperatorHarness(sum(), { key: () => 'all' })
  harness.elements([1, 2, 3])
  expect(harness.values).toEqual([1, 3, 6])
})

it('shares nothing between a snapshot and the operator that it was taken of', async () => {
  const factory = keyedProcessOperator({
    state: { seen: valueState<readonly string[]>([]) },
    element(value: string, ctx) {
      ctx.state.seen.update([...ctx.state.seen.value(), value])
      ctx.emit(ctx.state.seen.value())
    },
  })
  const options = { key: () => 'k' }
  const before = new OperatorHarness(factory, options)
  before.element('a')
  const restored = await before.snapshot()
  before.element('b')
  for (let i = 0; i < 2; i++) {
    const after = new OperatorHarness(factory, { ...options, restored })
    after.element('c')
    expect(after.values).toEqual([['a', 'c']])
  }
})

it('fails a snapshot whose state cannot be encoded, naming the state', async () => {
  const factory = keyedProcessOperator({
    state: { socket: valueState<unknown>(undefined) },
    element(_value: string, ctx) {
      ctx.state.socket.update({ send: () => {} })
    },
  })
  const harness = new OperatorHarness(factory, { key: (value: string) => value })
  const snapshot = async () => {
    harness.element('a')
    await harness.snapshot()
  }
  await expect(snapshot()).rejects.toMatchObject({
    code: 'STATE_NOT_SERIALIZABLE',
    message: expect.stringContaining('socket'),
  })
})

it('moves time only when told', () => {
  const now = processOperator({ element: (_v: string, ctx: ProcessContext<number>) => ctx.emit(ctx.now()) })
  const harness = new OperatorHarness(now, { startMs: 1_000 })
  harness.element('a')
  harness.advance(500)
  harness.element('a')
  expect(harness.values).toEqual([1_000, 1_500])
})

it('says what is missing', () => {
  const tag = outputTag<string>('late')
  expect(failure(() => new OperatorHarness(mapOperator(String)).side(tag)).message).toContain('"late"')
  expect(failure(() => new OperatorHarness(sum()).element(1)).message).toContain('expected a `key` function')
})

it('refuses a key that another subtask owns', () => {
  const ownerOf = (key: string) => subtaskOfKeyGroup(keyGroupOf(key, 128), 2, 128)
  const [mine, other] = [0, 1].map((owner) => 'abcdefgh'.split('').find((key) => ownerOf(key) === owner)!)
  const factory = keyedProcessOperator({ element: (value: string, ctx) => ctx.emit(value) })
  const harness = new OperatorHarness(factory, { key: (v: string) => v, parallelism: 2 })
  harness.element(mine)
  expect(harness.values).toEqual([mine])
  expect(failure(() => harness.element(other))).toMatchObject({ code: 'ARGUMENT_INVALID' })
})

it('keeps timestamps apart from records without, and cuts batches to size', () => {
  const harness = new OperatorHarness(
    mapOperator((n: number) => n),
    { batchRecords: 2 },
  )
  harness.feed([{ value: 1 }, { value: 2, timestamp: 5 }, { value: 3, timestamp: 6 }, { value: 4, timestamp: 7 }])
  expect(harness.batchSizes).toEqual([1, 2, 1])
  expect(harness.records.map(({ timestamp }) => timestamp)).toEqual([undefined, 5, 6, 7])
})

it('collects records, watermarks and sizes in order', () => {
  const output = new CollectedOutput()
  output.emit({ type: 'batch', values: ['a', 'b'], timestamps: [1, 2], keys: undefined, keyGroups: undefined })
  output.watermark(3)
  expect(output.records).toEqual([
    { value: 'a', timestamp: 1 },
    { value: 'b', timestamp: 2 },
  ])
  expect([output.watermarks, output.batchSizes]).toEqual([[3], [2]])
})

it('refuses what is no operator, and says what one is', () => {
  const build = (given: unknown) => () => new OperatorHarness(given as OperatorFactory)
  for (const given of [undefined, null, {}, (value: number) => value, { element() {} }]) {
    expect(failure(build(given))).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('expected an operator, such as mapOperator(fn)'),
    })
  }
})

it('restores the snapshot of an operator that had no state yet', async () => {
  const make = () =>
    keyedProcessOperator({
      state: { count: valueState(0) },
      element: (_: string, ctx) => ctx.emit(ctx.state.count.value()),
    })
  const restored = await new OperatorHarness(make(), { key: (word: string) => word }).snapshot()
  const harness = new OperatorHarness(make(), { key: (word: string) => word, restored })
  harness.element('a')
  expect(harness.values).toEqual([0])
})
