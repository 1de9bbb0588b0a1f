/** q21: bids with the id of their channel, for those whose channel has one. */
import type { DataStream } from 'tidemark'
import { type Bid, type Event, isBid } from '../model.ts'

export interface ChannelBid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly channel: string
  readonly channelId: string
}

const knownIds: ReadonlyMap<string, string> = new Map([
  ['apple', '0'],
  ['google', '1'],
  ['facebook', '2'],
  ['baidu', '3'],
])

export const q21 = (events: DataStream<Event>): DataStream<ChannelBid> =>
  events.filter(isBid).flatMap((bid) => {
    const channelId = channelIdOf(bid)
    if (channelId === undefined) return []
    const { auction, bidder, price, channel } = bid
    return [{ auction, bidder, price, channel, channelId }]
  })

const channelIdOf = ({ channel, url }: Bid): string | undefined =>
  knownIds.get(channel.toLowerCase()) ?? /[?&]channel_id=([^&]*)/.exec(url)?.[1]
