/**
 * The coordinator's chart: when a checkpoint begins, and what the end of one means for the job.
 *
 * Owns ids, the queue of requests, retention, the count of failures, the final checkpoint of bounded jobs, and the
 * word that everything has settled. Does not own whether a pending checkpoint completes (`pending-machine.ts`), barriers
 * (subtask), bytes (storage), restart (job). The invariants, checked by the walks over both charts together:
 *
 * INV-CC-1 ids rise and are never reused, also after a restore. INV-CC-2 never more than `maxConcurrent` checkpoints are
 * pending, nor more than `savepointsMax` savepoints; if `unaligned`, both together are no more than `maxConcurrent`.
 * INV-CC-3 when inactive or shut down, nothing is pending, nothing waits, no timer is set.
 * INV-CC-4 `notifyComplete` follows `manifest.stored` (of a stop-savepoint: `savepoint.published`), and never comes for a
 * plain savepoint. INV-CC-5 nothing is discarded whose manifest is being stored or is stored, and nothing twice.
 * INV-CC-6 a request is answered exactly once. INV-CC-7 a checkpoint ends once, completed or aborted. INV-CC-8 `settled`
 * answers `job.stopping` once, when nothing is in flight, with the newest restore point. INV-CC-9 the timer `timeout/<id>`
 * is set exactly while that checkpoint collects. INV-CC-10 nothing begins while a stop-savepoint is pending or once the job
 * is to end. INV-CC-11 the newest restore point is never retired, and it never goes back. INV-CC-12 a manifest is
 * stored only when every participant of the attempt has acknowledged. INV-CC-13 while running, no request waits after a step
 * for whose kind there is room: so between two starts of savepoints a waiting checkpoint that could start does, and
 * savepoints asked for without end never hold up a checkpoint, nor the other way round. INV-CC-14 savepoints start in the
 * order in which they were asked for. INV-CC-15 nothing begins while more than `maxConcurrent` checkpoints are being
 * removed, and each order to remove one is counted until it is answered (or is that of a pending checkpoint that withdraws).
 * With these two exceptions INV-CC-13 holds. INV-CC-16 a stop-savepoint whose manifest is stored is aborted only when the order
 * to remove it is answered; if it is not gone then, because that has failed or a pin keeps it, the job fails for good.
 */
import { assign, setup } from 'xstate'
import { isStop } from '../../core/elements.ts'
import { effect } from '../step.ts'
import {
  admitted,
  adoptAttempt,
  type CoordinatorContext,
  type CoordinatorInput,
  decision,
  effectiveIntervalMs,
  endsLast,
  evicted,
  initialContext,
  isBeingCleaned,
  isCurrent,
  periodicHasRoom,
  retryMs,
  verdict,
  withAborted,
  withCleaned,
  withCompleted,
  withEnded,
  withNextBegun,
  withOwnRequest,
  withoutNext,
  withRequest,
  withTaskFinished,
} from './coordinator-context.ts'
import type { MainParams } from './coordinator-effects.ts'
import * as say from './coordinator-effects.ts'
import { withVerdictPassed } from './failure-counter.ts'
import type { MainEvent } from './inner-protocol.ts'

const setupCoordinator = setup({
  types: { context: {} as CoordinatorContext, events: {} as MainEvent, input: {} as CoordinatorInput },
  actions: {
    adopt: assign(({ context, event }) => (event.type === 'job.running' ? adoptAttempt(context, event) : context)),
    enqueue: assign(({ context, event }) =>
      event.type === 'checkpoint.requested' ? withRequest(context, event) : context,
    ),
    enqueuePeriodic: assign(({ context, event }) => withOwnRequest(context, 'periodic', event.at)),
    enqueueFinal: assign(({ context, event }) => withOwnRequest(context, 'final', event.at)),
    scheduleNext: assign(({ context }) => ({ nextTriggerMs: effectiveIntervalMs(context.config) })),
    scheduleRetry: assign(({ context }) => ({ nextTriggerMs: retryMs(context) })),
    scheduleAfterPause: assign(({ context, event }) => {
      const next = decision(context, event.at)
      return next.type === 'too-soon' ? { nextTriggerMs: next.remainingMs } : {}
    }),
    takeNext: assign(({ context, event }) => withNextBegun(context, event.at)),
    dropNext: assign(({ context, event }) => withoutNext(context, event.at)),
    clearQueue: assign({ queue: [] }),
    noteEnded: assign(({ context, event }) =>
      event.type === 'subtask.ended' ? withEnded(context, event.subtask) : context,
    ),
    noteFinished: assign(({ context, event }) =>
      event.type === 'subtask.finished' ? withTaskFinished(context, event.subtask) : context,
    ),
    noteCompleted: assign(({ context, event }) =>
      event.type === 'checkpoint.completed' ? withCompleted(context, event) : context,
    ),
    noteAborted: assign(({ context, event }) =>
      event.type === 'checkpoint.aborted' ? withAborted(context, event) : context,
    ),
    noteCleaned: assign(({ context, event }) =>
      event.type === 'storage.cleaned' ? withCleaned(context, event) : context,
    ),
    countFailuresAnew: assign(({ context }) => ({ failures: withVerdictPassed(context.failures) })),
    begin: effect<MainParams<'begin'>>(),
    tell: effect<MainParams<'tell'>>(),
    refuse: effect<MainParams<'refuse'>>(),
    retire: effect<MainParams<'retire'>>(),
    settled: effect<MainParams<'settled'>>(),
    failJob: effect<MainParams<'failJob'>>(),
    announce: effect<MainParams<'announce'>>(),
    report: effect<MainParams<'report'>>(),
  },
  guards: {
    isPeriodic: ({ context }) => context.config.intervalMs !== undefined,
    hasRoom: ({ context, event }) => event.type === 'checkpoint.requested' && admitted(context, event) !== undefined,
    evicts: ({ context }) => evicted(context) !== undefined,
    periodicHasRoom: ({ context }) => periodicHasRoom(context),
    isInterval: ({ event }) => event.type === 'timer.fired' && event.name === 'interval',
    isLate: ({ context, event }) => event.type === 'subtask.acknowledged' && event.checkpointId <= context.lastId,
    isBeingCleaned: ({ context, event }) => event.type === 'storage.cleaned' && isBeingCleaned(context, event),
    nextIsStop: ({ context, event }) => {
      const next = decision(context, event.at)
      return next.type === 'start' && isStop(next.request.kind)
    },
    nextStarts: ({ context, event }) => decision(context, event.at).type === 'start',
    nextIsTooSoon: ({ context, event }) => decision(context, event.at).type === 'too-soon',
    nextIsRefused: ({ context, event }) => decision(context, event.at).type === 'refuse',
    isCurrent: ({ context, event }) =>
      (event.type === 'subtask.ended' || event.type === 'subtask.finished') && isCurrent(context, event),
    isLastToEnd: ({ context, event }) =>
      (event.type === 'subtask.ended' || event.type === 'subtask.finished') &&
      isCurrent(context, event) &&
      endsLast(context, event),
    coversEnd: ({ event }) => event.type === 'checkpoint.completed' && event.coversEnd && event.kind !== 'savepoint',
    isStopSavepoint: ({ event }) =>
      (event.type === 'checkpoint.completed' || event.type === 'checkpoint.aborted') && isStop(event.kind),
    endsTheJob: ({ context, event }) =>
      event.type === 'checkpoint.aborted' &&
      ['left', 'drained', 'fenced', 'exceeded'].includes(verdict(context, event)),
    isLeft: ({ context, event }) => event.type === 'checkpoint.aborted' && verdict(context, event) === 'left',
    leavesEndUncovered: ({ context, event }) =>
      event.type === 'checkpoint.aborted' && verdict(context, event) === 'final',
    nothingInFlight: ({ context }) => context.inFlight.length === 0,
  },
  delays: { interval: ({ context }) => context.nextTriggerMs },
})

const afterPause = [say.refuseNext(say.tooSoon), 'scheduleAfterPause', 'dropNext'] as const
const endTheJob = [say.failJob, 'noteAborted', 'countFailuresAnew'] as const
/** Of a job that fails or ends: it must not go on from an older restore point than the next process would. */
const aborted = [{ guard: 'isLeft', actions: [say.failJob, 'noteAborted'] }, { actions: 'noteAborted' }] as const
const completed = ['noteCompleted', say.retireOld] as const
const completedAmongOthers = [say.subsumeOlder, 'noteCompleted', say.retireOld] as const

export const coordinatorMachine = setupCoordinator.createMachine({
  id: 'coordinator',
  context: ({ input }) => initialContext(input),
  initial: 'inactive',
  states: {
    inactive: {
      on: {
        'job.running': { target: 'active', actions: 'adopt' },
        'job.stopping': { actions: say.settled },
        'job.ended': 'shutdown',
      },
    },
    active: {
      initial: 'running',
      states: {
        running: {
          initial: 'choosing',
          states: {
            choosing: { always: [{ guard: 'isPeriodic', target: 'periodic' }, { target: 'onDemand' }] },
            periodic: {
              after: {
                interval: [
                  {
                    guard: 'periodicHasRoom',
                    target: 'periodic',
                    reenter: true,
                    actions: ['enqueuePeriodic', 'scheduleNext'],
                  },
                  { target: 'periodic', reenter: true, actions: [say.refusePeriodic(say.tooMany), 'scheduleNext'] },
                ],
              },
            },
            onDemand: {},
          },
          always: [
            { guard: 'nextIsStop', target: 'stopping', actions: [say.begin, 'takeNext'] },
            { guard: 'nextStarts', actions: [say.begin, 'takeNext'] },
            { guard: 'nextIsTooSoon', target: '.periodic', actions: [...afterPause] },
            { guard: 'nextIsRefused', actions: [say.refuseNext(say.someFinished), 'dropNext'] },
          ],
          on: {
            'checkpoint.requested': [
              { guard: 'evicts', actions: [say.refuseEvicted, 'enqueue'] },
              { guard: 'hasRoom', actions: 'enqueue' },
              { actions: say.refuseThis(say.tooMany) },
            ],
            'subtask.ended': [
              { guard: 'isLastToEnd', actions: ['noteEnded', 'enqueueFinal'] },
              { guard: 'isCurrent', actions: 'noteEnded' },
              { actions: say.report },
            ],
            'subtask.finished': [
              { guard: 'isLastToEnd', actions: ['noteFinished', say.tellAll, 'enqueueFinal'] },
              { guard: 'isCurrent', actions: ['noteFinished', say.tellAll] },
              { actions: say.report },
            ],
            'checkpoint.completed': [
              { guard: 'coversEnd', target: 'halting', actions: [...completedAmongOthers] },
              { actions: [...completedAmongOthers] },
            ],
            'checkpoint.aborted': [
              { guard: 'endsTheJob', target: 'halting', actions: [...endTheJob] },
              { guard: 'leavesEndUncovered', target: '.choosing', actions: ['noteAborted', 'scheduleRetry'] },
              { actions: 'noteAborted' },
            ],
          },
        },
        stopping: {
          entry: [say.refuseQueue(say.stopping), 'clearQueue'],
          on: {
            'checkpoint.requested': { actions: say.refuseThis(say.stopping) },
            'checkpoint.completed': [
              { guard: 'isStopSavepoint', target: 'halting', actions: [...completedAmongOthers] },
              { actions: [...completedAmongOthers] },
            ],
            'checkpoint.aborted': [
              { guard: 'endsTheJob', target: 'halting', actions: [...endTheJob] },
              { guard: 'isStopSavepoint', target: 'running', actions: ['noteAborted', 'scheduleRetry'] },
              { actions: 'noteAborted' },
            ],
          },
        },
        halting: {
          entry: [say.refuseQueue(say.notRunning), 'clearQueue'],
          on: {
            'checkpoint.requested': { actions: say.refuseThis(say.notRunning) },
            'checkpoint.completed': { actions: [...completedAmongOthers] },
            'checkpoint.aborted': aborted,
          },
        },
      },
      on: {
        'subtask.ended': [{ guard: 'isCurrent', actions: 'noteEnded' }, { actions: say.report }],
        'subtask.finished': [{ guard: 'isCurrent', actions: ['noteFinished', say.tellAll] }, { actions: say.report }],
        'job.stopping': {
          target: 'settling',
          actions: [say.refuseQueue(say.suspended), 'clearQueue', say.tellAll],
        },
        'job.ended': { target: 'ending', actions: [say.refuseQueue(say.shutDown), 'clearQueue', say.tellAll] },
      },
    },
    settling: {
      always: { guard: 'nothingInFlight', target: 'inactive', actions: say.settled },
      on: {
        'checkpoint.completed': { actions: [...completed] },
        'checkpoint.aborted': aborted,
        'job.ended': 'settlingToEnd',
      },
    },
    settlingToEnd: {
      always: { guard: 'nothingInFlight', target: 'shutdown', actions: say.settled },
      on: {
        'checkpoint.completed': { actions: [...completed] },
        'checkpoint.aborted': { actions: 'noteAborted' },
      },
    },
    ending: {
      always: { guard: 'nothingInFlight', target: 'shutdown' },
      on: {
        'checkpoint.completed': { actions: [...completed] },
        'checkpoint.aborted': { actions: 'noteAborted' },
      },
    },
    shutdown: { on: { 'checkpoint.requested': { actions: say.refuseThis(say.shutDown) } } },
  },
  on: {
    'checkpoint.requested': { actions: say.refuseThis(say.notRunning) },
    'subtask.acknowledged': [{ guard: 'isLate', actions: [say.announceLate, say.report] }, { actions: say.report }],
    'storage.cleaned': [{ guard: 'isBeingCleaned', actions: 'noteCleaned' }, { actions: say.report }],
    'timer.fired': [{ guard: 'isInterval', actions: say.refusePeriodic(say.notScheduled) }, { actions: say.report }],
    '*': { actions: say.report },
  },
})
