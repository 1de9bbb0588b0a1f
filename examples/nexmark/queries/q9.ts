/** q9: the winning bid of each auction so far. */
import { type DataStream, listState, valueState } from 'tidemark'
import { replaceRow } from '../changes.ts'
import { type Auction, type Bid, type Event, isAuction, isBid } from '../model.ts'
import type { Change } from '../query.ts'
import { beats, isInTime } from '../winning-bid.ts'

export interface WinningBid extends Omit<Auction, 'kind'> {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly bidDateTime: number
  readonly bidExtra: string
}

/**
 * Read as the original is, a top-1 join: a row as soon as there is a bid, another one with each bid that beats it, and no end of
 * the auction at which it would be final. Bids may come before their auction does.
 */
export const q9 = (events: DataStream<Event>): DataStream<Change<WinningBid>> =>
  events
    .filter(isAuction)
    .keyBy((auction) => auction.id)
    .connect(events.filter(isBid).keyBy((bid) => bid.auction))
    .process({
      output: {} as Change<WinningBid>,
      state: {
        auction: valueState<Auction | undefined>(undefined),
        best: valueState<Bid | undefined>(undefined),
        early: listState<Bid>(),
      },
      element1(auction, ctx) {
        const { state } = ctx
        state.auction.update(auction)
        const best = state.early.get().reduce((best, bid) => better(bid, best, auction), undefined as Bid | undefined)
        state.early.clear()
        if (best === undefined) return
        state.best.update(best)
        replaceRow(ctx, undefined, rowOf(auction, best))
      },
      element2(bid, ctx) {
        const { state } = ctx
        const auction = state.auction.value()
        if (auction === undefined) {
          state.early.add(bid)
          return
        }
        const last = state.best.value()
        if (better(bid, last, auction) === last) return
        state.best.update(bid)
        replaceRow(ctx, last && rowOf(auction, last), rowOf(auction, bid))
      },
    })
    .uid('winning-bids')

function better(bid: Bid, best: Bid | undefined, auction: Auction): Bid | undefined {
  return isInTime(bid, auction) && (best === undefined || beats(bid, best)) ? bid : best
}

const rowOf = (auction: Auction, bid: Bid): WinningBid => ({
  id: auction.id,
  itemName: auction.itemName,
  description: auction.description,
  initialBid: auction.initialBid,
  reserve: auction.reserve,
  dateTime: auction.dateTime,
  expires: auction.expires,
  seller: auction.seller,
  category: auction.category,
  extra: auction.extra,
  auction: bid.auction,
  bidder: bid.bidder,
  price: bid.price,
  bidDateTime: bid.dateTime,
  bidExtra: bid.extra,
})
