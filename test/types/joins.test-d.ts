import { describe, expectTypeOf, it } from 'vitest'
import type { MapState, ValueState } from '../../src/backends/state-backend.ts'
import type { ReadOnlyBroadcastState } from '../../src/operators/broadcast-process.ts'
import type { Source } from '../../src/operators/endpoints.ts'
import { broadcastState, operatorListState } from '../../src/operators/operator-state-declarations.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { mapState, valueState } from '../../src/operators/state-descriptors.ts'
import { eventTimeSessionWindows, tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { countEvictor } from '../../src/operators/windows/evictors.ts'
import { countTrigger, deltaTrigger } from '../../src/operators/windows/triggers.ts'
import type { Window } from '../../src/operators/windows/window.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

interface Order {
  readonly id: string
  readonly cents: number
}
interface Payment {
  readonly orderId: string
  readonly paid: number
}
declare const orderSource: Source<Order>
declare const paymentSource: Source<Payment>
declare const env: StreamEnvironment
const orders = env.fromSource(orderSource)
const payments = env.fromSource(paymentSource)

describe('an interval join', () => {
  const keyed = orders.keyBy((order) => order.id).intervalJoin(payments.keyBy((payment) => payment.orderId))

  it('knows both records, the key, and what it emits', () => {
    const joined = keyed.between(0, 1_000).process({
      output: {} as { id: string; open: number },
      element(order, payment, ctx) {
        expectTypeOf(order).toEqualTypeOf<Order>()
        expectTypeOf(payment).toEqualTypeOf<Payment>()
        expectTypeOf(ctx.key).toEqualTypeOf<string>()
        expectTypeOf(ctx.timestamp).toEqualTypeOf<number>()
        ctx.emit({ id: order.id, open: order.cents - payment.paid })
        // @ts-expect-error not what the output says
        ctx.emit(order.id)
        // @ts-expect-error an interval join has no state of its own
        void ctx.state
      },
    })
    expectTypeOf(joined).toEqualTypeOf<SingleOutputStreamOperator<{ id: string; open: number }>>()
  })

  it('takes keys of one type only, and tags of what can be late', () => {
    keyed
      .between(0, 1)
      .sideOutputLeftLateData(outputTag<Order>('late'))
      .sideOutputRightLateData(outputTag<Payment>('late'))
    // @ts-expect-error the left records are orders
    keyed.between(0, 1).sideOutputLeftLateData(outputTag<Payment>('late'))
    // @ts-expect-error the keys are of different types
    orders.keyBy((order) => order.id).intervalJoin(payments.keyBy((payment) => payment.paid))
    // @ts-expect-error `between` first
    void keyed.process
  })
})

describe('a window join', () => {
  const joined = orders
    .join(payments)
    .where((order) => order.id)
    .equalTo((payment) => payment.orderId)
    .window(tumblingEventTimeWindows(1_000))

  it('is inferred from end to end', () => {
    const pairs = joined.apply((order, payment, key, window) => {
      expectTypeOf(order).toEqualTypeOf<Order>()
      expectTypeOf(payment).toEqualTypeOf<Payment>()
      expectTypeOf(key).toEqualTypeOf<string>()
      expectTypeOf(window).toEqualTypeOf<Window>()
      return order.cents - payment.paid
    })
    expectTypeOf(pairs).toEqualTypeOf<SingleOutputStreamOperator<number>>()
    expectTypeOf(joined.flatApply((order) => [order.id])).toEqualTypeOf<SingleOutputStreamOperator<string>>()
    const grouped = orders
      .coGroup(payments)
      .where((order) => order.id)
      .equalTo((payment) => payment.orderId)
      .window(tumblingEventTimeWindows(1_000))
      .apply((some, others) => {
        expectTypeOf(some).toEqualTypeOf<readonly Order[]>()
        expectTypeOf(others).toEqualTypeOf<readonly Payment[]>()
        return others
      })
    expectTypeOf(grouped).toEqualTypeOf<SingleOutputStreamOperator<Payment>>()
  })

  it('has windows, triggers and evictors of either record', () => {
    const sizeOf = (record: Order | Payment) => ('cents' in record ? record.cents : record.paid)
    orders
      .join(payments)
      .where((order) => order.id)
      .equalTo((payment) => payment.orderId)
      .window(eventTimeSessionWindows((record: Order | Payment) => sizeOf(record)))
      .trigger(countTrigger(2))
      .evictor(countEvictor(2))
      .allowedLateness(5)
      .apply((order) => order)
    joined.trigger(deltaTrigger(1, (one: Order | Payment, other) => sizeOf(one) - sizeOf(other)))
    joined.sideOutputLeftLateData(outputTag<Order>('late')).sideOutputRightLateData(outputTag<Payment>('late'))
    // @ts-expect-error the records of the second stream are payments
    joined.sideOutputRightLateData(outputTag<Order>('late'))
    const where = orders.join(payments).where((order) => order.id)
    // @ts-expect-error the keys are of different types
    where.equalTo((payment) => payment.paid)
  })
})

describe('broadcast state', () => {
  const rules = { limits: broadcastState<string, number>() }

  it('is read on one side and written on the other', () => {
    const result = orders
      .keyBy((order) => order.id)
      .connect(payments.broadcast(rules))
      .process({
        output: '' as string,
        state: { sum: valueState(0), seen: mapState<string, Order>() },
        element(order, ctx) {
          expectTypeOf(order).toEqualTypeOf<Order>()
          expectTypeOf(ctx.key).toEqualTypeOf<string>()
          expectTypeOf(ctx.state.sum).toEqualTypeOf<ValueState<number>>()
          expectTypeOf(ctx.broadcastState.limits).toEqualTypeOf<ReadOnlyBroadcastState<string, number>>()
          ctx.timers.registerEventTime(1)
          // @ts-expect-error this side may only read
          void ctx.broadcastState.limits.put
          // @ts-expect-error it is not called for every subtask
          void ctx.applyToKeyedState
        },
        broadcastElement(payment, ctx) {
          expectTypeOf(payment).toEqualTypeOf<Payment>()
          expectTypeOf(ctx.broadcastState.limits).toEqualTypeOf<MapState<string, number>>()
          ctx.applyToKeyedState('seen', (key, seen) => {
            expectTypeOf(key).toEqualTypeOf<string>()
            expectTypeOf(seen).toEqualTypeOf<MapState<string, Order>>()
          })
          // @ts-expect-error no such state
          ctx.applyToKeyedState('none', () => {})
          // @ts-expect-error there is no key
          void ctx.state
          // @ts-expect-error there is no key
          void ctx.timers
        },
        timer: (_timestamp, ctx) => ctx.emit(`${ctx.key} ${ctx.broadcastState.limits.get('all')}`),
      })
    expectTypeOf(result).toEqualTypeOf<SingleOutputStreamOperator<string>>()
  })

  it('needs no keys, and has neither state nor timers without', () => {
    const connected = orders.connect(payments.broadcast(rules))
    const result = connected.process({
      output: {} as Order,
      element: (order, ctx) => order.cents <= (ctx.broadcastState.limits.get('all') ?? 0) && ctx.emit(order),
      broadcastElement: (payment, ctx) => ctx.broadcastState.limits.put('all', payment.paid),
    })
    expectTypeOf(result).toEqualTypeOf<SingleOutputStreamOperator<Order>>()
    connected.process({
      // @ts-expect-error no keyed state without keys
      element: (_order, ctx) => ctx.state,
      broadcastElement() {},
    })
  })

  it('is a map for all subtasks', () => {
    // @ts-expect-error a list is not the same everywhere
    orders.broadcast({ list: operatorListState<string>() })
    // @ts-expect-error a broadcast stream with state is only good for connecting
    void orders.broadcast(rules).map
  })
})
