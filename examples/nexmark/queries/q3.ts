/** q3: who sells in category 10, in three states. */
import type { DataStream } from 'tidemark'
import { joinWithOne } from '../join-with-one.ts'
import { type Event, isAuction, isPerson } from '../model.ts'

export interface LocalSale {
  readonly name: string
  readonly city: string
  readonly state: string
  /** The id of the auction. */
  readonly id: number
}

export function q3(events: DataStream<Event>): DataStream<LocalSale> {
  const people = events.filter(isPerson).map(({ id, name, city, state }) => ({ id, name, city, state }))
  const auctions = events
    .filter(isAuction)
    .filter(({ category }) => category === 10)
    .map(({ id, seller }) => ({ id, seller }))
  return joinWithOne(
    people.keyBy((person) => person.id),
    auctions.keyBy((auction) => auction.seller),
    ({ name, city, state }, { id }): LocalSale | undefined =>
      state === 'OR' || state === 'ID' || state === 'CA' ? { name, city, state, id } : undefined,
  ).uid('people-and-auctions')
}
