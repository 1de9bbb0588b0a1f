/** Each row of the coordinator's table in `docs/protocols/checkpoint.md`; those of its beginning are in `running-rows.ts`. */
import { describe, expect, it } from 'vitest'
import type { MainEffect, MainEvent } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import { coordinatorMachine } from '../../../src/machines/checkpoint-coordinator/machine.ts'
import type { CoordinatorConfig } from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import type { Row } from '../../../src/testing/machine-harness.ts'
import { machineSystem } from '../../../src/testing/machine-system.ts'
import { tableTest } from '../../../src/testing/machine-table.ts'
import { b, config, on, stranger } from './coordinator-events.ts'
import { endOfDataRows, startRows, triggerRows } from './running-rows.ts'
import {
  aborted,
  begin,
  completed,
  endedA,
  endForGood,
  finishedA,
  givens,
  intervalCleared,
  intervalSet,
  leftBehind,
  one,
  periodic,
  refuse,
  report,
  retire,
  settled,
  tell,
  tick,
} from './table-words.ts'

const { running, jobStopping, jobEnded, request, ended, finished } = on

const conclusionRows: Row<MainEvent>[] = [
  {
    given: 'periodic, final pending',
    event: completed(1, 'checkpoint', true),
    condition: 'covers the end',
    next: 'active.halting',
    effects: [intervalCleared, tell('checkpoint.subsumed'), retire(), { type: 'refuse', params: { requests: [] } }],
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
    effects: [intervalCleared, { type: 'failJob', params: { code: 'CHECKPOINT_FAILED' } }, 'refuse'],
  },
  {
    given: 'periodic, 1 pending',
    event: aborted(1, 'checkpoint', 'FINALIZE_CHECKPOINT_FAILURE', 'LEASE_LOST'),
    condition: 'fenced',
    next: 'active.halting',
    effects: [intervalCleared, { type: 'failJob', params: { code: 'LEASE_LOST' } }, 'refuse'],
  },
  {
    given: 'periodic, final pending',
    event: aborted(1, 'checkpoint', 'CHECKPOINT_DECLINED_TASK_NOT_READY'),
    condition: 'all wait for it',
    next: periodic,
    effects: [intervalCleared, intervalSet(100)],
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
  {
    given: drain,
    event: tick,
    condition: 'stale',
    next: 'active.stopping',
    effects: [refuse('PERIODIC_SCHEDULER_SHUTDOWN', 'CHECKPOINT_FAILED', undefined)],
  },
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
    effects: [intervalSet()],
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
  { given: halting, event: leftBehind(1), condition: 'left', next: 'active.halting', effects: [endForGood] },
  { given: suspend, event: leftBehind(2), condition: 'left', next: 'active.halting', effects: [endForGood, 'refuse'] },
]

const endRows: Row<MainEvent>[] = [
  {
    given: 'periodic, 1 pending, r1 waits',
    event: jobStopping(),
    next: 'settling',
    effects: [
      intervalCleared,
      refuse('CHECKPOINT_COORDINATOR_SUSPEND', 'CHECKPOINT_FAILED', 'r1'),
      tell('job.stopping', 1),
    ],
  },
  {
    given: 'periodic, 1 completed',
    event: jobStopping(),
    condition: 'nothing in flight',
    next: 'inactive',
    effects: [intervalCleared, 'refuse', 'tell', ...settled(1)],
  },
  {
    given: 'periodic, 1 pending, r1 waits',
    event: jobEnded(),
    next: 'ending',
    effects: [
      intervalCleared,
      refuse('CHECKPOINT_COORDINATOR_SHUTDOWN', 'JOB_NOT_RUNNING', 'r1'),
      tell('job.ended', 1),
    ],
  },
  { given: 'settling, 1 pending', event: completed(1), next: 'inactive', effects: [retire(), ...settled(1)] },
  { given: 'settling, 1 pending', event: aborted(1), next: 'inactive', effects: settled() },
  {
    given: 'settling, 1 pending',
    event: leftBehind(1),
    condition: 'left',
    next: 'inactive',
    effects: [endForGood, ...settled()],
  },
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
    effects: [
      intervalSet(500),
      intervalCleared,
      refuse('MINIMUM_TIME_BETWEEN_CHECKPOINTS', 'CHECKPOINT_FAILED', undefined),
      intervalSet(400),
    ],
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
