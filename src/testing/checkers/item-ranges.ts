/** Sets of positions in a stream as sorted ranges that do not touch, each with a label: the newest transaction in it. */

/** First, last (inclusive), label. */
export type Range = readonly [number, number, number]

/** The parts of `first` to `last` that are in none of the ranges. */
export function missingFrom(
  ranges: readonly Range[],
  first: number,
  last: number,
): readonly (readonly [number, number])[] {
  const missing: (readonly [number, number])[] = []
  let next = first
  for (const [from, to] of ranges) {
    if (to < next) continue
    if (from > last) break
    if (from > next) missing.push([next, from - 1])
    next = to + 1
  }
  if (next <= last) missing.push([next, last])
  return missing
}

/** A range that overlaps `first` to `last`, if any. */
export const overlapping = (ranges: readonly Range[], first: number, last: number): Range | undefined =>
  ranges.find(([from, to]) => from <= last && to >= first)

/** With `first` to `last`; ranges that touch become one, with the higher label. */
export function withRange(ranges: readonly Range[], first: number, last: number, label: number): readonly Range[] {
  const [inside] = ranges.filter(([from, to, old]) => from <= first && to >= last && old >= label)
  if (inside !== undefined) return ranges
  const apart = ranges.filter(([from, to]) => to < first - 1 || from > last + 1)
  const near = ranges.filter(([from, to]) => to >= first - 1 && from <= last + 1)
  const merged: Range = [
    Math.min(first, ...near.map(([from]) => from)),
    Math.max(last, ...near.map(([, to]) => to)),
    Math.max(label, ...near.map(([, , old]) => old)),
  ]
  return [...apart, merged].sort((a, b) => a[0] - b[0])
}
