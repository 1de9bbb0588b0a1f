/** How many bids, bidders and auctions there were, all together and by price: what q15 and q16 keep count of. */
import { mapState, type StateHandles } from 'tidemark'
import type { Bid } from './model.ts'

/** A count of all, and of those with a bid of such a price. */
export interface Counts {
  readonly all: number
  readonly below10k: number
  readonly below1m: number
  readonly above: number
}

export interface BidReport {
  readonly bids: Counts
  readonly bidders: Counts
  readonly auctions: Counts
}

/** The bands of price, as bits of what is known of a bidder or an auction. */
const bits = { below10k: 1, below1m: 2, above: 4 }
type Band = keyof typeof bits

/** In which bands each bidder and each auction has been seen. */
export const seenStates = { bidders: mapState<number, number>(), auctions: mapState<number, number>() }
type SeenStates = StateHandles<typeof seenStates>

const noCounts: Counts = { all: 0, below10k: 0, below1m: 0, above: 0 }
export const noBids: BidReport = { bids: noCounts, bidders: noCounts, auctions: noCounts }

/** The report with one more bid. */
export function reportWith(bid: Bid, { bids, bidders, auctions }: BidReport, seen: SeenStates): BidReport {
  const band = bandOf(bid.price)
  return {
    bids: counted(bids, band, true),
    bidders: countedOnce(bidders, band, seen.bidders, bid.bidder),
    auctions: countedOnce(auctions, band, seen.auctions, bid.auction),
  }
}

function bandOf(price: number): Band {
  if (price < 10_000) return 'below10k'
  return price < 1_000_000 ? 'below1m' : 'above'
}

function countedOnce(counts: Counts, band: Band, seen: SeenStates['bidders'], id: number): Counts {
  const bands = seen.get(id) ?? 0
  if ((bands & bits[band]) !== 0) return counts
  seen.put(id, bands | bits[band])
  return counted(counts, band, bands === 0)
}

function counted({ all, below10k, below1m, above }: Counts, band: Band, isNew: boolean): Counts {
  return {
    all: isNew ? all + 1 : all,
    below10k: band === 'below10k' ? below10k + 1 : below10k,
    below1m: band === 'below1m' ? below1m + 1 : below1m,
    above: band === 'above' ? above + 1 : above,
  }
}
