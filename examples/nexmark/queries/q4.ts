/** q4: the mean of the highest bids on the auctions of each category, corrected with every higher bid. */
import { type DataStream, valueState } from 'tidemark'
import type { Event } from '../model.ts'
import type { Change } from '../query.ts'
import { followAuctions } from './follow-auctions.ts'

export interface CategoryPrice {
  readonly category: number
  readonly average: number
}

interface HigherBid {
  readonly category: number
  /** Of the bid that it surpasses. */
  readonly before: number | undefined
  readonly price: number
}

export const q4 = (events: DataStream<Event>): DataStream<Change<CategoryPrice>> =>
  followAuctions<HigherBid>(events, {
    higher: ({ category, price: before }, price) => ({ category, before, price }),
  })
    .keyBy(({ category }) => category)
    .process({
      output: {} as Change<CategoryPrice>,
      state: { total: valueState({ sum: 0, auctions: 0 }) },
      element({ category, before, price }, ctx) {
        const { sum, auctions } = ctx.state.total.value()
        if (auctions > 0) ctx.emit({ op: '-', row: { category, average: sum / auctions } })
        const next =
          before === undefined ? { sum: sum + price, auctions: auctions + 1 } : { sum: sum + price - before, auctions }
        ctx.state.total.update(next)
        ctx.emit({ op: '+', row: { category, average: next.sum / next.auctions } })
      },
    })
    .uid('averages')
