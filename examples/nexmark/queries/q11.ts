/** q11: how many bids each bidder made before a pause of ten seconds. */
import { type DataStream, eventTimeSessionWindows } from 'tidemark'
import { counting } from '../counting.ts'
import { type Event, isBid } from '../model.ts'

export interface BidderCount {
  readonly bidder: number
  readonly count: number
  readonly start: number
  readonly end: number
}

export const q11 = (events: DataStream<Event>): DataStream<BidderCount> =>
  events
    .filter(isBid)
    .keyBy(({ bidder }) => bidder)
    .window(eventTimeSessionWindows(10_000))
    .aggregate(counting, (count, bidder, { start, end }) => ({ bidder, count, start, end }))
    .uid('sessions')
