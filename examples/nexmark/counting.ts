import type { AggregateFunction } from 'tidemark'

/** How many there are. */
export const counting: AggregateFunction<unknown, number, number> = {
  createAccumulator: () => 0,
  add: (_value, count) => count + 1,
  getResult: (count) => count,
  merge: (a, b) => a + b,
}
