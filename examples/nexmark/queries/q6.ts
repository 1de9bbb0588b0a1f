/** q6: for each seller, with every auction that closes, the mean of the prices of the last ten that did. */
import { type DataStream, listState, mapState } from 'tidemark'
import type { Event } from '../model.ts'
import { followAuctions } from './follow-auctions.ts'

export interface SellerPrice {
  readonly seller: number
  readonly average: number
}

interface Sale {
  readonly auction: number
  readonly seller: number
  readonly price: number
}

const remembered = 10

export const q6 = (events: DataStream<Event>): DataStream<SellerPrice> =>
  followAuctions<Sale>(events, { closed: ({ id, seller }, price) => ({ auction: id, seller, price }) })
    .keyBy(({ seller }) => seller)
    .process({
      output: {} as SellerPrice,
      state: {
        /** By the time when the auction closed: sales come from several subtasks, and are in order when event time has come so far. */
        waiting: mapState<number, readonly Sale[]>(),
        prices: listState<number>(),
      },
      element(sale, ctx) {
        const closed = ctx.timestamp!
        ctx.state.waiting.put(closed, [...(ctx.state.waiting.get(closed) ?? []), sale])
        ctx.timers.registerEventTime(closed)
      },
      timer(closed, ctx) {
        const { waiting, prices } = ctx.state
        const sales = [...waiting.get(closed)!].sort((a, b) => a.auction - b.auction)
        waiting.remove(closed)
        let last = [...prices.get()]
        for (const { seller, price } of sales) {
          last = [...last, price].slice(-remembered)
          ctx.emit({ seller, average: last.reduce((sum, one) => sum + one) / last.length })
        }
        prices.update(last)
      },
    })
    .uid('sellers')
