/** What the references begin with: the events of one kind, and groups of them. */
import type { Auction, Bid, Event, Person } from '../model.ts'

export const allBids = (events: readonly Event[]): Bid[] => events.filter((event) => event.kind === 'bid')
export const allAuctions = (events: readonly Event[]): Auction[] => events.filter((event) => event.kind === 'auction')
export const allPeople = (events: readonly Event[]): Person[] => events.filter((event) => event.kind === 'person')

export function groupBy<T, K>(values: readonly T[], key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const value of values) {
    const group = groups.get(key(value))
    if (group === undefined) groups.set(key(value), [value])
    else group.push(value)
  }
  return groups
}

/** `2026-01-01T23:59:59.999Z` */
export const timeText = (ms: number): string => new Date(ms).toISOString()
export const dayOf = (ms: number): string => timeText(ms).slice(0, 10)
