/** q12: how many bids each bidder makes in ten seconds of the clock. */
import { type DataStream, processingTimeTrigger, type Trigger, tumblingProcessingTimeWindows } from 'tidemark'
import { counting } from '../counting.ts'
import { type Event, isBid } from '../model.ts'
import type { BidderCount } from './q11.ts'

const byClock = processingTimeTrigger()

/** The last windows would never come to their end by the clock: they fire when the input ends, which is the end of event time. */
const byClockOrAtTheEnd: Trigger<unknown> = {
  ...byClock,
  onElement(value, timestamp, window, ctx) {
    ctx.registerEventTime(Number.MAX_SAFE_INTEGER)
    return byClock.onElement(value, timestamp, window, ctx)
  },
  onEventTime: () => 'fire-and-purge',
  clear(window, ctx) {
    ctx.deleteEventTime(Number.MAX_SAFE_INTEGER)
    byClock.clear(window, ctx)
  },
}

export const q12 = (events: DataStream<Event>): DataStream<BidderCount> =>
  events
    .filter(isBid)
    .keyBy(({ bidder }) => bidder)
    .window(tumblingProcessingTimeWindows(10_000))
    .trigger(byClockOrAtTheEnd)
    .aggregate(counting, (count, bidder, { start, end }) => ({ bidder, count, start, end }))
    .uid('counts')
