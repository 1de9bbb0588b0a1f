/** Plain values as text and compared: equal text for equal values, whatever the order of their fields. */

/** A text that is equal exactly for equal values. Fields that are undefined count as absent. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (value instanceof Map) return `Map${canonical([...value].map(canonical).sort())}`
  if (value instanceof Set) return `Set${canonical([...value].map(canonical).sort())}`
  const fields: string[] = []
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== undefined) fields.push(`${JSON.stringify(key)}:${canonical(field)}`)
  }
  return `{${fields.join()}}`
}

/** Does `actual` have everything that `wanted` asks for? Objects may have more fields; arrays match item by item. */
export function matches(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return Object.is(actual, wanted)
  if (typeof actual !== 'object' || actual === null) return false
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) && actual.length === wanted.length && wanted.every((item, i) => matches(actual[i], item))
    )
  }
  const fields = actual as Record<string, unknown>
  return Object.entries(wanted).every(([key, field]) => matches(fields[key], field))
}
