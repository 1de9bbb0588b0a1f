/** q8: who registered and opened an auction in the same ten seconds. */
import { type AggregateFunction, type DataStream, tumblingEventTimeWindows } from 'tidemark'
import { type Auction, type Event, isBid, isPerson, type Person } from '../model.ts'

export interface NewSeller {
  readonly id: number
  readonly name: string
  /** Of the ten seconds. */
  readonly start: number
}

interface Seen {
  /** Of who registered. */
  readonly name: string | undefined
  readonly sells: boolean
}

const seeing: AggregateFunction<Person | Auction, Seen, Seen> = {
  createAccumulator: () => ({ name: undefined, sells: false }),
  add(event, seen) {
    if (isPerson(event)) return { ...seen, name: event.name }
    return seen.sells ? seen : { ...seen, sells: true }
  },
  getResult: (seen) => seen,
}

export const q8 = (events: DataStream<Event>): DataStream<NewSeller> =>
  events
    .filter((event): event is Person | Auction => !isBid(event))
    .keyBy((event) => (isPerson(event) ? event.id : event.seller))
    .window(tumblingEventTimeWindows(10_000))
    .aggregate(seeing, ({ name, sells }, id, { start }) => ({ id, name, sells, start }))
    .uid('seen')
    .flatMap(({ id, name, sells, start }) => (name !== undefined && sells ? [{ id, name, start }] : []))
