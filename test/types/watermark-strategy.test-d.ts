import { describe, expectTypeOf, it } from 'vitest'
import type { Source } from '../../src/operators/endpoints.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

interface Order {
  readonly id: string
  readonly time: number
}

declare const orders: Source<Order>
declare const env: StreamEnvironment

describe('watermark strategies', () => {
  it('know the records that they are told of', () => {
    const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Order>(5).withTimestampAssigner((order, before) => {
      expectTypeOf(order).toEqualTypeOf<Order>()
      expectTypeOf(before).toEqualTypeOf<number | undefined>()
      return order.time
    })
    expectTypeOf(strategy).toEqualTypeOf<WatermarkStrategy<Order>>()
    expectTypeOf(strategy.withIdleness(1)).toEqualTypeOf<WatermarkStrategy<Order>>()
    const stamped = env.fromSource(orders).assignTimestampsAndWatermarks(strategy)
    expectTypeOf(stamped).toEqualTypeOf<SingleOutputStreamOperator<Order>>()
  })

  it('learn them from the assigner, or need not know them', () => {
    const learned = WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner((order: Order) => order.time)
    expectTypeOf(learned).toEqualTypeOf<WatermarkStrategy<Order>>()
    env.fromSource(orders).assignTimestampsAndWatermarks(learned)
    env.fromSource(orders).assignTimestampsAndWatermarks(WatermarkStrategy.noWatermarks())
  })

  it('are given to a source, whose records they have', () => {
    const stamped = env.fromSource(orders, WatermarkStrategy.forMonotonousTimestamps())
    expectTypeOf(stamped).toEqualTypeOf<SingleOutputStreamOperator<Order>>()
    env.fromSource(
      orders,
      WatermarkStrategy.noWatermarks<Order>().withTimestampAssigner((order) => order.time),
    )
    // @ts-expect-error The source has orders.
    env.fromSource(orders, WatermarkStrategy.noWatermarks<number>())
  })

  it('are refused on streams of other records', () => {
    const numbers = WatermarkStrategy.noWatermarks<number>().withTimestampAssigner((value) => value)
    // @ts-expect-error The stream has orders.
    env.fromSource(orders).assignTimestampsAndWatermarks(numbers)
  })

  it('give generators their records', () => {
    WatermarkStrategy.forGenerator<Order>(() => ({
      onEvent(order, timestamp, output) {
        expectTypeOf(order).toEqualTypeOf<Order>()
        expectTypeOf(timestamp).toEqualTypeOf<number>()
        output.emitWatermark(timestamp)
      },
    }))
  })
})
