/** q19: the ten highest bids for each auction so far. */
import { type DataStream, valueState } from 'tidemark'
import { type Bid, type Event, isBid } from '../model.ts'
import type { Change } from '../query.ts'
import { beats } from '../winning-bid.ts'

export interface RankedBid extends Bid {
  /** 1 for the highest. */
  readonly rank: number
}

const top = 10

export const q19 = (events: DataStream<Event>): DataStream<Change<RankedBid>> =>
  events
    .filter(isBid)
    .keyBy(({ auction }) => auction)
    .process({
      output: {} as Change<RankedBid>,
      state: { best: valueState<readonly RankedBid[]>([]) },
      element(bid, ctx) {
        const best = ctx.state.best.value()
        const place = best.findLastIndex((other) => !beats(bid, other)) + 1
        if (place === top) return
        const next = [...best.slice(0, place), ranked(bid, place + 1)]
        // Those behind it move down by one, and the last one may be out.
        for (const row of best.slice(place)) {
          ctx.emit({ op: '-', row })
          if (row.rank < top) next.push(ranked(row, row.rank + 1))
        }
        for (const row of next.slice(place)) ctx.emit({ op: '+', row })
        ctx.state.best.update(next)
      },
    })
    .uid('top-bids')

const ranked = ({ kind, auction, bidder, price, channel, url, dateTime, extra }: Bid, rank: number): RankedBid => ({
  kind,
  auction,
  bidder,
  price,
  channel,
  url,
  dateTime,
  extra,
  rank,
})
