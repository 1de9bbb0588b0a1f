import type { Event } from '../model.ts'

export function q5(events: readonly Event[]) {
  const countsOf = new Map<number, Map<number, number>>()
  for (const event of events) {
    if (event.kind !== 'bid') continue
    const { auction, dateTime } = event
    // Windows end every 2 s, and the last one that the bid is in begins at or before it.
    const first = dateTime - (dateTime % 2_000) + 2_000
    for (let end = first; end < first + 10_000; end += 2_000) {
      const counts = countsOf.get(end) ?? new Map<number, number>()
      countsOf.set(end, counts)
      counts.set(auction, (counts.get(auction) ?? 0) + 1)
    }
  }
  return [...countsOf].flatMap(([end, counts]) => {
    let most = 0
    for (const count of counts.values()) most = Math.max(most, count)
    return [...counts].filter(([, count]) => count === most).map(([auction, count]) => ({ auction, count, end }))
  })
}
