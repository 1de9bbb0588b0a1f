/** q1: bids with their price in euros. */
import type { DataStream } from 'tidemark'
import { type Event, isBid } from '../model.ts'
import type { PlainBid } from './q0.ts'

/** A price is an integer, so it is exact to three places when it is divided last. */
export const inEuros = (price: number): number => (price * 908) / 1_000

export const q1 = (events: DataStream<Event>): DataStream<PlainBid> =>
  events.filter(isBid).map(({ auction, bidder, price, dateTime, extra }) => ({
    auction,
    bidder,
    price: inEuros(price),
    dateTime,
    extra,
  }))
