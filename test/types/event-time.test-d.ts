/** Programs in event time, written as somebody does who imports the package and says no type twice. */
import { describe, expectTypeOf, it } from 'vitest'
import {
  broadcastState,
  countTrigger,
  eventTimeSessionWindows,
  outputTag,
  purgingTrigger,
  type SingleOutputStreamOperator,
  type Source,
  type StreamEnvironment,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  valueState,
  WatermarkStrategy,
  type Window,
} from '../../src/index.ts'

interface Bid {
  readonly auction: number
  readonly price: number
  readonly at: number
}
interface Rule {
  readonly auction: number
  readonly least: number
}

declare const env: StreamEnvironment
declare const bidSource: Source<Bid>
declare const ruleSource: Source<Rule>

const inTime = WatermarkStrategy.forBoundedOutOfOrderness<Bid>(1_000).withTimestampAssigner((bid) => bid.at)
const bids = env.fromSource(bidSource, inTime)
const rules = env.fromSource(ruleSource)
const byAuction = bids.keyBy((bid) => bid.auction)

describe('event-time timers', () => {
  it('say which kind of time has called', () => {
    byAuction.process({
      output: '' as string,
      state: { seen: valueState(0) },
      element(bid, ctx) {
        expectTypeOf(ctx.currentWatermark).toEqualTypeOf<number>()
        ctx.timers.registerEventTime(bid.at + 1_000)
        ctx.timers.deleteEventTime(bid.at)
        // @ts-expect-error a time is a number of milliseconds
        ctx.timers.registerEventTime('soon')
      },
      timer(at, ctx) {
        expectTypeOf(at).toEqualTypeOf<number>()
        expectTypeOf(ctx.timeDomain).toEqualTypeOf<'event-time' | 'processing-time' | undefined>()
        expectTypeOf(ctx.key).toEqualTypeOf<number>()
      },
    })
    // @ts-expect-error timers need a key
    bids.process({ element: (bid, ctx) => ctx.timers.registerEventTime(bid.at) })
  })
})

describe('a chain of windows', () => {
  it('has its types inferred from the source to the end', () => {
    const late = outputTag<Bid>('late')
    const highest = byAuction
      .window(tumblingEventTimeWindows(10_000, { offsetMs: -1_000 }))
      .allowedLateness(1_000)
      .sideOutputLateData(late)
      .aggregate(
        {
          createAccumulator: () => 0,
          add: (bid, most) => Math.max(most, bid.price),
          getResult: (most) => ({ most }),
          merge: Math.max,
        },
        (result, auction, window) => {
          expectTypeOf(result).toEqualTypeOf<{ most: number }>()
          expectTypeOf(auction).toEqualTypeOf<number>()
          expectTypeOf(window).toEqualTypeOf<Window>()
          return { auction, most: result.most, end: window.end }
        },
      )
    expectTypeOf(highest).toEqualTypeOf<SingleOutputStreamOperator<{ auction: number; most: number; end: number }>>()
    highest.getSideOutput(late).map((bid) => bid.price)
    const all = highest.windowAll(slidingEventTimeWindows(20_000, 10_000)).reduce((a, b) => (a.most > b.most ? a : b))
    expectTypeOf(all).toEqualTypeOf(highest)
    const counts = byAuction
      .window(eventTimeSessionWindows((bid: Bid) => bid.price))
      .trigger(purgingTrigger(countTrigger(2)))
      .apply((found, auction, { start }) => [`${auction} ${start} ${found.length}`])
    expectTypeOf(counts).toEqualTypeOf<SingleOutputStreamOperator<string>>()
  })

  it('refuses what is of other records', () => {
    // @ts-expect-error a bid has no such field
    byAuction.window(eventTimeSessionWindows((bid: Bid) => bid.gap))
    // @ts-expect-error late records are bids
    byAuction.window(tumblingEventTimeWindows(1)).sideOutputLateData(outputTag<string>('late'))
    // @ts-expect-error a reduce gives what it is given
    byAuction.window(tumblingEventTimeWindows(1)).reduce((a, b) => a.price + b.price)
  })
})

describe('broadcast state', () => {
  const perAuction = rules.broadcast({ least: broadcastState<number, number>() })

  it('may be written by the side that is broadcast, and read by the other', () => {
    const allowed = byAuction.connect(perAuction).process({
      output: {} as Bid,
      state: { seen: valueState(0) },
      element(bid, ctx) {
        expectTypeOf(bid).toEqualTypeOf<Bid>()
        expectTypeOf(ctx.broadcastState.least.get(bid.auction)).toEqualTypeOf<number | undefined>()
        // @ts-expect-error this side only reads
        ctx.broadcastState.least.put(bid.auction, 1)
        ctx.timers.registerEventTime(bid.at)
        ctx.emit(bid)
      },
      broadcastElement(rule, ctx) {
        expectTypeOf(rule).toEqualTypeOf<Rule>()
        ctx.broadcastState.least.put(rule.auction, rule.least)
        ctx.applyToKeyedState('seen', (key, seen) => {
          expectTypeOf(key).toEqualTypeOf<number>()
          seen.update(0)
        })
        // @ts-expect-error there is no such state
        ctx.applyToKeyedState('other', () => {})
        // @ts-expect-error no key, no timer
        ctx.timers.registerEventTime(1)
      },
    })
    expectTypeOf(allowed).toEqualTypeOf<SingleOutputStreamOperator<Bid>>()
  })

  it('is no stream', () => {
    // @ts-expect-error only to be connected to
    perAuction.map((rule: Rule) => rule)
  })
})

describe('partitioners', () => {
  it('keep the type of the records, and give the key to who chooses', () => {
    const chosen = bids.partitionCustom(
      (bid) => `${bid.auction}`,
      (key, partitions) => {
        expectTypeOf(key).toEqualTypeOf<string>()
        expectTypeOf(partitions).toEqualTypeOf<number>()
        return 0
      },
    )
    expectTypeOf(chosen.rescale().shuffle().global().forward()).toEqualTypeOf(bids.rebalance())
    bids.partitionCustom(
      (bid) => bid.auction,
      // @ts-expect-error the number of a subtask
      () => 'first',
    )
  })
})
