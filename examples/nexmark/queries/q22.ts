/** q22: bids with the directories of their URL. */
import type { DataStream } from 'tidemark'
import { type Event, isBid } from '../model.ts'

export interface BidDirectories {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly channel: string
  readonly dir1: string
  readonly dir2: string
  readonly dir3: string
}

export const q22 = (events: DataStream<Event>): DataStream<BidDirectories> =>
  events.filter(isBid).map(({ auction, bidder, price, channel, url }) => {
    // https: and nothing and the host come before them.
    const [, , , dir1 = '', dir2 = '', dir3 = ''] = url.split('/')
    return { auction, bidder, price, channel, dir1, dir2, dir3 }
  })
