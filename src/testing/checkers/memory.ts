/**
 * Edits of a checker's memory: a new value that shares what did not change, or the very same value when nothing did.
 * Fields of a record stand in the order of their names and texts in lists are sorted, so that equal memories are
 * equal as text, too.
 */
export type ByName<Value> = Readonly<Record<string, Value>>

/** No attempt is known: none has begun, or the process that ran it has died. */
export const noAttempt = -1

export function put<Value>(record: ByName<Value>, name: string, value: Value): ByName<Value> {
  if (Object.hasOwn(record, name)) return record[name] === value ? record : { ...record, [name]: value }
  const next: Record<string, Value> = {}
  let placed = false
  for (const other of Object.keys(record)) {
    if (!placed && name < other) {
      next[name] = value
      placed = true
    }
    next[other] = record[other] as Value
  }
  if (!placed) next[name] = value
  return next
}

export function without<Value>(record: ByName<Value>, name: string): ByName<Value> {
  if (!Object.hasOwn(record, name)) return record
  const { [name]: _, ...rest } = record
  return rest
}

/** A set as a sorted list. */
export function withItem<Item extends string | number>(items: readonly Item[], item: Item): readonly Item[] {
  if (items.includes(item)) return items
  const place = items.findIndex((other) => other > item)
  return items.toSpliced(place === -1 ? items.length : place, 0, item)
}

export const withoutItem = <Item extends string | number>(items: readonly Item[], item: Item): readonly Item[] =>
  keep(items, (other) => other !== item)

/** `items.filter(holds)`, or `items` itself when all of them stay. */
export const keep = <Item>(items: readonly Item[], holds: (item: Item) => boolean): readonly Item[] =>
  items.every(holds) ? items : items.filter(holds)

export const sorted = <Item extends string | number>(items: readonly Item[]): readonly Item[] =>
  items.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))

/**
 * A memory with names changed wherever they stand, as keys and as values: for symmetries of subtasks and channels.
 * Lists of texts are sets and are sorted again; other lists keep their order.
 */
export function renamed<Value>(value: Value, rename: (name: string) => string): Value {
  if (typeof value === 'string') return rename(value) as Value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => renamed(item, rename))
    return (items.every((item) => typeof item === 'string') ? sorted(items) : items) as Value
  }
  const entries = Object.entries(value).map(([name, field]) => [rename(name), renamed(field, rename)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) as Value
}
