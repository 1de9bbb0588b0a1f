import { describe, expectTypeOf, it } from 'vitest'
import type { MapState, ValueState } from '../../src/backends/state-backend.ts'
import type { Source } from '../../src/operators/endpoints.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { mapState, valueState } from '../../src/operators/state-descriptors.ts'
import {
  eventTimeSessionWindows,
  globalWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../src/operators/windows/assigners.ts'
import { countEvictor, deltaEvictor } from '../../src/operators/windows/evictors.ts'
import { countTrigger, deltaTrigger, purgingTrigger } from '../../src/operators/windows/triggers.ts'
import type { Window } from '../../src/operators/windows/window.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import type { WindowedStream } from '../../src/program/windowed-stream.ts'

interface Bid {
  readonly auction: string
  readonly price: number
  readonly gap: number
}

declare const env: StreamEnvironment
declare const bids: Source<Bid>
const keyed = () => env.fromSource(bids).keyBy((bid) => bid.auction)

describe('a windowed stream', () => {
  it('is of the records and the key', () => {
    const windows = keyed().window(tumblingEventTimeWindows(10))
    expectTypeOf(windows).toEqualTypeOf<WindowedStream<Bid, string>>()
    expectTypeOf(keyed().window(eventTimeSessionWindows((bid) => bid.gap))).toEqualTypeOf<WindowedStream<Bid, string>>()
    expectTypeOf(
      windows
        .trigger(purgingTrigger(countTrigger(3)))
        .evictor(countEvictor(3))
        .allowedLateness(5)
        .sideOutputLateData(outputTag<Bid>('late')),
    ).toEqualTypeOf<WindowedStream<Bid, string>>()
    // @ts-expect-error records are no strings
    windows.sideOutputLateData(outputTag<string>('late'))
  })

  it('takes the accumulator for what the functions of the aggregate make, also where an old one is migrated', () => {
    const windows = keyed().window(tumblingEventTimeWindows(10))
    const sum = {
      version: 1,
      createAccumulator: () => ({ price: 0 }),
      add: (bid: Bid, { price }: { price: number }) => ({ price: price + bid.price }),
      getResult: ({ price }: { price: number }) => price,
    }
    expectTypeOf(windows.aggregate({ ...sum, migrate: (old) => ({ price: old as number }) })).toEqualTypeOf<
      SingleOutputStreamOperator<number>
    >()
    // @ts-expect-error an accumulator is no string
    windows.aggregate({ ...sum, migrate: () => 'none' })
  })

  it('knows its records in triggers and evictors', () => {
    const windows = keyed().window(globalWindows())
    windows.trigger(deltaTrigger(5, (last, bid) => bid.price - last.price))
    windows.evictor(deltaEvictor(5, (bid, last) => bid.price - last.price))
    windows.trigger({
      description: 'by price',
      state: { most: valueState(0) },
      onElement(bid, timestamp, window, ctx) {
        expectTypeOf(bid).toEqualTypeOf<Bid>()
        expectTypeOf(timestamp).toEqualTypeOf<number>()
        expectTypeOf(window).toEqualTypeOf<Window>()
        expectTypeOf(ctx.state.most).toEqualTypeOf<ValueState<number>>()
        return 'continue'
      },
      onEventTime: () => 'fire',
      onProcessingTime: () => 'continue',
      clear: () => {},
    })
    // @ts-expect-error records are no strings
    windows.trigger(deltaTrigger(5, (a: string, b: string) => a.length - b.length))
    // @ts-expect-error a trigger says what becomes of the window
    windows.trigger({ ...countTrigger(3), onElement: () => 'stop' })
  })

  it('infers results', () => {
    const windows = keyed().window(slidingEventTimeWindows(10, 5))
    const count = { createAccumulator: () => 0, add: (_bid: Bid, n: number) => n + 1, getResult: (n: number) => `${n}` }
    expectTypeOf(windows.reduce((a, b) => (a.price > b.price ? a : b))).toEqualTypeOf<SingleOutputStreamOperator<Bid>>()
    expectTypeOf(windows.aggregate(count)).toEqualTypeOf<SingleOutputStreamOperator<string>>()
    expectTypeOf(
      windows.aggregate(count, (n, auction, { end }) => {
        expectTypeOf(n).toEqualTypeOf<string>()
        return { auction, end }
      }),
    ).toEqualTypeOf<SingleOutputStreamOperator<{ auction: string; end: number }>>()
    expectTypeOf(
      windows.aggregate({ createAccumulator: () => 0, add: (bid, n) => n + bid.price, getResult: (n) => n }),
    ).toEqualTypeOf<SingleOutputStreamOperator<number>>()
    expectTypeOf(
      windows.reduce(
        (a) => a,
        (bid, key, window) => [bid.price, key, window.end] as const,
      ),
    ).toEqualTypeOf<SingleOutputStreamOperator<readonly [number, string, number]>>()
    expectTypeOf(windows.apply((all, key) => all.map(({ price }) => `${key} ${price}`))).toEqualTypeOf<
      SingleOutputStreamOperator<string>
    >()
    // @ts-expect-error the records have no length
    windows.reduce((a, b) => (a.length > b.length ? a : b))
  })

  it('knows the state of its function', () => {
    const windows = keyed().window(tumblingEventTimeWindows(10))
    const results = windows.process({
      output: {} as { price: number },
      windowState: { fired: valueState(0) },
      state: { byAuction: mapState<string, number>() },
      process(all, ctx) {
        expectTypeOf(all).toEqualTypeOf<readonly Bid[]>()
        expectTypeOf(ctx.key).toEqualTypeOf<string>()
        expectTypeOf(ctx.windowState.fired).toEqualTypeOf<ValueState<number>>()
        expectTypeOf(ctx.state.byAuction).toEqualTypeOf<MapState<string, number>>()
        expectTypeOf(ctx.emit).parameter(0).toEqualTypeOf<{ price: number }>()
        // @ts-expect-error is not declared
        ctx.state.other
      },
      clear: ({ windowState }) => windowState.fired.clear(),
    })
    expectTypeOf(results).toEqualTypeOf<SingleOutputStreamOperator<{ price: number }>>()
    const summed = windows.aggregate(
      { createAccumulator: () => 0, add: (bid, n) => n + bid.price, getResult: (n) => n },
      {
        output: '' as string,
        state: { last: valueState(0) },
        process(n, ctx) {
          expectTypeOf(n).toEqualTypeOf<number>()
          expectTypeOf(ctx.state.last).toEqualTypeOf<ValueState<number>>()
          ctx.emit(`${n}`)
        },
      },
    )
    expectTypeOf(summed).toEqualTypeOf<SingleOutputStreamOperator<string>>()
  })
})
