/** How a state changed, in as few words as a person needs. */
const changesMax = 6
const charactersMax = 60

/** `value: idle → paying, sum: 3 → 2`; nothing when it stayed as it was. */
export function describeChange(before: unknown, after: unknown): string | undefined {
  const changes: string[] = []
  collect('', before, after, changes)
  if (changes.length === 0) return undefined
  const left = changes.length - changesMax
  return [...changes.slice(0, changesMax), ...(left > 0 ? [`and ${left} more`] : [])].join(', ')
}

/** The part of a state that names it: the `value` of a chart's state, or all of it. */
export function stateLabel(state: unknown): unknown {
  if (typeof state === 'object' && state !== null && 'value' in state && 'context' in state) return state.value
  return state
}

/** A plain value in one short line. */
export function shortText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text
}

function collect(path: string, before: unknown, after: unknown, changes: string[]): void {
  if (Object.is(before, after)) return
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(path === '' ? key : `${path}.${key}`, before[key], after[key], changes)
    }
    return
  }
  const [from, to] = [shortText(before), shortText(after)]
  if (JSON.stringify(before) === JSON.stringify(after)) return
  changes.push(`${path === '' ? '' : `${path}: `}${from} → ${to}`)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Map || value instanceof Set)
