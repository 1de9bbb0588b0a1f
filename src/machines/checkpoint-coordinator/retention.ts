/** Which completed checkpoints are kept: the newest `retained`. Pins are the storage's matter. Pure. */
import type { CheckpointId } from '../../core/ids.ts'

export interface Retention {
  /** Kept, oldest first. */
  readonly kept: readonly CheckpointId[]
  readonly retired: readonly CheckpointId[]
}

/** Adds a completed checkpoint; one that is older than all that are kept may be retired at once. */
export function retain(completed: readonly CheckpointId[], id: CheckpointId, retained: number): Retention {
  const all = [...completed.filter((other) => other !== id), id].sort((a, b) => a - b)
  const cut = Math.max(0, all.length - Math.max(1, retained))
  return { kept: all.slice(cut), retired: all.slice(0, cut) }
}

export const newest = (completed: readonly CheckpointId[]): CheckpointId | undefined => completed.at(-1)
