/** q0: bids as they are. */
import type { DataStream } from 'tidemark'
import { type Bid, type Event, isBid } from '../model.ts'

export interface PlainBid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly dateTime: number
  readonly extra: string
}

export const plainBid = ({ auction, bidder, price, dateTime, extra }: Bid): PlainBid => ({
  auction,
  bidder,
  price,
  dateTime,
  extra,
})

export const q0 = (events: DataStream<Event>): DataStream<PlainBid> => events.filter(isBid).map(plainBid)
