/** q18: the last bid of each bidder for each auction. */
import { type DataStream, valueState } from 'tidemark'
import { replaceRow } from '../changes.ts'
import { type Bid, type Event, isBid } from '../model.ts'
import { pairKey } from '../pair-key.ts'
import type { Change } from '../query.ts'

export const q18 = (events: DataStream<Event>): DataStream<Change<Bid>> =>
  events
    .filter(isBid)
    .keyBy(({ bidder, auction }) => pairKey(bidder, auction))
    .process({
      output: {} as Change<Bid>,
      state: { last: valueState<Bid | undefined>(undefined) },
      element(bid, ctx) {
        const last = ctx.state.last.value()
        if (last !== undefined && !isLater(bid, last)) return
        ctx.state.last.update(bid)
        replaceRow(ctx, last, bid)
      },
    })
    .uid('last-bids')

/**
 * A bidder may bid twice in a millisecond; then the higher price is the later one, which the original leaves open, so that the
 * result does not depend on which bid came first.
 */
function isLater(bid: Bid, other: Bid): boolean {
  if (bid.dateTime !== other.dateTime) return bid.dateTime > other.dateTime
  if (bid.price !== other.price) return bid.price > other.price
  return bid.extra > other.extra
}
