/** q2: the bids for every 123rd auction. */
import type { DataStream } from 'tidemark'
import { type Event, isBid } from '../model.ts'

export interface Price {
  readonly auction: number
  readonly price: number
}

export const q2 = (events: DataStream<Event>): DataStream<Price> =>
  events
    .filter(isBid)
    .filter(({ auction }) => auction % 123 === 0)
    .map(({ auction, price }) => ({ auction, price }))
