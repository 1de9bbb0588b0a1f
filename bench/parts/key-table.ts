/** `cyclic` goes through the keys in the order they were made, which caches like; `shuffled` does not. */
export type KeyOrder = 'cyclic' | 'shuffled'

/** The input of most workloads: `keys` distinct strings, in one order or the other. */
export function keyTable(keys: number, order: KeyOrder = 'cyclic'): string[] {
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
