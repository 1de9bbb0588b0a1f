/** q7: the highest bids of each ten seconds, both ends included. */
import {
  type AggregateFunction,
  type DataStream,
  eventTimeTrigger,
  tumblingEventTimeWindows,
  type Window,
  type WindowAssigner,
} from 'tidemark'
import { type Bid, type Event, isBid } from '../model.ts'
import { type PlainBid, plainBid } from './q0.ts'

const sizeMs = 10_000
/** Each finds its highest bids by itself first, so that they share the work. */
const shares = 64

const isOnBorder = ({ dateTime }: Bid): boolean => dateTime % sizeMs === 0

/** Ten seconds with both ends: a bid on the border of two windows is in both. */
const closedWindows: WindowAssigner<Bid> = {
  description: `closed windows of ${sizeMs} ms`,
  timeDomain: 'event-time',
  defaultTrigger: eventTimeTrigger(),
  assign(bid, timestamp) {
    const start = timestamp - (timestamp % sizeMs)
    const window = { start, end: start + sizeMs + 1 }
    return isOnBorder(bid) ? [{ start: start - sizeMs, end: start + 1 }, window] : [window]
  },
}

interface Found {
  /** The highest that are on no border. */
  readonly highest: readonly Bid[]
  readonly onBorder: readonly Bid[]
}

const finding: AggregateFunction<Bid, Found, Found> = {
  createAccumulator: () => ({ highest: [], onBorder: [] }),
  add(bid, found) {
    const { highest, onBorder } = found
    if (isOnBorder(bid)) return { highest, onBorder: [...onBorder, bid] }
    const price = highest[0]?.price ?? 0
    if (bid.price < price) return found
    return { highest: bid.price > price ? [bid] : [...highest, bid], onBorder }
  },
  getResult: (found) => found,
}

/** The highest price of a window, and the bids that have it, or more: those at the end do not make the price. */
interface Highest {
  readonly end: number
  readonly price: number
  readonly bids: readonly Bid[]
}

function highestOf({ highest, onBorder }: Found, _share: number, window: Window): Highest {
  const end = window.end - 1
  const bids = [...highest, ...onBorder]
  const price = bids.reduce((most, bid) => (bid.dateTime < end ? Math.max(most, bid.price) : most), 0)
  return { end, price, bids: bids.filter((bid) => bid.price >= price) }
}

function higher(a: Highest, b: Highest): Highest {
  const price = Math.max(a.price, b.price)
  return { end: a.end, price, bids: [...a.bids, ...b.bids].filter((bid) => bid.price >= price) }
}

export const q7 = (events: DataStream<Event>): DataStream<PlainBid> =>
  events
    .filter(isBid)
    .keyBy(({ auction }) => auction % shares)
    .window(closedWindows)
    .aggregate(finding, highestOf)
    .uid('highest-of-share')
    .keyBy(({ end }) => end)
    .window(tumblingEventTimeWindows(1))
    .reduce(higher)
    .uid('highest')
    .flatMap(({ price, bids }) => bids.filter((bid) => bid.price === price).map(plainBid))
