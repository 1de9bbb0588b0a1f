import type { Event } from '../model.ts'
import type { Price } from '../queries/q2.ts'
import { allBids } from './all.ts'

export function q2(events: readonly Event[]): Price[] {
  const rows: Price[] = []
  for (const { auction, price } of allBids(events)) {
    if (Number.isInteger(auction / 123)) rows.push({ auction, price })
  }
  return rows
}
