import type { Event } from '../model.ts'
import type { RankedBid } from '../queries/q19.ts'
import { allBids, groupBy } from './all.ts'

export const q19 = (events: readonly Event[]): RankedBid[] =>
  [...groupBy(allBids(events), ({ auction }) => auction).values()].flatMap((bids) => {
    bids.sort(
      (a, b) => b.price - a.price || a.dateTime - b.dateTime || a.bidder - b.bidder || (a.extra < b.extra ? -1 : 1),
    )
    return bids.slice(0, 10).map((bid, index) => ({ ...bid, rank: index + 1 }))
  })
