import type { Event } from '../model.ts'
import type { BidWithAuction } from '../queries/q20.ts'
import { allAuctions, allBids } from './all.ts'

export function q20(events: readonly Event[]): BidWithAuction[] {
  const auctions = new Map(allAuctions(events).map((auction) => [auction.id, auction]))
  const rows: BidWithAuction[] = []
  for (const { kind: _kind, ...bid } of allBids(events)) {
    const auction = auctions.get(bid.auction)
    if (auction?.category !== 10) continue
    const { kind: _, id: _id, dateTime: auctionDateTime, extra: auctionExtra, ...rest } = auction
    rows.push({ ...bid, ...rest, auctionDateTime, auctionExtra })
  }
  return rows
}
