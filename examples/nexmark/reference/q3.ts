import type { Event } from '../model.ts'
import type { LocalSale } from '../queries/q3.ts'
import { allAuctions, allPeople, groupBy } from './all.ts'

export function q3(events: readonly Event[]): LocalSale[] {
  const auctionsOf = groupBy(allAuctions(events), ({ seller }) => seller)
  const rows: LocalSale[] = []
  for (const person of allPeople(events)) {
    const { name, city, state } = person
    if (!['OR', 'ID', 'CA'].includes(state)) continue
    for (const { id, category } of auctionsOf.get(person.id) ?? []) {
      if (category === 10) rows.push({ name, city, state, id })
    }
  }
  return rows
}
