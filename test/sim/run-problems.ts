/** What is wrong with the output of a simulated run, in sentences; none for a run as good as one without faults. */
import { type Counted, keyOf, records } from './simulated-run.ts'

/** Every record once, and of each key every count once: the same as a run without failures gives. */
export function exactlyOnceProblems(output: readonly Counted[]): string[] {
  const problems = atLeastOnceProblems(output)
  for (const [index, times] of occurrences(output.map(({ index }) => index))) {
    if (times > 1) problems.push(`record ${index} came out ${times} times`)
  }
  const states = output.map(({ key, count }) => `${key} ${count}`)
  for (const [state, times] of occurrences(states))
    if (times > 1) problems.push(`count ${state} came out ${times} times`)
  const highest = new Map<string, number>()
  for (const { key, count } of output) highest.set(key, Math.max(highest.get(key) ?? 0, count))
  for (const [key, count] of highest) {
    const expected = Array.from({ length: records }, (_, i) => keyOf(i)).filter((other) => other === key).length
    if (count !== expected) problems.push(`key ${key} was counted to ${count} instead of ${expected}`)
  }
  return problems
}

/** No record fewer. */
export function atLeastOnceProblems(output: readonly Counted[]): string[] {
  const seen = new Set(output.map(({ index }) => index))
  return Array.from({ length: records }, (_, i) => i)
    .filter((index) => !seen.has(index))
    .map((index) => `record ${index} is lost`)
}

function occurrences<T>(values: readonly T[]): Map<T, number> {
  const times = new Map<T, number>()
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1)
  return times
}
