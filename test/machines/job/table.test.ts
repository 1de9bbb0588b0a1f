/** Every edge of the job's chart, one row each, and some rows more. Read `protocol.ts` first. */
import { describe, expect, it } from 'vitest'
import { jobMachine } from '../../../src/machines/job/machine.ts'
import type { JobEffect, JobEvent, JobStatus } from '../../../src/machines/job/protocol.ts'
import { machineSystem, type Row, tableTest } from '../../../src/testing/machine-harness.ts'
import { jobOf, on, subtasks } from './alphabet.ts'

const row = (given: string, event: JobEvent, next: string, ...effects: Row<JobEvent>['effects']): Row<JobEvent> => ({
  given,
  event,
  next,
  effects,
})

const effect = (type: JobEffect['type'], params: object) => ({ type, params })
/** Expected effects, in short. */
const fx = {
  deploy: (attempt: number, latest?: number) => effect('deploy', { attempt, latest }),
  start: (attempt: number, finished: number) =>
    effect('startCheckpoints', { attempt, finished: subtasks.slice(0, finished) }),
  stop: (failed?: number) =>
    effect('stopCheckpoints', { failedSubtask: failed === undefined ? undefined : subtasks[failed] }),
  end: (subtask: number, status: 'ended' | 'finished') =>
    effect('tellEnd', { subtask: subtasks[subtask], attempt: 1, status }),
  cancel: (attempt: number) => effect('cancelSubtasks', { attempt }),
  status: (status: JobStatus) => effect('reportStatus', { status, at: on.submitted.at }),
  restart: (attempt: number, delayMs: number) => effect('reportRestart', { attempt, delayMs }),
  timer: (delayMs: number) => effect('timer.set', { name: 'restart-delay', delayMs }),
  release: (status: JobStatus) => effect('release', { status }),
  complete: (status: JobStatus) => effect('complete', { status }),
}

const givens: Record<string, readonly JobEvent[]> = {
  initializing: [],
  deploying: [on.submitted],
  'crashed early': [on.crashed],
  'canceled early': [on.cancel],
  'suspended early': [on.suspend],
  failing: [on.submitted, on.crashed],
  cancelling: [on.submitted, on.cancel],
  suspending: [on.submitted, on.suspend],
  'one of two runs': [on.submitted, on.reported(0, 'running')],
  'one of two has ended': [on.submitted, on.reported(0, 'ended')],
  'one of two has finished': [on.submitted, on.reported(0, 'finished')],
  failed: [on.crashed, on.released],
  canceled: [on.cancel, on.released],
  suspended: [on.suspend, on.released],
  'failing, settled': [on.submitted, on.crashed, on.settled()],
  'suspending, settled': [on.submitted, on.suspend, on.settled()],
  finishing: [on.submitted, on.reported(0, 'finished'), on.reported(1, 'finished')],
  'failing, all over': [on.submitted, on.reported(0, 'finished'), on.reported(1, 'failed')],
  'failing for good, all over': [on.submitted, on.reported(0, 'finished'), on.failedFatally(1)],
  'cancelling, one is left': [on.submitted, on.cancel, on.settled(), on.reported(0, 'finished')],
  'suspending, one is left': [on.submitted, on.suspend, on.settled(), on.reported(0, 'finished')],
  'releasing finished': [on.submitted, on.reported(0, 'finished'), on.reported(1, 'finished'), on.settled()],
  restarting: [on.submitted, on.reported(0, 'finished'), on.reported(1, 'failed'), on.settled()],
  finished: [on.submitted, on.reported(0, 'finished'), on.reported(1, 'finished'), on.settled(), on.released],
  running: [on.submitted, on.reported(0, 'running'), on.reported(1, 'ended')],
  'restarting from 7': [on.submitted, on.reported(0, 'finished'), on.reported(1, 'failed'), on.settled(7)],
  'deploying again': [on.submitted, on.reported(0, 'finished'), on.reported(1, 'failed'), on.settled(7), on.timer()],
  'failing, one is left': [on.submitted, on.crashed, on.settled(), on.reported(0, 'canceled')],
  'failing twice': [
    on.submitted,
    on.reported(0, 'finished'),
    on.reported(1, 'failed'),
    on.settled(),
    on.timer(),
    on.reported(0, 'canceled', 2),
    on.reported(1, 'failed', 2),
  ],
}

const rows: readonly Row<JobEvent>[] = [
  row('initializing', on.submitted, 'alive.deploying', fx.status('CREATED'), fx.deploy(1)),
  row('initializing', on.crashed, 'releasing.failed', fx.release('FAILED')),
  row('initializing', on.settled(), 'initializing', 'report'),
  row('initializing', on.cancel, 'releasing.canceled', fx.status('CANCELLING'), fx.release('CANCELED')),
  row('initializing', on.suspend, 'releasing.suspended', fx.release('SUSPENDED')),
  row('deploying', on.crashed, 'failing.unsettled', 'stopCheckpoints', 'cancelSubtasks', fx.status('FAILING')),
  row('deploying', on.cancel, 'cancelling.unsettled', 'stopCheckpoints', 'cancelSubtasks', fx.status('CANCELLING')),
  row('deploying', on.suspend, 'suspending.unsettled', 'stopCheckpoints', 'cancelSubtasks'),
  row('deploying', on.reported(0, 'running'), 'alive.deploying'),
  row(
    'deploying',
    on.reported(0, 'canceled'),
    'failing.unsettled',
    'stopCheckpoints',
    fx.cancel(1),
    fx.status('FAILING'),
  ),
  row(
    'deploying',
    on.reported(0, 'failed'),
    'failing.unsettled',
    'stopCheckpoints',
    'cancelSubtasks',
    fx.status('FAILING'),
  ),
  row('crashed early', on.cancel, 'releasing.failed'),
  row('crashed early', on.suspend, 'releasing.failed'),
  row('crashed early', on.released, 'failed', fx.status('FAILED'), fx.complete('FAILED')),
  row('canceled early', on.released, 'canceled', fx.status('CANCELED'), fx.complete('CANCELED')),
  row('suspended early', on.released, 'suspended', fx.status('SUSPENDED'), fx.complete('SUSPENDED')),
  row('failing', on.crashed, 'failing.unsettled'),
  row('failing', on.crashedFatally, 'failing.unsettled'),
  row('failing', on.settled(), 'failing.settled'),
  row('failing', on.cancel, 'cancelling.unsettled', fx.status('CANCELLING')),
  row('failing', on.suspend, 'suspending.unsettled'),
  row('failing', on.reported(0, 'running'), 'failing.unsettled'),
  row('failing', on.failedFatally(1), 'failing.unsettled'),
  row('cancelling', on.crashed, 'cancelling.unsettled'),
  row('cancelling', on.settled(), 'cancelling.settled'),
  row('cancelling', on.cancel, 'cancelling.unsettled'),
  row('cancelling', on.suspend, 'cancelling.unsettled'),
  row('cancelling', on.reported(0, 'running'), 'cancelling.unsettled'),
  row('suspending', on.crashed, 'suspending.unsettled'),
  row('suspending', on.settled(), 'suspending.settled'),
  row('suspending', on.cancel, 'cancelling.unsettled', fx.status('CANCELLING')),
  row('suspending', on.suspend, 'suspending.unsettled'),
  row('suspending', on.reported(0, 'running'), 'suspending.unsettled'),
  row('one of two runs', on.reported(1, 'running'), 'alive.running', fx.status('RUNNING'), fx.start(1, 0)),
  row(
    'one of two has finished',
    on.reported(1, 'finished'),
    'finishing',
    fx.status('RUNNING'),
    fx.start(1, 2),
    'stopCheckpoints',
  ),
  row('running', on.reported(0, 'ended'), 'alive.running', fx.end(0, 'ended')),
  row('running', on.reported(0, 'finished'), 'alive.running', fx.end(0, 'finished')),
  row('failed', on.cancel, 'failed'),
  row('failed', on.suspend, 'failed'),
  row('canceled', on.cancel, 'canceled'),
  row('canceled', on.suspend, 'canceled'),
  row('suspended', on.cancel, 'suspended'),
  row('suspended', on.suspend, 'suspended'),
  row('failing, settled', on.cancel, 'cancelling.settled', fx.status('CANCELLING')),
  row('failing, settled', on.suspend, 'suspending.settled'),
  row('suspending, settled', on.cancel, 'cancelling.settled', fx.status('CANCELLING')),
  row('finishing', on.settled(), 'releasing.finished', fx.release('FINISHED')),
  row('finishing', on.cancel, 'finishing'),
  row('finishing', on.suspend, 'finishing'),
  row('failing, all over', on.settled(), 'restarting', fx.status('RESTARTING'), fx.restart(2, 1000), 'timer.set'),
  row('failing for good, all over', on.settled(), 'releasing.failed', fx.release('FAILED')),
  row('cancelling, one is left', on.reported(1, 'finished'), 'releasing.canceled', fx.release('CANCELED')),
  row('suspending, one is left', on.reported(1, 'finished'), 'releasing.suspended', fx.release('SUSPENDED')),
  row('releasing finished', on.released, 'finished', fx.status('FINISHED'), fx.complete('FINISHED')),
  row('restarting', on.crashedFatally, 'releasing.failed', 'timer.clear', fx.release('FAILED')),
  row('restarting', on.cancel, 'releasing.canceled', 'timer.clear', fx.status('CANCELLING'), fx.release('CANCELED')),
  row('restarting', on.suspend, 'releasing.suspended', 'timer.clear', fx.release('SUSPENDED')),
  row('restarting', on.timer(), 'alive.deploying', fx.status('CREATED'), fx.deploy(2)),
  row('finished', on.cancel, 'finished'),
  row('finished', on.suspend, 'finished'),
  // What the edges alone do not show.
  row('running', on.reported(0, 'failed'), 'failing.unsettled', fx.stop(0), fx.cancel(1), fx.status('FAILING')),
  row('running', on.crashed, 'failing.unsettled', fx.stop(), fx.cancel(1), fx.status('FAILING')),
  row('running', on.reported(0, 'running'), 'alive.running'),
  row(
    'one of two has ended',
    on.reported(1, 'running'),
    'alive.running',
    fx.status('RUNNING'),
    effect('startCheckpoints', { attempt: 1, finished: [], ended: [subtasks[0]] }),
  ),
  row(
    'failing, one is left',
    on.reported(1, 'canceled'),
    'restarting',
    fx.status('RESTARTING'),
    fx.restart(2, 1_000),
    fx.timer(1_000),
  ),
  row('restarting from 7', on.timer(), 'alive.deploying', fx.status('CREATED'), fx.deploy(2, 7)),
  row('restarting', on.timer('another'), 'restarting', 'report'),
  row('restarting', on.reported(1, 'failed'), 'restarting', 'report'),
  row('deploying again', on.timer(), 'alive.deploying', 'report'),
  row('deploying again', on.reported(0, 'failed', 1), 'alive.deploying', 'report'),
  row('deploying', on.reported(0, 'running', 2), 'alive.deploying', 'report'),
  row('deploying', on.reported(2, 'failed'), 'alive.deploying', 'report'),
  row('failing twice', on.settled(7), 'releasing.failed', fx.release('FAILED')),
  row('finished', on.released, 'finished', 'report'),
]

describe('the chart of a job', () => {
  const input = jobOf({ strategy: 'fixed-delay', attempts: 1, delayMs: 1_000 })
  const table = tableTest(machineSystem<typeof jobMachine, JobEffect>(jobMachine, input), givens, rows)
  for (const { title, run } of table.cases) it(title, run)

  it('has a row for every edge', () => {
    expect(table.uncovered()).toEqual([])
  })
})
