import type { Event } from '../model.ts'
import type { PlainBid } from '../queries/q0.ts'

export function q0(events: readonly Event[]): PlainBid[] {
  const rows: PlainBid[] = []
  for (const event of events) {
    if (event.kind !== 'bid') continue
    const { auction, bidder, price, dateTime, extra } = event
    rows.push({ auction, bidder, price, dateTime, extra })
  }
  return rows
}
