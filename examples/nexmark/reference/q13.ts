import type { Event } from '../model.ts'
import type { LookedUpBid } from '../queries/q13.ts'
import { allBids } from './all.ts'

export const q13 = (events: readonly Event[]): LookedUpBid[] =>
  allBids(events).map(({ auction, bidder, price, dateTime }) => {
    // The last four digits, without the zeros before them.
    const value = String(Number(String(auction).slice(-4)))
    return { auction, bidder, price, dateTime, value }
  })
