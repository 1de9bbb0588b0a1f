/**
 * What a workload is to the runner: a name, and a function that does the work once, checks its result, and says how
 * much it did in which time. Each repetition runs in a process of its own, so that no workload warms up another.
 */
export interface Sizes {
  /** Records of a throughput workload. */
  readonly records: number
  readonly keys: number
  /** Repetitions of a latency workload. */
  readonly triggers: number
}

export interface Measurement {
  readonly value: number
  readonly unit: 'records/s' | 'ms'
}

export interface Workload {
  readonly name: string
  readonly about: string
  run(sizes: Sizes): Promise<Measurement>
}

export const sizes: Readonly<Record<'smoke' | 'small' | 'full', Sizes>> = {
  smoke: { records: 200_000, keys: 10_000, triggers: 5 },
  small: { records: 20_000_000, keys: 100_000, triggers: 100 },
  full: { records: 60_000_000, keys: 100_000, triggers: 500 },
}

/** `cyclic` goes through the keys in the order they were made, which caches like; `shuffled` does not. */
export type KeyOrder = 'cyclic' | 'shuffled'

/** The input: `keys` distinct strings, in one order or the other. */
export function keyTable(keys: number, order: KeyOrder): string[] {
  const table = Array.from({ length: keys }, (_, i) => `key-${i}`)
  if (order === 'cyclic') return table
  let state = 42
  for (let i = keys - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = state % (i + 1)
    ;[table[i], table[j]] = [table[j]!, table[i]!]
  }
  return table
}

/** Milliseconds since an arbitrary start. */
export const clockMs = (): number => performance.now()

/** The sum of all counts must be the number of records, or the speed does not count. */
export function checkTotal(what: string, total: number, expected: number): void {
  if (total !== expected) throw new Error(`${what} counted ${total} records: expected ${expected}.`)
}
