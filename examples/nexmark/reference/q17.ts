import type { Event } from '../model.ts'
import type { AuctionDay } from '../queries/q17.ts'
import { allBids, dayOf, groupBy } from './all.ts'

export const q17 = (events: readonly Event[]): AuctionDay[] =>
  [...groupBy(allBids(events), ({ auction, dateTime }) => `${auction} on ${dayOf(dateTime)}`).values()].map((bids) => {
    const prices = bids.map(({ price }) => price).sort((a, b) => a - b)
    const sum = prices.reduce((total, price) => total + price, 0)
    return {
      auction: bids[0]!.auction,
      day: dayOf(bids[0]!.dateTime),
      bids: prices.length,
      below10k: prices.filter((price) => price < 10_000).length,
      below1m: prices.filter((price) => price >= 10_000 && price < 1_000_000).length,
      above: prices.filter((price) => price >= 1_000_000).length,
      min: prices[0]!,
      max: prices.at(-1)!,
      average: Math.floor(sum / prices.length),
      sum,
    }
  })
