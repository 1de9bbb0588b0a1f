/** Intervals of joins, without saying what is usual. */
import type { JoinInterval } from '../../../src/operators/joins/interval-join.ts'

export const interval = (lowerMs: number, upperMs: number, more: Partial<JoinInterval> = {}): JoinInterval => ({
  lowerMs,
  upperMs,
  lowerExclusive: false,
  upperExclusive: false,
  leftLate: undefined,
  rightLate: undefined,
  ...more,
})
