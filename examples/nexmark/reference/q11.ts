import type { Event } from '../model.ts'

export function q11(events: readonly Event[]) {
  const timesOf = new Map<number, number[]>()
  for (const event of events) {
    if (event.kind !== 'bid') continue
    const times = timesOf.get(event.bidder) ?? []
    timesOf.set(event.bidder, times)
    times.push(event.dateTime)
  }
  const rows: { bidder: number; count: number; start: number; end: number }[] = []
  for (const [bidder, times] of timesOf) {
    let session: (typeof rows)[number] | undefined
    for (const time of times.sort((a, b) => a - b)) {
      // What touches the end of a session is still in it.
      if (session === undefined || time > session.end) {
        session = { bidder, count: 0, start: time, end: 0 }
        rows.push(session)
      }
      session.count += 1
      session.end = time + 10_000
    }
  }
  return rows
}
