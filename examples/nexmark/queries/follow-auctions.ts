/**
 * Auctions and the bids that count: those from when the auction is opened to when it expires, both included.
 *
 * What is known of an auction goes when event time has passed its end, so there is as much state as there are open auctions.
 */
import { type DataStream, listState, valueState } from 'tidemark'
import { type Auction, type Bid, type Event, isBid, isPerson } from '../model.ts'

export interface FollowedAuction {
  readonly id: number
  readonly category: number
  readonly seller: number
  readonly dateTime: number
  readonly expires: number
  /** The highest that was bid; undefined before the first bid that counts. */
  readonly price: number | undefined
}

export interface Follower<Out> {
  /** `price` is higher than that of `auction`, and takes its place. */
  higher?(auction: FollowedAuction, price: number): Out
  /** The auction is over, and `price` was the highest. */
  closed?(auction: FollowedAuction, price: number): Out
}

interface EarlyBid {
  readonly price: number
  readonly dateTime: number
}

/** Emits what the follower makes of the auctions. */
export const followAuctions = <Out>(events: DataStream<Event>, { higher, closed }: Follower<Out>): DataStream<Out> =>
  events
    .filter((event): event is Auction | Bid => !isPerson(event))
    .keyBy((event) => (isBid(event) ? event.auction : event.id))
    .process({
      output: {} as Out,
      state: {
        auction: valueState<FollowedAuction | undefined>(undefined),
        /** Bids that come before their auction, or when it is over. */
        strays: listState<EarlyBid>(),
      },
      element(event, ctx) {
        const { auction, strays } = ctx.state
        let followed = auction.value()
        const take = ({ price, dateTime }: EarlyBid): void => {
          if (followed === undefined || dateTime < followed.dateTime || dateTime > followed.expires) return
          if (followed.price !== undefined && price <= followed.price) return
          if (higher !== undefined) ctx.emit(higher(followed, price))
          followed = { ...followed, price }
          auction.update(followed)
        }
        if (isBid(event)) {
          if (followed !== undefined) return take(event)
          strays.add({ price: event.price, dateTime: event.dateTime })
          ctx.timers.registerEventTime(event.dateTime)
        } else {
          const { id, category, seller, dateTime, expires } = event
          followed = { id, category, seller, dateTime, expires, price: undefined }
          auction.update(followed)
          ctx.timers.registerEventTime(expires)
          for (const bid of strays.get()) take(bid)
          strays.clear()
        }
      },
      timer(time, ctx) {
        const { auction, strays } = ctx.state
        const followed = auction.value()
        if (followed !== undefined && followed.expires <= time) {
          if (closed !== undefined && followed.price !== undefined) ctx.emit(closed(followed, followed.price))
          auction.clear()
        }
        // Their auction would have come by now.
        strays.update(strays.get().filter(({ dateTime }) => dateTime > time))
      },
    })
    .uid('auctions')
