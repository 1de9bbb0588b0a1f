/** Which bid of an auction wins: what q9 and q19 go by. */
import type { Auction, Bid } from './model.ts'

/** Was the bid made while the auction was open? Both ends count. */
export const isInTime = (bid: Bid, auction: Auction): boolean =>
  bid.dateTime >= auction.dateTime && bid.dateTime <= auction.expires

/**
 * Does a bid beat another one of the same auction? The higher price wins, then the earlier bid. What the original leaves open is
 * said here, so that the winner does not depend on which bid came first: then the bidder with the lower id, then the text.
 */
export function beats(bid: Bid, other: Bid): boolean {
  if (bid.price !== other.price) return bid.price > other.price
  if (bid.dateTime !== other.dateTime) return bid.dateTime < other.dateTime
  if (bid.bidder !== other.bidder) return bid.bidder < other.bidder
  return bid.extra < other.extra
}
