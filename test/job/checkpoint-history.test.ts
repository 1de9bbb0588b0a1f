import { describe, expect, it } from 'vitest'
import type { SnapshotKind } from '../../src/core/elements.ts'
import type { CheckpointId, SubtaskId } from '../../src/core/ids.ts'
import { CheckpointHistory } from '../../src/job/checkpoint-history.ts'

const id = (n: number) => n as CheckpointId
const triggered = (n: number, kind: SnapshotKind = 'checkpoint') =>
  ({
    type: 'triggered',
    checkpointId: id(n),
    kind,
    at: n * 10,
    periodic: true,
    subtasks: 1,
    participants: ['v/0' as SubtaskId],
  }) as const
const completed = (n: number, kind: SnapshotKind = 'checkpoint') =>
  ({ type: 'completed', checkpointId: id(n), kind, at: n * 10 + 5, durationMs: 5, bytes: 1, path: `p${n}` }) as const
const aborted = (n: number) =>
  ({
    type: 'aborted',
    checkpointId: id(n),
    kind: 'checkpoint',
    at: 0,
    reason: 'CHECKPOINT_EXPIRED',
    message: '',
  }) as const
const metrics = { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 }

describe('CheckpointHistory', () => {
  it('counts, and gives the newest first', () => {
    const history = new CheckpointHistory()
    for (const n of [1, 2, 3]) history.add(triggered(n))
    history.add({ type: 'acknowledged', checkpointId: id(1), subtask: 'v/0' as SubtaskId, metrics, at: 12 })
    history.add(completed(1))
    history.add(aborted(2))
    const { counts, history: entries } = history.stats()
    expect(counts).toEqual({ restored: 0, total: 3, inProgress: 1, completed: 1, failed: 1 })
    expect(entries.map(({ triggered: { checkpointId } }) => checkpointId)).toEqual([3, 2, 1])
    expect(entries[2]).toMatchObject({ acknowledged: 1, end: { path: 'p1' } })
    expect(history.sinceTrigger(id(3), 42)).toBe(12)
  })

  it('knows where a restart would go on: not from a plain savepoint, not from an older one that came late', () => {
    const history = new CheckpointHistory()
    expect(history.restorePoint).toBeUndefined()
    history.restoredFrom({ checkpointId: id(9), path: 'p9', at: 0, isSavepoint: true })
    expect(history.restorePoint).toBe(9)
    history.add(completed(10, 'savepoint'))
    expect(history.restorePoint).toBe(9)
    history.add(completed(12))
    history.add(completed(11))
    expect(history.restorePoint).toBe(12)
    history.add(completed(13, 'stop-suspend'))
    expect(history.restorePoint).toBe(13)
  })

  it('starts its own count of restore points whatever the id of what it started from', () => {
    const history = new CheckpointHistory()
    history.restoredFrom({ checkpointId: id(50), path: 'p', at: 0, isSavepoint: false })
    history.add(completed(2))
    expect(history.restorePoint).toBe(2)
  })

  it('keeps a hundred entries and all counts', () => {
    const history = new CheckpointHistory()
    for (let n = 1; n <= 250; n++) {
      history.add(triggered(n))
      history.add(completed(n))
    }
    const { counts, history: entries } = history.stats()
    expect(entries).toHaveLength(100)
    expect(counts).toMatchObject({ total: 250, completed: 250, inProgress: 0 })
  })
})
