/** q8: who registered and opened an auction in the same ten seconds. */
import { type DataStream, tumblingEventTimeWindows } from 'tidemark'
import { type Event, isAuction, isPerson } from '../model.ts'

export interface NewSeller {
  readonly id: number
  readonly name: string
  /** Of the ten seconds. */
  readonly start: number
}

const sizeMs = 10_000

export const q8 = (events: DataStream<Event>): DataStream<NewSeller> =>
  events
    .filter(isPerson)
    .map(({ id, name, dateTime }) => ({ id, name, start: dateTime - (dateTime % sizeMs) }))
    .coGroup(events.filter(isAuction).map(({ seller }) => seller))
    .where(({ id }) => id)
    .equalTo((seller) => seller)
    .window(tumblingEventTimeWindows(sizeMs))
    // However many auctions they opened: once.
    .apply((people, auctions) => (auctions.length > 0 ? people : []))
    .uid('new-sellers')
