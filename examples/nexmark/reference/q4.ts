import type { Auction, Event } from '../model.ts'

export function q4(events: readonly Event[]) {
  const auctions = new Map<number, Auction>()
  for (const event of events) if (event.kind === 'auction') auctions.set(event.id, event)
  const highest = new Map<Auction, number>()
  for (const event of events) {
    if (event.kind !== 'bid') continue
    const auction = auctions.get(event.auction)
    if (auction === undefined || event.dateTime < auction.dateTime || event.dateTime > auction.expires) continue
    highest.set(auction, Math.max(highest.get(auction) ?? 0, event.price))
  }
  const rows = []
  for (const category of new Set([...highest.keys()].map((auction) => auction.category))) {
    const prices = [...highest].filter(([auction]) => auction.category === category).map(([, price]) => price)
    rows.push({ category, average: prices.reduce((sum, price) => sum + price) / prices.length })
  }
  return rows
}
