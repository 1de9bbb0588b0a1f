/** q5: every two seconds, the auctions with the most bids of the last ten. */
import { type AggregateFunction, type DataStream, slidingEventTimeWindows, tumblingEventTimeWindows } from 'tidemark'
import { counting } from '../counting.ts'
import { type Event, isBid } from '../model.ts'

export interface AuctionCount {
  readonly auction: number
  readonly count: number
  /** Of the ten seconds. */
  readonly end: number
}

/** Those with the highest count. */
const most: AggregateFunction<AuctionCount, readonly AuctionCount[], readonly AuctionCount[]> = {
  createAccumulator: () => [],
  add(next, best) {
    const highest = best[0]?.count ?? 0
    if (next.count < highest) return best
    return next.count > highest ? [next] : [...best, next]
  },
  getResult: (best) => best,
}

export const q5 = (events: DataStream<Event>): DataStream<AuctionCount> =>
  events
    .filter(isBid)
    .keyBy(({ auction }) => auction)
    .window(slidingEventTimeWindows(10_000, 2_000))
    .aggregate(counting, (count, auction, { end }) => ({ auction, count, end }))
    .uid('counts')
    // Results of one window have one timestamp, just before its end, so they meet in one short window.
    .keyBy(({ end }) => end)
    .window(tumblingEventTimeWindows(2_000))
    .aggregate(most)
    .uid('most')
    .flatMap((rows) => [...rows])
