import type { BidReport, Counts } from '../bid-report.ts'
import type { Bid } from '../model.ts'

/** Counts by going through the bids once for each of the twelve numbers. */
export function bidReport(bids: readonly Bid[]): BidReport {
  const low = bids.filter(({ price }) => price < 10_000)
  const middle = bids.filter(({ price }) => price >= 10_000 && price < 1_000_000)
  const high = bids.filter(({ price }) => price >= 1_000_000)
  const counts = (count: (bids: readonly Bid[]) => number): Counts => ({
    all: count(bids),
    below10k: count(low),
    below1m: count(middle),
    above: count(high),
  })
  return {
    bids: counts((some) => some.length),
    bidders: counts((some) => new Set(some.map(({ bidder }) => bidder)).size),
    auctions: counts((some) => new Set(some.map(({ auction }) => auction)).size),
  }
}
