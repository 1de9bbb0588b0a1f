/**
 * The watermark of an operator in its snapshots: what was late stays late after a restore.
 *
 * It is one item of a union list, so that at any parallelism every subtask begins with the lowest of all. So a subtask that has
 * none yet says that, too: its records that were on their way are not late because others had come further. The last watermark of
 * all is not stored: a drained job that is begun again gets new records, which are not late.
 */
import { maxWatermark } from '../core/elements.ts'
import { DividedState } from '../core/operator-state.ts'

/** The name of the list, which no program declares. */
export const watermarkList = '$watermark'

/** `state` with the watermark, which is minus infinity when there is none yet; `state` itself when it is the last one of all. */
export function withWatermark(state: DividedState | undefined, watermark: number): DividedState | undefined {
  if (watermark >= maxWatermark.timestamp) return state
  const lists = new Map(state?.lists)
  return new DividedState(lists.set(watermarkList, { mode: 'union', items: [watermark] }))
}

/** Minus infinity when there is none. */
export function restoredWatermark(restored: unknown): number {
  const items = restored instanceof DividedState ? restored.items(watermarkList) : []
  const watermarks = items.filter((item) => typeof item === 'number')
  return watermarks.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...watermarks)
}
