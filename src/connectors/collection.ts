/** Records from an array of the program. Its position is the index of the next record. */
import type { Source } from '../operators/endpoints.ts'
import { type PositionState, restoredPosition } from './position.ts'

/**
 * A bounded, replayable source of the records of an array, in order, read by one subtask.
 *
 * The array must not change while the job runs, and must be the same when the job is resumed.
 * Fails with `RESTORE_STATE_INCOMPATIBLE` when restored from the state of another connector.
 *
 * @example
 * env.fromSource(fromCollection(['to', 'be', 'or'])).sinkTo(print())
 */
export function fromCollection<T>(items: readonly T[]): Source<T> {
  return {
    kind: 'collection',
    bounded: true,
    replayable: true,
    parallelism: 1,
    createReader(context, restored) {
      let position = restoredPosition(context, restored)
      return {
        poll(max) {
          if (position >= items.length) return { type: 'end' }
          const values = items.slice(position, position + max)
          position += values.length
          return { type: 'records', values }
        },
        snapshot: (): PositionState => ({ position }),
        close() {},
      }
    },
  }
}
