/**
 * Key groups in parts that hold few enough keys to be compared in memory. Pure.
 * Tests: test/savepoint/key-slices.test.ts.
 */
import type { KeyGroupRange } from '../core/key-groups.ts'
import { limits } from '../core/limits.ts'

/** Ranges of key groups that follow each other, each with at most `max` entries, or of one group. */
export function keySlices(
  counts: ArrayLike<number>,
  max: number = limits.savepointKeysAtOnce,
): readonly KeyGroupRange[] {
  const slices: KeyGroupRange[] = []
  let start = 0
  let sum = 0
  for (let group = 0; group < counts.length; group++) {
    const count = counts[group]!
    if (sum > 0 && sum + count > max) {
      slices.push({ start, end: group - 1 })
      start = group
      sum = 0
    }
    sum += count
  }
  if (sum > 0) slices.push({ start, end: counts.length - 1 })
  return slices
}
