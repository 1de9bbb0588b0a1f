/** q15: how many bids, bidders and auctions there are each day, by price. */
import { type DataStream, valueState } from 'tidemark'
import { type BidReport, noBids, reportWith, seenStates } from '../bid-report.ts'
import { dayNumber, dayText } from '../calendar.ts'
import { replaceRow } from '../changes.ts'
import { type Event, isBid } from '../model.ts'
import type { Change } from '../query.ts'

export interface DailyReport extends BidReport {
  readonly day: string
}

export const q15 = (events: DataStream<Event>): DataStream<Change<DailyReport>> =>
  events
    .filter(isBid)
    .keyBy(({ dateTime }) => dayNumber(dateTime))
    .process({
      output: {} as Change<DailyReport>,
      state: { ...seenStates, row: valueState<DailyReport | undefined>(undefined) },
      element(bid, ctx) {
        const { state } = ctx
        const last = state.row.value()
        const row = { day: dayText(ctx.key), ...reportWith(bid, last ?? noBids, state) }
        state.row.update(row)
        replaceRow(ctx, last, row)
      },
    })
    .uid('daily-report')
