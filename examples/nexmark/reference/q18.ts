import type { Bid, Event } from '../model.ts'
import { allBids, groupBy } from './all.ts'

export const q18 = (events: readonly Event[]): Bid[] =>
  [...groupBy(allBids(events), ({ bidder, auction }) => `${bidder} for ${auction}`).values()].map((bids) => {
    // The last comes first.
    bids.sort((a, b) => b.dateTime - a.dateTime || b.price - a.price || (a.extra > b.extra ? -1 : 1))
    return bids[0]!
  })
