/**
 * The chart of one job's life: attempts, failures and restarts, cancellation, suspension, the end.
 *
 * Owns when an attempt begins and ends and which status the world is told. Does not own checkpoints (the coordinator),
 * how a subtask ends (its own chart), placement (the deployer). The end of an attempt always takes two words in any
 * order: `checkpoints.settled` and the last subtask that is over. Statuses told: CREATED with each deployment, RUNNING
 * when every subtask is up, FAILING, RESTARTING, CANCELLING when they begin, and the last one after the housekeeping.
 *
 * INV-JOB-1 deploy(n + 1) only after every subtask of n is over and its checkpoints have settled; attempts rise by one.
 * INV-JOB-2 complete exactly once, after job.released; nothing is ordered after it.
 * INV-JOB-3 startCheckpoints at most once per attempt, when every subtask is running, ended or finished.
 * INV-JOB-4 stopCheckpoints once per attempt that was deployed, and before release; cancelSubtasks at most once.
 * INV-JOB-5 after a cancel or suspend that was accepted nothing is deployed.
 * INV-JOB-6 the timer restart-delay is set exactly while restarting.
 * INV-JOB-7 an attempt is restored from what `checkpoints.settled` of the one before said.
 * INV-JOB-8 the coordinator is told of ends of the current attempt only, and of none before startCheckpoints.
 * The rows are in `test/machines/job/table.test.ts`, the reasons in `docs/protocols/job.md`.
 */
import { assign, setup } from 'xstate'
import { changes, initialContext, type JobContext, questions, restartDelayMs } from './job-context.ts'
import * as order from './orders.ts'
import type { JobEvent, JobMachineInput } from './protocol.ts'

const endAttempt = (message: string) => [order.stopCheckpoints(message), order.cancelSubtasks] as const
const failAttempt = [
  'judgeFailure',
  order.stopCheckpointsFailing,
  order.cancelSubtasks,
  order.reportFailing('FAILING'),
] as const
/** Too late: it ends already, in its own way. */
const tooLate = { 'cancel.requested': {}, 'suspend.requested': {} } as const
const noteNews = { guard: 'isNews', actions: ['noteStatus'] } as const

export const jobMachine = setup({
  types: { context: {} as JobContext, events: {} as JobEvent, input: {} as JobMachineInput },
  guards: questions,
  delays: { 'restart-delay': ({ context }) => restartDelayMs(context) },
  actions: {
    ...order.effects,
    noteStatus: assign(changes.noteStatus),
    judgeFailure: assign(changes.judgeFailure),
    giveUp: assign(changes.giveUp),
    noteLatest: assign(changes.noteLatest),
    nextAttempt: assign(changes.nextAttempt),
  },
}).createMachine({
  id: 'job',
  context: ({ input }) => initialContext(input),
  initial: 'initializing',
  on: { '*': { actions: [order.reportUnexpected] } },
  states: {
    initializing: {
      on: {
        'job.submitted': { target: 'alive', actions: [order.reportStatus('CREATED'), order.deploy] },
        'job.crashed': { target: 'releasing.failed', actions: ['giveUp', order.release('FAILED')] },
        'cancel.requested': {
          target: 'releasing.canceled',
          actions: [order.reportStatus('CANCELLING'), order.release('CANCELED')],
        },
        'suspend.requested': { target: 'releasing.suspended', actions: [order.release('SUSPENDED')] },
      },
    },
    alive: {
      initial: 'deploying',
      on: {
        'subtask.reported': [
          { guard: 'reportsLost', target: 'failing', actions: ['noteStatus', ...failAttempt] },
          noteNews,
        ],
        'job.crashed': { target: 'failing', actions: [...failAttempt] },
        'cancel.requested': {
          target: 'cancelling',
          actions: [...endAttempt('The job is being canceled.'), order.reportStatus('CANCELLING')],
        },
        'suspend.requested': { target: 'suspending', actions: [...endAttempt('The job is being suspended.')] },
      },
      states: {
        deploying: {
          always: {
            guard: 'allUp',
            target: 'running',
            actions: [order.reportStatus('RUNNING'), order.startCheckpoints],
          },
        },
        running: {
          on: {
            'subtask.reported': [
              { guard: 'reportsEnded', actions: ['noteStatus', order.tellEnd('ended')] },
              { guard: 'reportsFinished', actions: ['noteStatus', order.tellEnd('finished')] },
            ],
          },
          always: {
            guard: 'allFinished',
            target: '#job.finishing',
            actions: [order.stopCheckpoints('The job has finished.')],
          },
        },
      },
    },
    // Everything is processed; a savepoint may still be on its way to the disk.
    finishing: {
      on: {
        ...tooLate,
        'checkpoints.settled': {
          target: 'releasing.finished',
          actions: ['noteLatest', order.release('FINISHED')],
        },
      },
    },
    failing: {
      initial: 'unsettled',
      on: {
        'subtask.reported': [{ guard: 'reportsFatal', actions: ['noteStatus', 'giveUp'] }, noteNews],
        'job.crashed': [
          { guard: 'isFatal', actions: ['giveUp'] },
          {}, // it fails already
        ],
      },
      states: {
        unsettled: {
          on: {
            'checkpoints.settled': { target: 'settled', actions: ['noteLatest'] },
            'cancel.requested': { target: '#job.cancelling.unsettled', actions: [order.reportStatus('CANCELLING')] },
            'suspend.requested': { target: '#job.suspending.unsettled' },
          },
        },
        settled: {
          always: [
            {
              guard: 'mayRestart',
              target: '#job.restarting',
              actions: [order.reportFailing('RESTARTING'), order.reportRestart],
            },
            { guard: 'allOver', target: '#job.releasing.failed', actions: [order.release('FAILED')] },
          ],
          on: {
            'cancel.requested': { target: '#job.cancelling.settled', actions: [order.reportStatus('CANCELLING')] },
            'suspend.requested': { target: '#job.suspending.settled' },
          },
        },
      },
    },
    restarting: {
      after: {
        'restart-delay': {
          target: 'alive',
          actions: ['nextAttempt', order.reportStatus('CREATED'), order.deploy],
        },
      },
      on: {
        'job.crashed': {
          guard: 'isFatal',
          target: 'releasing.failed',
          actions: ['giveUp', order.release('FAILED')],
        },
        'cancel.requested': {
          target: 'releasing.canceled',
          actions: [order.reportStatus('CANCELLING'), order.release('CANCELED')],
        },
        'suspend.requested': { target: 'releasing.suspended', actions: [order.release('SUSPENDED')] },
      },
    },
    cancelling: {
      initial: 'unsettled',
      on: { ...tooLate, 'subtask.reported': noteNews, 'job.crashed': {} },
      states: {
        unsettled: { on: { 'checkpoints.settled': { target: 'settled', actions: ['noteLatest'] } } },
        settled: {
          always: { guard: 'allOver', target: '#job.releasing.canceled', actions: [order.release('CANCELED')] },
        },
      },
    },
    suspending: {
      initial: 'unsettled',
      on: { 'suspend.requested': {}, 'subtask.reported': noteNews, 'job.crashed': {} },
      states: {
        unsettled: {
          on: {
            'checkpoints.settled': { target: 'settled', actions: ['noteLatest'] },
            'cancel.requested': { target: '#job.cancelling.unsettled', actions: [order.reportStatus('CANCELLING')] },
          },
        },
        settled: {
          always: { guard: 'allOver', target: '#job.releasing.suspended', actions: [order.release('SUSPENDED')] },
          on: {
            'cancel.requested': { target: '#job.cancelling.settled', actions: [order.reportStatus('CANCELLING')] },
          },
        },
      },
    },
    releasing: {
      initial: 'finished',
      on: tooLate,
      states: {
        finished: {
          on: {
            'job.released': {
              target: '#job.finished',
              actions: [order.reportStatus('FINISHED'), order.complete('FINISHED')],
            },
          },
        },
        failed: {
          on: {
            'job.released': { target: '#job.failed', actions: [order.reportFailing('FAILED'), order.completeFailed] },
          },
        },
        canceled: {
          on: {
            'job.released': {
              target: '#job.canceled',
              actions: [order.reportStatus('CANCELED'), order.complete('CANCELED')],
            },
          },
        },
        suspended: {
          on: {
            'job.released': {
              target: '#job.suspended',
              actions: [order.reportStatus('SUSPENDED'), order.complete('SUSPENDED')],
            },
          },
        },
      },
    },
    finished: { on: tooLate },
    failed: { on: tooLate },
    canceled: { on: tooLate },
    suspended: { on: tooLate },
  },
})
