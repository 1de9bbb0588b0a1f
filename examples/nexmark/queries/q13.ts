/** q13: bids with what a table says of their auction. */
import type { DataStream } from 'tidemark'
import { type Event, isBid } from '../model.ts'

export interface LookedUpBid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly dateTime: number
  readonly value: string
}

const rows = 10_000
/** Never changes, so each process makes it for itself, and it is no state. */
const table: ReadonlyMap<number, string> = new Map(Array.from({ length: rows }, (_, key) => [key, String(key)]))

export const q13 = (events: DataStream<Event>): DataStream<LookedUpBid> =>
  events.filter(isBid).map(({ auction, bidder, price, dateTime }) => ({
    auction,
    bidder,
    price,
    dateTime,
    value: table.get(auction % rows)!,
  }))
