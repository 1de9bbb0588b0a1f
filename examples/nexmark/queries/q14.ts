/** q14: bids of a middle price in euros, with their time of day, and how often a letter is in their text. */
import type { DataStream } from 'tidemark'
import { hourOf } from '../calendar.ts'
import { type Event, isBid } from '../model.ts'
import { inEuros } from './q1.ts'

export interface LabelledBid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly timeOfDay: 'day' | 'night' | 'other'
  readonly dateTime: number
  readonly extra: string
  readonly letters: number
}

export const q14 = (events: DataStream<Event>): DataStream<LabelledBid> =>
  events
    .filter(isBid)
    .filter(({ price }) => inEuros(price) > 1_000_000 && inEuros(price) < 50_000_000)
    .map(({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price: inEuros(price),
      timeOfDay: timeOfDay(hourOf(dateTime)),
      dateTime,
      extra,
      letters: countOf('c', extra),
    }))

function timeOfDay(hour: number): LabelledBid['timeOfDay'] {
  if (hour >= 8 && hour <= 18) return 'day'
  return hour <= 6 || hour >= 20 ? 'night' : 'other'
}

function countOf(letter: string, text: string): number {
  let count = 0
  for (let at = text.indexOf(letter); at !== -1; at = text.indexOf(letter, at + 1)) count += 1
  return count
}
