import { expect, it } from 'vitest'
import type { KeyedProcessContext, ProcessContext } from '../../src/operators/keyed-context.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import {
  coFlatMapOperator,
  coMapOperator,
  coProcessOperator,
  keyedCoProcessOperator,
} from '../../src/operators/two-input.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from './chain-harness.ts'

const state = { total: valueState(0) }
type Context = KeyedProcessContext<string, string, typeof state>

const payments = () =>
  keyedCoProcessOperator({
    state,
    element1(order: { id: string; total: number }, ctx: Context) {
      ctx.state.total.update(order.total)
      ctx.timers.registerProcessingTime(ctx.now() + 100)
    },
    element2(payment: { order: string; sum: number }, ctx: Context) {
      ctx.emit(`${ctx.key} ${payment.sum >= ctx.state.total.value() ? 'paid' : 'open'}`)
    },
    timer(timestamp, ctx: Context) {
      ctx.emit(`${ctx.key} late at ${timestamp}`)
    },
    endOfData: (ctx: Context) => ctx.emit('end'),
  })
const options = { key: (order: { id: string }) => order.id, key2: (payment: { order: string }) => payment.order }

it('shares the state of a key between both inputs, and has timers', async () => {
  const before = new OperatorHarness(payments(), options)
  before.element({ id: 'o1', total: 10 })
  before.element({ id: 'o2', total: 20 })
  const restored = await before.snapshot()
  const after = new OperatorHarness(payments(), { ...options, restored })
  after.element2({ order: 'o1', sum: 10 })
  after.element2({ order: 'o2', sum: 10 })
  after.advance(100)
  void after.endOfData()
  expect(after.values).toEqual(['o1 paid', 'o2 open', 'o1 late at 100', 'o2 late at 100', 'end'])
})

it('calls the function of the input that a record came from', () => {
  const factory = coProcessOperator({
    open: (ctx: ProcessContext<string>) => ctx.emit('open'),
    element1: (value: string, ctx: ProcessContext<string>) => ctx.emit(`1 ${value}`),
    element2: (value: string, ctx: ProcessContext<string>) => ctx.emit(`2 ${value}`),
  })
  const harness = new OperatorHarness(factory)
  harness.element('a')
  harness.element2('b')
  expect(harness.values).toEqual(['open', '1 a', '2 b'])
  expect(factory).toMatchObject({ inputCount: 2, stateful: false, keyed: false })
})

it('forwards the lower of the two watermarks, when it rises', () => {
  const harness = new OperatorHarness(coMapOperator(String, String))
  harness.watermark(5, 0)
  expect(harness.watermarks).toEqual([])
  harness.watermark(3, 1)
  harness.watermark(4, 1)
  harness.watermark(6, 0)
  harness.watermark(9, 1)
  expect(harness.watermarks).toEqual([3, 4, 6])
})

it('maps and flat-maps both inputs', () => {
  const map = new OperatorHarness(
    coMapOperator(
      (n: number) => n * 2,
      (s: string) => s.length,
    ),
  )
  map.element(4)
  map.element2('abc')
  expect(map.values).toEqual([8, 3])
  const flat = new OperatorHarness(
    coFlatMapOperator(
      (n: number) => [`${n}`, `${n}`],
      (s: string) => new Set(s),
    ),
    { batchRecords: 2 },
  )
  flat.element(4)
  flat.element2('aab')
  expect(flat.values).toEqual(['4', '4', 'a', 'b'])
})

it('refuses state on inputs that are not keyed', () => {
  const definition = { state, element1() {}, element2() {} }
  expect(failure(() => coProcessOperator(definition)).message).toContain('A co-process function declares "state"')
})

it('fires event-time timers by the lower watermark of both inputs, under the key that they share', async () => {
  const alarms = () =>
    keyedCoProcessOperator({
      state,
      element1({ total }: { id: string; total: number }, ctx: Context) {
        ctx.state.total.update(total)
        ctx.timers.registerEventTime(ctx.timestamp! + 10)
      },
      element2(_payment: { order: string; sum: number }, ctx: Context) {
        ctx.timers.deleteEventTime(ctx.timestamp! + 10)
      },
      timer: (timestamp, ctx: Context) =>
        ctx.emit(`${ctx.key} ${ctx.state.total.value()} ${ctx.timeDomain} ${timestamp} at ${ctx.currentWatermark}`),
    })
  const before = new OperatorHarness(alarms(), options)
  before.element({ id: 'o1', total: 1 }, 5)
  before.element({ id: 'o2', total: 2 }, 6)
  before.element({ id: 'o3', total: 3 }, 7)
  before.element2({ order: 'o2', sum: 0 }, 6)
  before.watermark(100, 0)
  before.watermark(15, 1)
  expect(before.values).toEqual(['o1 1 event-time 15 at 15'])
  const after = new OperatorHarness(alarms(), { ...options, restored: await before.snapshot() })
  after.watermark(100, 0)
  expect(after.values).toEqual([])
  after.watermark(16, 1)
  expect([after.values, after.watermarks]).toEqual([[], [16]])
  after.watermarkStatus('idle', 1)
  expect([after.records, after.watermarks]).toEqual([
    [{ value: 'o3 3 event-time 17 at 100', timestamp: 17 }],
    [16, 100],
  ])
})
