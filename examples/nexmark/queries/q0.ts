/** q0: bids as they are. */
import type { DataStream } from 'tidemark'
import { type Event, isBid } from '../model.ts'

export interface PlainBid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly dateTime: number
  readonly extra: string
}

export const q0 = (events: DataStream<Event>): DataStream<PlainBid> =>
  events
    .filter(isBid)
    .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }))
