/** q20: bids with all about their auction, for auctions in category 10. */
import type { DataStream } from 'tidemark'
import { joinWithOne } from '../join-with-one.ts'
import { type Auction, type Bid, type Event, isAuction, isBid } from '../model.ts'

export interface BidWithAuction extends Omit<Bid, 'kind'> {
  readonly itemName: string
  readonly description: string
  readonly initialBid: number
  readonly reserve: number
  readonly auctionDateTime: number
  readonly expires: number
  readonly seller: number
  readonly category: number
  readonly auctionExtra: string
}

export function q20(events: DataStream<Event>): DataStream<BidWithAuction> {
  // Of an auction in another category only its id, which is enough to turn its bids away.
  const auctions = events
    .filter(isAuction)
    .map((auction) => ({ id: auction.id, auction: auction.category === 10 ? auction : undefined }))
  return joinWithOne(
    auctions.keyBy(({ id }) => id),
    events.filter(isBid).keyBy((bid) => bid.auction),
    ({ auction }, bid) => auction && rowOf(bid, auction),
  ).uid('bids-and-auctions')
}

const rowOf = (bid: Bid, auction: Auction): BidWithAuction => ({
  auction: bid.auction,
  bidder: bid.bidder,
  price: bid.price,
  channel: bid.channel,
  url: bid.url,
  dateTime: bid.dateTime,
  extra: bid.extra,
  itemName: auction.itemName,
  description: auction.description,
  initialBid: auction.initialBid,
  reserve: auction.reserve,
  auctionDateTime: auction.dateTime,
  expires: auction.expires,
  seller: auction.seller,
  category: auction.category,
  auctionExtra: auction.extra,
})
