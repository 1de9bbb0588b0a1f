import type { Auction, Event } from '../model.ts'

export function q6(events: readonly Event[]) {
  const auctions = new Map<number, Auction>()
  for (const event of events) if (event.kind === 'auction') auctions.set(event.id, event)
  const highest = new Map<Auction, number>()
  for (const event of events) {
    if (event.kind !== 'bid') continue
    const auction = auctions.get(event.auction)
    if (auction === undefined || event.dateTime < auction.dateTime || event.dateTime > auction.expires) continue
    highest.set(auction, Math.max(highest.get(auction) ?? 0, event.price))
  }
  const closed = [...highest].sort(([a], [b]) => a.expires - b.expires || a.id - b.id)
  const pricesOf = new Map<number, number[]>()
  return closed.map(([{ seller }, price]) => {
    const prices = pricesOf.get(seller) ?? []
    pricesOf.set(seller, prices)
    prices.push(price)
    const last = prices.slice(-10)
    return { seller, average: last.reduce((sum, one) => sum + one, 0) / last.length }
  })
}
