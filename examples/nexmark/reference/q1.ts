import type { Event } from '../model.ts'
import type { PlainBid } from '../queries/q0.ts'
import { allBids } from './all.ts'

export const q1 = (events: readonly Event[]): PlainBid[] =>
  allBids(events).map(({ kind: _kind, channel: _channel, url: _url, price, ...rest }) => ({
    ...rest,
    price: Number((price * 0.908).toFixed(3)),
  }))
