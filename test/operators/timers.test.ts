import { expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import type { KeyedProcessContext } from '../../src/operators/keyed-context.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { type StateDeclarations, valueState } from '../../src/operators/state-descriptors.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure, keyedBatch, member, testChain } from './chain-harness.ts'

interface Order {
  readonly k: string
  readonly at?: number
  readonly cancel?: number
}
type Context = KeyedProcessContext<string, string, StateDeclarations>

const alarms = () =>
  keyedProcessOperator({
    element({ at, cancel }: Order, ctx: Context) {
      if (at !== undefined) ctx.timers.registerProcessingTime(at)
      if (cancel !== undefined) ctx.timers.deleteProcessingTime(cancel)
    },
    timer(timestamp, ctx: Context) {
      ctx.emit(`${ctx.key}@${timestamp} at ${ctx.now()}`)
    },
  })
const options = { key: (order: Order) => order.k }

it('fires in the order of time, each timer at its own, under its key', () => {
  const harness = new OperatorHarness(alarms(), options)
  harness.elements([
    { k: 'a', at: 30 },
    { k: 'b', at: 10 },
    { k: 'a', at: 20 },
  ])
  harness.advance(9)
  expect(harness.values).toEqual([])
  harness.advance(100)
  expect(harness.values).toEqual(['b@10 at 10', 'a@20 at 20', 'a@30 at 30'])
})

it('keeps one timer per key and time', () => {
  const harness = new OperatorHarness(alarms(), options)
  harness.elements([
    { k: 'a', at: 10 },
    { k: 'a', at: 10 },
    { k: 'b', at: 10 },
  ])
  harness.advance(10)
  expect([...harness.values].sort()).toEqual(['a@10 at 10', 'b@10 at 10'])
})

it('does not fire a deleted timer, nor those of another key instead', () => {
  const harness = new OperatorHarness(alarms(), options)
  harness.elements([
    { k: 'a', at: 10 },
    { k: 'b', at: 10 },
    { k: 'b', at: 20 },
    { k: 'a', cancel: 10 },
    { k: 'b', cancel: 20 },
  ])
  harness.advance(100)
  expect(harness.values).toEqual(['b@10 at 10'])
})

it('fires overdue timers at once after a restore, earliest first', async () => {
  const before = new OperatorHarness(alarms(), options)
  before.elements([
    { k: 'a', at: 500 },
    { k: 'b', at: 100 },
    { k: 'c', at: 2_000 },
  ])
  const restored = await before.snapshot()
  const after = new OperatorHarness(alarms(), { ...options, restored, startMs: 1_000 })
  expect(after.values).toEqual(['b@100 at 1000', 'a@500 at 1000'])
  after.advance(1_000)
  expect(after.values).toEqual(['b@100 at 1000', 'a@500 at 1000', 'c@2000 at 2000'])
})

it('never fires in the middle of an element, not even for a time that has passed', () => {
  const calls: string[] = []
  const factory = keyedProcessOperator({
    element(value: string, ctx: Context) {
      calls.push(`${value} begins`)
      ctx.timers.registerProcessingTime(ctx.now() - 5)
      calls.push(`${value} ends`)
    },
    timer: (timestamp) => void calls.push(`timer ${timestamp}`),
  })
  const harness = new OperatorHarness(factory, { key: (value: string) => value, startMs: 50 })
  harness.elements(['a', 'b'])
  expect(calls).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  harness.advance(0)
  expect(calls.slice(4)).toEqual(['timer 45', 'timer 45'])
})

it('has state in a timer, and no timestamp', () => {
  const factory = keyedProcessOperator({
    state: { count: valueState(0) },
    element(_value: string, ctx) {
      ctx.state.count.update(ctx.state.count.value() + 1)
      ctx.timers.registerProcessingTime(10)
    },
    timer(_timestamp, ctx) {
      ctx.emit(`${ctx.key as string}=${ctx.state.count.value()} ${ctx.timestamp}`)
    },
  })
  const harness = new OperatorHarness(factory, { key: (value: string) => value })
  harness.feed(['a', 'a'].map((value) => ({ value, timestamp: 77 })))
  harness.advance(10)
  expect(harness.records).toEqual([{ value: 'a=2 undefined', timestamp: undefined }])
})

it('lets a timer register the next one', () => {
  const factory = keyedProcessOperator({
    element: (_value: string, ctx: Context) => ctx.timers.registerProcessingTime(10),
    timer(timestamp, ctx: Context) {
      ctx.emit(`${timestamp}`)
      ctx.timers.registerProcessingTime(timestamp + 10)
    },
  })
  const harness = new OperatorHarness(factory, { key: (value: string) => value })
  harness.element('a')
  harness.advance(35)
  expect(harness.values).toEqual(['10', '20', '30'])
})

it('gives the subtask a pause when a timer keeps registering itself in the past', () => {
  const factory = keyedProcessOperator({
    element: (_value: string, ctx: Context) => ctx.timers.registerProcessingTime(10),
    timer(_timestamp, ctx: Context) {
      ctx.emit('fired')
      ctx.timers.registerProcessingTime(10)
    },
  })
  const state = heapStateBackend.create({
    range: { start: 0, end: 127 },
    maxParallelism: 128,
    freeze: true,
    operatorName: 'loop',
  })
  const { chain, tail, asked } = testChain([member('loop', factory, { state })])
  chain.open([])
  chain.batch(0, keyedBatch(['a']))
  chain.processingTime(20)
  expect(tail(0).values).toEqual(['fired'])
  expect(asked).toEqual([10, 10])
})

it('refuses a timer without a callback, and a time that is none', () => {
  const none = keyedProcessOperator({ element: (_v: string, ctx: Context) => ctx.timers.registerProcessingTime(1) })
  const error = failure(() => new OperatorHarness(none, { key: (v: string) => v, name: 'mute' }).element('a'))
  expect(error.code).toBe('STATE_ACCESS_INVALID')
  expect(error.message).toContain('"mute" used a timer but has no timer callback')
  expect(failure(() => new OperatorHarness(alarms(), options).element({ k: 'a', at: Number.NaN }))).toMatchObject({
    code: 'ARGUMENT_INVALID',
  })
})
