import type { Event } from '../model.ts'
import type { WinningBid } from '../queries/q9.ts'
import { allAuctions, allBids, groupBy } from './all.ts'

export function q9(events: readonly Event[]): WinningBid[] {
  const bidsOf = groupBy(allBids(events), ({ auction }) => auction)
  return allAuctions(events).flatMap(({ kind: _kind, ...auction }) => {
    const inTime = (bidsOf.get(auction.id) ?? []).filter(
      ({ dateTime }) => auction.dateTime <= dateTime && dateTime <= auction.expires,
    )
    // The best comes first.
    inTime.sort(
      (a, b) => b.price - a.price || a.dateTime - b.dateTime || a.bidder - b.bidder || (a.extra < b.extra ? -1 : 1),
    )
    return inTime.slice(0, 1).map((bid) => ({
      ...auction,
      auction: bid.auction,
      bidder: bid.bidder,
      price: bid.price,
      bidDateTime: bid.dateTime,
      bidExtra: bid.extra,
    }))
  })
}
