import type { Event } from '../model.ts'

export function q7(events: readonly Event[]) {
  const bids = events.filter((event) => event.kind === 'bid')
  const highest = new Map<number, number>()
  for (const { dateTime, price } of bids) {
    const end = dateTime - (dateTime % 10_000) + 10_000
    highest.set(end, Math.max(highest.get(end) ?? 0, price))
  }
  return [...highest].flatMap(([end, most]) =>
    bids
      .filter(({ dateTime, price }) => price === most && dateTime >= end - 10_000 && dateTime <= end)
      .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra })),
  )
}
