/** Rows of the coordinator's table: how an attempt starts, what triggers a checkpoint, and the end of the data. */
import type { MainEvent } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import type { Row } from '../../../src/testing/machine-harness.ts'
import { a, b, on, stranger } from './coordinator-events.ts'
import {
  begin,
  endedA,
  intervalCleared,
  intervalSet,
  periodic,
  refuse,
  report,
  settled,
  tell,
  tick,
} from './table-words.ts'

const { running, jobStopping, jobEnded, request, ended, finished } = on

export const startRows: Row<MainEvent>[] = [
  { given: 'inactive', event: running(1, 0.5), next: periodic, effects: [intervalSet(50)] },
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

export const triggerRows: Row<MainEvent>[] = [
  { given: 'periodic', event: tick, condition: 'starts', next: periodic, effects: [intervalSet(), begin(1)] },
  { given: 'periodic, 1 pending', event: tick, condition: 'waits', next: periodic, effects: [intervalSet()] },
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
    given: 'periodic, 1 pending, r1 and another periodic wait',
    event: request('r2', 'checkpoint'),
    condition: 'takes the place of the periodic',
    next: periodic,
    effects: [refuse('TOO_MANY_CHECKPOINT_REQUESTS', 'CHECKPOINT_FAILED', undefined)],
  },
  {
    given: 'periodic, 1 pending, r1 and another periodic wait',
    event: tick,
    condition: 'one waits already',
    next: periodic,
    effects: [refuse('TOO_MANY_CHECKPOINT_REQUESTS', 'CHECKPOINT_FAILED', undefined), intervalSet()],
  },
  { given: 'periodic, 1 being removed', event: on.cleaned(1), condition: 'is removed', next: periodic, effects: [] },
  {
    given: 'periodic',
    event: on.cleaned(1),
    condition: 'was not ordered',
    next: periodic,
    effects: report('unexpected'),
  },
  {
    given: 'periodic',
    event: on.timer('another'),
    condition: 'never set',
    next: periodic,
    effects: report('unexpected'),
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
      intervalCleared,
      begin(2, 'stop-drain'),
      refuse('CHECKPOINT_COORDINATOR_SUSPEND', 'CHECKPOINT_FAILED', 'r1'),
    ],
  },
  {
    given: 'periodic, 1 completed',
    event: on.ack(1, a),
    condition: 'is over',
    next: periodic,
    effects: [{ type: 'announce', params: { type: 'acknowledged-late', subtask: a } }, ...report('late')],
  },
  { given: 'periodic', event: on.timer('timeout/1'), condition: 'is over', next: periodic, effects: report('late') },
  { given: 'periodic', event: running(2), condition: 'again', next: periodic, effects: report('unexpected') },
]

export const endOfDataRows: Row<MainEvent>[] = [
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
