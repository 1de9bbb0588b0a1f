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
      state: { best: valueState<readonly Bid[]>([]) },
      element(bid, ctx) {
        const best = ctx.state.best.value()
        const place = best.findLastIndex((other) => !beats(bid, other)) + 1
        if (place === top) return
        const next = [...best.slice(0, place), bid, ...best.slice(place, top - 1)]
        ctx.state.best.update(next)
        // Those behind it have moved down by one, and the last may be out.
        for (let i = place; i < best.length; i++) ctx.emit({ op: '-', row: { ...best[i]!, rank: i + 1 } })
        for (let i = place; i < next.length; i++) ctx.emit({ op: '+', row: { ...next[i]!, rank: i + 1 } })
      },
    })
    .uid('top-bids')
