import type { Event } from '../model.ts'
import type { LabelledBid } from '../queries/q14.ts'
import { allBids, timeText } from './all.ts'

export function q14(events: readonly Event[]): LabelledBid[] {
  const rows: LabelledBid[] = []
  for (const { auction, bidder, price: dollars, dateTime, extra } of allBids(events)) {
    const price = Number((dollars * 0.908).toFixed(3))
    if (price <= 1_000_000 || price >= 50_000_000) continue
    const hour = Number(timeText(dateTime).slice(11, 13))
    const timeOfDay = hour >= 8 && hour <= 18 ? 'day' : hour <= 6 || hour >= 20 ? 'night' : 'other'
    rows.push({ auction, bidder, price, timeOfDay, dateTime, extra, letters: extra.split('c').length - 1 })
  }
  return rows
}
