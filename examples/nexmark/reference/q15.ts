import type { Event } from '../model.ts'
import type { DailyReport } from '../queries/q15.ts'
import { allBids, dayOf, groupBy } from './all.ts'
import { bidReport } from './bid-report.ts'

export const q15 = (events: readonly Event[]): DailyReport[] =>
  [...groupBy(allBids(events), ({ dateTime }) => dayOf(dateTime))].map(([day, bids]) => ({ day, ...bidReport(bids) }))
