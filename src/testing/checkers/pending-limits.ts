/**
 * S13. Never more checkpoints pending than `maxConcurrent`, nor savepoints than `savepointsMax`: they have room of their
 * own. A periodic checkpoint begins no sooner than `minPauseMs` after the last completion of a checkpoint or stop-savepoint
 * in the same process. A clock that goes back proves nothing.
 */
import { isSavepoint } from '../../core/elements.ts'
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { withItem, withoutItem } from './memory.ts'

interface Memory {
  readonly maxConcurrent: number
  readonly savepointsMax: number
  readonly minPauseMs: number
  readonly checkpoints: readonly number[]
  readonly savepoints: readonly number[]
  /** Of the last completion; null without a pause, where nobody asks. */
  readonly completedAt: number | null
}

function trigger(memory: Memory, { checkpointId: id, kind, periodic, at }: FactOf<'triggered'>) {
  const { completedAt, minPauseMs, maxConcurrent, savepointsMax } = memory
  if (periodic && completedAt !== null && at >= completedAt && at < completedAt + minPauseMs) {
    return violation(`Checkpoint ${id} began ${at - completedAt} ms after a completion, the pause is ${minPauseMs} ms.`)
  }
  if (isSavepoint(kind)) {
    const savepoints = withItem(memory.savepoints, id)
    if (savepoints.length <= savepointsMax) return { ...memory, savepoints }
    return violation(`${savepoints.length} savepoints are pending, at most ${savepointsMax} may be.`)
  }
  const checkpoints = withItem(memory.checkpoints, id)
  if (checkpoints.length <= maxConcurrent) return { ...memory, checkpoints }
  return violation(`${checkpoints.length} checkpoints are pending, at most ${maxConcurrent} may be.`)
}

const end = (memory: Memory, id: number): Memory => ({
  ...memory,
  checkpoints: withoutItem(memory.checkpoints, id),
  savepoints: withoutItem(memory.savepoints, id),
})

const none = { checkpoints: [], savepoints: [], completedAt: null } as const

export const pendingLimits = defineChecker<Memory>({
  name: 'S13',
  title: 'Pending checkpoints and savepoints keep their bounds, and periodic ones the pause.',
  initial: { maxConcurrent: 1, savepointsMax: 1, minPauseMs: 0, ...none },
  on: {
    'run.began': (_, { maxConcurrent, savepointsMax, minPauseMs }) => ({
      maxConcurrent,
      savepointsMax,
      minPauseMs,
      ...none,
    }),
    'process.died': (memory) => ({ ...memory, ...none }),
    triggered: trigger,
    completed: (memory, { checkpointId, kind, at }) => {
      const counts = memory.minPauseMs > 0 && kind !== 'savepoint'
      return { ...end(memory, checkpointId), completedAt: counts ? at : memory.completedAt }
    },
    aborted: (memory, { checkpointId }) => end(memory, checkpointId),
  },
})
