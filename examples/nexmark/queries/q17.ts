/** q17: the prices that each auction gets each day. */
import { type DataStream, valueState } from 'tidemark'
import { dayNumber, dayText } from '../calendar.ts'
import { replaceRow } from '../changes.ts'
import { type Bid, type Event, isBid } from '../model.ts'
import { pairKey } from '../pair-key.ts'
import type { Change } from '../query.ts'

export interface AuctionDay {
  readonly auction: number
  readonly day: string
  readonly bids: number
  readonly below10k: number
  readonly below1m: number
  readonly above: number
  readonly min: number
  readonly max: number
  /** A whole number, as the average of whole numbers is in SQL. */
  readonly average: number
  readonly sum: number
}

export const q17 = (events: DataStream<Event>): DataStream<Change<AuctionDay>> =>
  events
    .filter(isBid)
    .keyBy(({ auction, dateTime }) => pairKey(dayNumber(dateTime), auction))
    .process({
      output: {} as Change<AuctionDay>,
      state: { row: valueState<AuctionDay | undefined>(undefined) },
      element(bid, ctx) {
        const last = ctx.state.row.value()
        const row = rowWith(bid, last ?? emptyRow(bid))
        ctx.state.row.update(row)
        replaceRow(ctx, last, row)
      },
    })
    .uid('auction-days')

const emptyRow = ({ auction, dateTime, price }: Bid): AuctionDay => ({
  auction,
  day: dayText(dayNumber(dateTime)),
  bids: 0,
  below10k: 0,
  below1m: 0,
  above: 0,
  min: price,
  max: price,
  average: price,
  sum: 0,
})

function rowWith({ price }: Bid, row: AuctionDay): AuctionDay {
  const [bids, sum] = [row.bids + 1, row.sum + price]
  return {
    auction: row.auction,
    day: row.day,
    bids,
    below10k: price < 10_000 ? row.below10k + 1 : row.below10k,
    below1m: price >= 10_000 && price < 1_000_000 ? row.below1m + 1 : row.below1m,
    above: price >= 1_000_000 ? row.above + 1 : row.above,
    min: Math.min(row.min, price),
    max: Math.max(row.max, price),
    average: Math.floor(sum / bids),
    sum,
  }
}
