/** q16: how many bids, bidders and auctions there are each day through each channel, by price, and when the last bid was. */
import { type DataStream, valueState } from 'tidemark'
import { type BidReport, noBids, reportWith, seenStates } from '../bid-report.ts'
import { dayNumber, dayText, minuteOf, minuteText } from '../calendar.ts'
import { replaceRow } from '../changes.ts'
import { type Event, isBid } from '../model.ts'
import type { Change } from '../query.ts'

export interface ChannelReport extends BidReport {
  readonly channel: string
  readonly day: string
  /** Of the last bid, as `23:59`. */
  readonly minute: string
}

export const q16 = (events: DataStream<Event>): DataStream<Change<ChannelReport>> =>
  events
    .filter(isBid)
    .keyBy(({ channel, dateTime }) => `${dayNumber(dateTime)} ${channel}`)
    .process({
      output: {} as Change<ChannelReport>,
      state: { ...seenStates, row: valueState<ChannelReport | undefined>(undefined) },
      element(bid, ctx) {
        const { state } = ctx
        const last = state.row.value()
        const minute = minuteText(minuteOf(bid.dateTime))
        const row = {
          channel: bid.channel,
          day: last?.day ?? dayText(dayNumber(bid.dateTime)),
          minute: last !== undefined && last.minute > minute ? last.minute : minute,
          ...reportWith(bid, last ?? noBids, state),
        }
        state.row.update(row)
        replaceRow(ctx, last, row)
      },
    })
    .uid('channel-report')
