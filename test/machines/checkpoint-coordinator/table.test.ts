/** Each row of the coordinator's table in `docs/protocols/checkpoint.md`, in its order. */
import { describe, expect, it } from 'vitest'
import type { SnapshotKind } from '../../../src/core/elements.ts'
import type { CheckpointId, SubtaskId } from '../../../src/core/ids.ts'
import type { MainEffect, MainEvent } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import { coordinatorMachine } from '../../../src/machines/checkpoint-coordinator/machine.ts'
import type {
  CheckpointFailureReason,
  CoordinatorConfig,
} from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import { machineSystem, type Row, tableTest } from '../../../src/testing/machine-harness.ts'
import { a, b, config, on, stranger } from './coordinator-events.ts'

const completed = (id: number, kind: SnapshotKind = 'checkpoint', coversEnd = false, at = 0): MainEvent => ({
  type: 'checkpoint.completed',
  checkpointId: id as CheckpointId,
  kind,
  coversEnd,
  at,
})
const aborted = (
  id: number,
  kind: SnapshotKind = 'checkpoint',
  reason: CheckpointFailureReason = 'CHECKPOINT_SUBSUMED',
  code = 'CHECKPOINT_FAILED',
): MainEvent => ({
  type: 'checkpoint.aborted',
  checkpointId: id as CheckpointId,
  kind,
  reason,
  code,
  message: 'Because.',
  at: 0,
})

const tick = on.timer('interval')
const { running, jobStopping, jobEnded, request, ended, finished } = on
const subtaskEvents = (subtask: SubtaskId) => [ended(subtask), finished(subtask)] as const
const [endedA, finishedA] = subtaskEvents(a)

const active = [running()]
const one = [...active, tick]
const stopping = (kind: SnapshotKind) => [...one, request('stop', kind)]
const givens: Record<string, readonly MainEvent[]> = {
  inactive: [],
  periodic: active,
  'periodic, a ended': [...active, endedA],
  'periodic, b finished': [...active, finished(b)],
  'periodic, 1 pending': one,
  'periodic, 1 pending, r1 waits': [...one, request('r1', 'checkpoint')],
  'periodic, 1 pending, r1 and r2 wait': [...one, request('r1', 'checkpoint'), request('r2', 'checkpoint')],
  'periodic, 1 completed': [...one, completed(1)],
  'periodic, final pending': [...active, endedA, ended(b)],
  'periodic, 1 and savepoint 2 pending': [...one, request('s', 'savepoint')],
  'stopping, 1 and drain 2 pending': stopping('stop-drain'),
  'stopping, 1 and suspend 2 pending': stopping('stop-suspend'),
  'halting, 1 pending': [...stopping('stop-drain'), completed(2, 'stop-drain')],
  'settling, 1 pending': [...one, jobStopping()],
  'settling to the end, 1 pending': [...one, jobStopping(), jobEnded()],
  'ending, 1 pending': [...one, jobEnded()],
  shutdown: [jobEnded()],
}

const periodic = 'active.running.periodic'
const setInterval = (delayMs = 100) => ({ type: 'timer.set', params: { name: 'interval', delayMs } })
const clearInterval = { type: 'timer.clear', params: { name: 'interval' } }
const begin = (id: number, kind: SnapshotKind = 'checkpoint') => ({ type: 'begin', params: { id, kind, attempt: 1 } })
const refuse = (reason: string, code: string, ...ids: string[]) => ({
  type: 'refuse',
  params: { why: { reason, code }, requests: ids.map((requestId) => ({ requestId })) },
})
const tell = (type: string, ...ids: number[]) => ({ type: 'tell', params: { checkpointIds: ids, event: { type } } })
const retire = (...ids: number[]) => ({ type: 'retire', params: { checkpointIds: ids } })
const settled = (latest?: number) => [{ type: 'settled', params: { latest } }]
const report = (what: string) => [{ type: 'report', params: { what } }]

const startRows: Row<MainEvent>[] = [
  { given: 'inactive', event: running(1, 0.5), next: periodic, effects: [setInterval(50)] },
  { given: 'inactive', event: jobStopping(), next: 'inactive', effects: settled() },
  { given: 'inactive', event: jobEnded(), next: 'shutdown', effects: [] },
  {
    given: 'inactive',
    event: request('r', 'checkpoint'),
    next: 'inactive',
    effects: [refuse('NOT_ALL_REQUIRED_TASKS_RUNNING', 'JOB_NOT_RUNNING', 'r')],
  },
  { given: 'inactive', event: on.ack(1, a), condition: 'never was', next: 'inactive', effects: report('unknown') },
  { given: 'inactive', event: endedA, next: 'inactive', effects: report('unexpected') },
]

const triggerRows: Row<MainEvent>[] = [
  { given: 'periodic', event: tick, condition: 'starts', next: periodic, effects: [setInterval(), begin(1)] },
  { given: 'periodic, 1 pending', event: tick, condition: 'waits', next: periodic, effects: [setInterval()] },
  {
    given: 'periodic, 1 pending',
    event: request('s', 'savepoint'),
    condition: 'starts at once',
    next: periodic,
    effects: [begin(2, 'savepoint')],
  },
  {
    given: 'periodic, 1 pending',
    event: request('r1', 'checkpoint'),
    condition: 'has room',
    next: periodic,
    effects: [],
  },
  {
    given: 'periodic, 1 pending, r1 and r2 wait',
    event: request('r3', 'checkpoint'),
    condition: 'no room',
    next: periodic,
    effects: [refuse('TOO_MANY_CHECKPOINT_REQUESTS', 'CHECKPOINT_FAILED', 'r3')],
  },
  {
    given: 'periodic, 1 pending, r1 waits',
    event: request('stop', 'stop-drain'),
    condition: 'a stop',
    next: 'active.stopping',
    effects: [
      clearInterval,
      begin(2, 'stop-drain'),
      refuse('CHECKPOINT_COORDINATOR_SUSPEND', 'CHECKPOINT_FAILED', 'r1'),
    ],
  },
  {
    given: 'periodic, 1 completed',
    event: on.ack(1, a),
    condition: 'is over',
    next: periodic,
    effects: report('late'),
  },
  { given: 'periodic', event: on.timer('timeout/1'), condition: 'is over', next: periodic, effects: report('late') },
  { given: 'periodic', event: running(2), condition: 'again', next: periodic, effects: report('unexpected') },
]

const endOfDataRows: Row<MainEvent>[] = [
  { given: 'periodic', event: endedA, condition: 'not the last', next: periodic, effects: [] },
  { given: 'periodic, a ended', event: ended(b), condition: 'the last', next: periodic, effects: [begin(1)] },
  { given: 'periodic, a ended', event: endedA, condition: 'again', next: periodic, effects: report('unexpected') },
  { given: 'periodic', event: ended(stranger), condition: 'a stranger', next: periodic, effects: report('unexpected') },
  {
    given: 'periodic',
    event: finished(b),
    condition: 'others have not ended',
    next: periodic,
    effects: [tell('subtask.finished')],
  },
  {
    given: 'periodic, a ended',
    event: finished(b),
    condition: 'all others have ended',
    next: periodic,
    effects: [tell('subtask.finished'), begin(1)],
  },
  {
    given: 'periodic, b finished',
    event: finished(b),
    condition: 'again',
    next: periodic,
    effects: report('unexpected'),
  },
  { given: 'periodic', event: finished(a, 7), condition: 'attempt', next: periodic, effects: report('unexpected') },
]

const conclusionRows: Row<MainEvent>[] = [
  {
    given: 'periodic, final pending',
    event: completed(1, 'checkpoint', true),
    condition: 'covers the end',
    next: 'active.halting',
    effects: [clearInterval, tell('checkpoint.subsumed'), retire(), { type: 'refuse', params: { requests: [] } }],
  },
  {
    given: 'periodic, 1 pending, r1 waits',
    event: completed(1),
    condition: 'a place is free',
    next: periodic,
    effects: [tell('checkpoint.subsumed'), retire(), begin(2)],
  },
  {
    given: 'periodic, 1 and savepoint 2 pending',
    event: completed(2, 'savepoint'),
    condition: 'a plain savepoint',
    next: periodic,
    effects: [tell('checkpoint.subsumed'), retire()],
  },
  {
    given: 'periodic, 1 pending',
    event: aborted(1, 'checkpoint', 'CHECKPOINT_EXPIRED'),
    condition: 'one too many',
    next: 'active.halting',
    effects: [clearInterval, { type: 'failJob', params: { code: 'CHECKPOINT_FAILED' } }, 'refuse'],
  },
  {
    given: 'periodic, 1 pending',
    event: aborted(1, 'checkpoint', 'FINALIZE_CHECKPOINT_FAILURE', 'LEASE_LOST'),
    condition: 'fenced',
    next: 'active.halting',
    effects: [clearInterval, { type: 'failJob', params: { code: 'LEASE_LOST' } }, 'refuse'],
  },
  {
    given: 'periodic, final pending',
    event: aborted(1, 'checkpoint', 'CHECKPOINT_DECLINED_TASK_NOT_READY'),
    condition: 'all wait for it',
    next: periodic,
    effects: [clearInterval, setInterval(100)],
  },
  {
    given: 'periodic, 1 pending, r1 waits',
    event: aborted(1),
    condition: 'tolerable',
    next: periodic,
    effects: [begin(2)],
  },
]

const [drain, suspend] = ['stopping, 1 and drain 2 pending', 'stopping, 1 and suspend 2 pending'] as const
const halting = 'halting, 1 pending'
const stoppingRows: Row<MainEvent>[] = [
  {
    given: drain,
    event: request('r', 'savepoint'),
    next: 'active.stopping',
    effects: [refuse('CHECKPOINT_COORDINATOR_SUSPEND', 'CHECKPOINT_FAILED', 'r')],
  },
  { given: drain, event: tick, condition: 'stale', next: 'active.stopping', effects: report('unexpected') },
  {
    given: drain,
    event: completed(2, 'stop-drain'),
    condition: 'the stop',
    next: 'active.halting',
    effects: [tell('checkpoint.subsumed', 1), retire(), 'refuse'],
  },
  {
    given: drain,
    event: completed(1),
    condition: 'another',
    next: 'active.stopping',
    effects: [tell('checkpoint.subsumed'), retire()],
  },
  {
    given: drain,
    event: aborted(2, 'stop-drain', 'CHECKPOINT_DECLINED_TASK_NOT_READY'),
    condition: 'no way back',
    next: 'active.halting',
    effects: ['failJob', 'refuse'],
  },
  {
    given: suspend,
    event: aborted(2, 'stop-suspend', 'CHECKPOINT_DECLINED_TASK_NOT_READY'),
    condition: 'goes on',
    next: periodic,
    effects: [setInterval()],
  },
  { given: suspend, event: aborted(1), condition: 'another', next: 'active.stopping', effects: [] },
  { given: suspend, event: endedA, condition: 'runs', next: 'active.stopping', effects: [] },
  {
    given: suspend,
    event: ended(stranger),
    condition: 'a stranger',
    next: 'active.stopping',
    effects: report('unexpected'),
  },
  {
    given: suspend,
    event: finishedA,
    condition: 'runs',
    next: 'active.stopping',
    effects: [tell('subtask.finished', 1, 2)],
  },
  {
    given: suspend,
    event: finished(stranger),
    condition: 'a stranger',
    next: 'active.stopping',
    effects: report('unexpected'),
  },
  { given: halting, event: request('r', 'savepoint'), next: 'active.halting', effects: ['refuse'] },
  { given: halting, event: completed(1), next: 'active.halting', effects: [tell('checkpoint.subsumed'), retire(1)] },
  { given: halting, event: aborted(1), next: 'active.halting', effects: [] },
]

const endRows: Row<MainEvent>[] = [
  {
    given: 'periodic, 1 pending, r1 waits',
    event: jobStopping(),
    next: 'settling',
    effects: [
      clearInterval,
      refuse('CHECKPOINT_COORDINATOR_SUSPEND', 'CHECKPOINT_FAILED', 'r1'),
      tell('job.stopping', 1),
    ],
  },
  {
    given: 'periodic, 1 completed',
    event: jobStopping(),
    condition: 'nothing in flight',
    next: 'inactive',
    effects: [clearInterval, 'refuse', 'tell', ...settled(1)],
  },
  {
    given: 'periodic, 1 pending, r1 waits',
    event: jobEnded(),
    next: 'ending',
    effects: [clearInterval, refuse('CHECKPOINT_COORDINATOR_SHUTDOWN', 'JOB_NOT_RUNNING', 'r1'), tell('job.ended', 1)],
  },
  { given: 'settling, 1 pending', event: completed(1), next: 'inactive', effects: [retire(), ...settled(1)] },
  { given: 'settling, 1 pending', event: aborted(1), next: 'inactive', effects: settled() },
  { given: 'settling, 1 pending', event: jobEnded(), next: 'settlingToEnd', effects: [] },
  { given: 'settling, 1 pending', event: running(2), next: 'settling', effects: report('unexpected') },
  {
    given: 'settling to the end, 1 pending',
    event: completed(1),
    next: 'shutdown',
    effects: [retire(), ...settled(1)],
  },
  { given: 'settling to the end, 1 pending', event: aborted(1), next: 'shutdown', effects: settled() },
  { given: 'ending, 1 pending', event: completed(1), next: 'shutdown', effects: [retire()] },
  { given: 'ending, 1 pending', event: aborted(1), next: 'shutdown', effects: [] },
  {
    given: 'shutdown',
    event: request('r', 'savepoint'),
    next: 'shutdown',
    effects: [refuse('CHECKPOINT_COORDINATOR_SHUTDOWN', 'JOB_NOT_RUNNING', 'r')],
  },
]

const pausedRows: Row<MainEvent>[] = [
  {
    given: 'one completed at 0',
    event: on.timer('interval', 100),
    condition: 'inside the pause',
    next: periodic,
    effects: [setInterval(500), clearInterval, setInterval(400)],
  },
]

const onDemandRows: Row<MainEvent>[] = [
  { given: 'inactive', event: running(), condition: 'no interval', next: 'active.running.onDemand', effects: [] },
  {
    given: 'b finished',
    event: request('r', 'savepoint'),
    condition: 'not allowed',
    next: 'active.running.onDemand',
    effects: [refuse('NOT_ALL_REQUIRED_TASKS_RUNNING', 'CHECKPOINT_FAILED', 'r')],
  },
]

const tableOf = (
  overrides: Partial<CoordinatorConfig>,
  states: Record<string, readonly MainEvent[]>,
  rows: readonly Row<MainEvent>[],
) => {
  const input = { config: { ...config, ...overrides }, restored: { lastId: 0, completed: [] } } as const
  return tableTest(machineSystem<typeof coordinatorMachine, MainEffect>(coordinatorMachine, input), states, rows)
}

const tables = {
  'the coordinator': tableOf({}, givens, [
    ...startRows,
    ...triggerRows,
    ...endOfDataRows,
    ...conclusionRows,
    ...stoppingRows,
    ...endRows,
  ]),
  'the coordinator with a pause': tableOf(
    { minPauseMs: 500 },
    { 'one completed at 0': [...one, completed(1)] },
    pausedRows,
  ),
  'the coordinator without an interval': tableOf(
    { intervalMs: undefined, afterTasksFinish: false },
    { inactive: [], 'b finished': [running(), finished(b)] },
    onDemandRows,
  ),
}

for (const [title, { cases }] of Object.entries(tables)) {
  describe(title, () => {
    for (const one of cases) it(one.title, one.run)
  })
}

describe("the coordinator's table", () => {
  it('has a row for every edge of the chart', () => {
    const left = Object.values(tables).map((table) => new Set(table.uncovered()))
    expect([...left[0]!].filter((edge) => left.every((set) => set.has(edge)))).toEqual([])
  })
})
