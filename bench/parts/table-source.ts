/**
 * Gives a table over and over until so many records are given, in as many subtasks as wanted: the cheapest source that
 * can be replayed, since its position is a number.
 */
import type { Source } from 'tidemark'

export const tableSource = <T>(table: readonly T[], records: number): Source<T> => ({
  kind: 'table',
  bounded: true,
  replayable: true,
  createReader({ subtaskIndex, parallelism }, restored) {
    // Each subtask begins elsewhere in the table, so that they do not all go through the same keys at the same time.
    const first = Math.floor((table.length * subtaskIndex) / parallelism)
    const share =
      Math.floor((records * (subtaskIndex + 1)) / parallelism) - Math.floor((records * subtaskIndex) / parallelism)
    let position = (restored as number | undefined) ?? 0
    return {
      poll(max) {
        if (position >= share) return { type: 'end' }
        const start = (first + position) % table.length
        const values = table.slice(start, Math.min(start + max, table.length, start + share - position))
        position += values.length
        return { type: 'records', values }
      },
      snapshot: () => position,
      close() {},
    }
  },
})
