/** Finds what somebody meant who misspelt a name. */

/** The name with the fewest edits from `word`, if those are few for its length; undefined when nothing is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const name of names) {
    const edits = Math.abs(name.length - word.length) >= fewest ? fewest : editDistance(word.toLowerCase(), name)
    if (edits < fewest) {
      best = name
      fewest = edits
    }
  }
  return best
}

/** The number of characters to insert, delete or replace to make one text the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
