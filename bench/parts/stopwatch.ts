/** Milliseconds since an arbitrary start. */
export const clockMs = (): number => performance.now()

/** How many of something went by in a second, since `startMs`. */
export const rateSince = (startMs: number, count: number): number => count / ((clockMs() - startMs) / 1_000)

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
