import type { Event } from '../model.ts'
import type { ChannelReport } from '../queries/q16.ts'
import { allBids, dayOf, groupBy, timeText } from './all.ts'
import { bidReport } from './bid-report.ts'

export const q16 = (events: readonly Event[]): ChannelReport[] =>
  [...groupBy(allBids(events), ({ channel, dateTime }) => `${channel} on ${dayOf(dateTime)}`).values()].map((bids) => {
    const { channel, dateTime } = bids[0]!
    const lastMs = bids.reduce((last, bid) => Math.max(last, bid.dateTime), 0)
    return { channel, day: dayOf(dateTime), minute: timeText(lastMs).slice(11, 16), ...bidReport(bids) }
  })
