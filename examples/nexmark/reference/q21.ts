import type { Event } from '../model.ts'
import type { ChannelBid } from '../queries/q21.ts'
import { allBids } from './all.ts'

export function q21(events: readonly Event[]): ChannelBid[] {
  const rows: ChannelBid[] = []
  for (const { auction, bidder, price, channel, url } of allBids(events)) {
    const known = ['apple', 'google', 'facebook', 'baidu'].indexOf(channel.toLowerCase())
    const channelId = known >= 0 ? String(known) : new URL(url).searchParams.get('channel_id')
    if (channelId !== null) rows.push({ auction, bidder, price, channel, channelId })
  }
  return rows
}
