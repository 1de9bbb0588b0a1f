/** A source that stands still before its end, so that a process can be killed or stopped in the middle of its input. */
import type { Source } from '../../src/index.ts'

export interface Hold {
  /** Records that all subtasks of this process give together; undefined for no limit. */
  readonly after: number | undefined
  readonly parallelism: number
  /** So many more records have been given. */
  readonly heard?: (records: number) => void
}

export const heldSource = <T>(source: Source<T>, { after, parallelism, heard }: Hold): Source<T> => ({
  ...source,
  createReader(context, restored) {
    const reader = source.createReader(context, restored)
    let left = after === undefined ? Number.POSITIVE_INFINITY : Math.ceil(after / parallelism)
    return {
      poll(max) {
        if (left <= 0) return { type: 'waiting' }
        const found = reader.poll(Math.min(max, left))
        if (found.type === 'records') {
          left -= found.values.length
          heard?.(found.values.length)
        }
        return found
      },
      snapshot: () => reader.snapshot(),
      notifyCompleted: (checkpoint) => reader.notifyCompleted?.(checkpoint),
      close: () => reader.close(),
    }
  },
})
