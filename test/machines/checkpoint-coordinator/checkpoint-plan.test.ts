import { describe, expect, it } from 'vitest'
import type { SubtaskId } from '../../../src/core/ids.ts'
import {
  planCheckpoint,
  runningSubtasks,
  runs,
  withFinished,
} from '../../../src/machines/checkpoint-coordinator/checkpoint-plan.ts'
import type { TaskPlan } from '../../../src/machines/checkpoint-coordinator/protocol.ts'

const [s0, s1, m0, m1, k0] = ['s/0', 's/1', 'm/0', 'm/1', 'k/0'] as SubtaskId[] as [
  SubtaskId,
  SubtaskId,
  SubtaskId,
  SubtaskId,
  SubtaskId,
]

/** Two sources, each with a map of its own, and one sink that both feed. */
const plan = (...finished: SubtaskId[]): TaskPlan => ({
  tasks: [
    { subtask: s0, predecessors: [] },
    { subtask: s1, predecessors: [] },
    { subtask: m0, predecessors: [s0] },
    { subtask: m1, predecessors: [s1] },
    { subtask: k0, predecessors: [m0, m1] },
  ].map((task) => ({ ...task, finished: finished.includes(task.subtask) })),
})

describe('the plan of a checkpoint', () => {
  it('triggers the sources and waits for all while all run', () => {
    expect(planCheckpoint(plan(), true)).toEqual({ trigger: [s0, s1], wait: [s0, s1, m0, m1, k0], finished: [] })
    expect(planCheckpoint(plan(), false)).toEqual(planCheckpoint(plan(), true))
  })

  it('triggers what has no running predecessor of its own', () => {
    expect(planCheckpoint(plan(s0), true)?.trigger).toEqual([s1, m0])
    expect(planCheckpoint(plan(s0, m0), true)).toEqual({ trigger: [s1], wait: [s1, m1, k0], finished: [s0, m0] })
    expect(planCheckpoint(plan(s0, s1, m0, m1), true)?.trigger).toEqual([k0])
  })

  it('is impossible after some have finished when that is not allowed, and after all have', () => {
    expect(planCheckpoint(plan(s0), false)).toBeUndefined()
    expect(planCheckpoint(plan(s0, s1, m0, m1, k0), true)).toBeUndefined()
    expect(planCheckpoint({ tasks: [] }, true)).toBeUndefined()
  })

  it('follows tasks as they finish', () => {
    expect(withFinished(plan(s0), m0)).toEqual(plan(s0, m0))
    expect(runningSubtasks(plan(s0, s1))).toEqual([m0, m1, k0])
    expect([runs(plan(s0), s0), runs(plan(s0), s1), runs(plan(), 'z/0' as SubtaskId)]).toEqual([false, true, false])
  })
})
