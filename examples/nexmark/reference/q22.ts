import type { Event } from '../model.ts'
import type { BidDirectories } from '../queries/q22.ts'
import { allBids } from './all.ts'

export const q22 = (events: readonly Event[]): BidDirectories[] =>
  allBids(events).map(({ auction, bidder, price, channel, url }) => {
    const [, dir1 = '', dir2 = '', dir3 = ''] = new URL(url).pathname.split('/')
    return { auction, bidder, price, channel, dir1, dir2, dir3 }
  })
