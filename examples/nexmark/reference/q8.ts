import type { Event } from '../model.ts'

export function q8(events: readonly Event[]) {
  const startOf = (time: number) => time - (time % 10_000)
  const sold = new Set<string>()
  for (const event of events) if (event.kind === 'auction') sold.add(`${event.seller} ${startOf(event.dateTime)}`)
  const rows = new Map<string, { id: number; name: string; start: number }>()
  for (const event of events) {
    if (event.kind !== 'person') continue
    const start = startOf(event.dateTime)
    if (!sold.has(`${event.id} ${start}`)) continue
    rows.set(`${event.id} ${event.name} ${start}`, { id: event.id, name: event.name, start })
  }
  return [...rows.values()]
}
