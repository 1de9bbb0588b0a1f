import type { Event } from '../model.ts'

/** When a bid is processed is not known here: only how many there are of each bidder in all. */
export function q12(events: readonly Event[]) {
  return events.filter((event) => event.kind === 'bid').map(({ bidder }) => ({ bidder }))
}
