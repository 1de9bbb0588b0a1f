/**
 * The chart of one pending checkpoint: collecting, storing, for a savepoint publishing, then completed or aborted.
 *
 * Owns whether this checkpoint completes, and what its subtasks and its requester are told. Does not own when a
 * checkpoint begins nor what its end means for the job (`machine.ts`), bytes (storage), barriers (subtask).
 * A state `…WhileFailing` waits for a write that cannot be called back: the attempt is over, so nobody is left to notify,
 * but what is stored in the end can be restored. `storingWhileSubsumed` waits for one that nobody needs any more.
 * A stop-savepoint that cannot be published is `withdrawing` until its manifest is gone: before that, the next process
 * would resume from it, so nothing may go on from an older restore point. One that a pin keeps is not gone.
 */
import { assign, setup } from 'xstate'
import type { SubtaskId } from '../../core/ids.ts'
import { effect } from '../step.ts'
import type { Abortion, PendingEvent, PendingInput } from './inner-protocol.ts'
import {
  acknowledge,
  begin,
  countsAsCompleted,
  isStoredOnly,
  leavesUnacknowledged,
  misses,
  type PendingCheckpoint,
  takesPart,
  withoutSubtask,
} from './pending-checkpoint.ts'
import type { Params } from './pending-effects.ts'
import * as say from './pending-effects.ts'

const setupPending = setup({
  types: { context: {} as PendingCheckpoint, events: {} as PendingEvent, input: {} as PendingInput },
  actions: {
    record: assign(({ context, event }) =>
      event.type === 'subtask.acknowledged' ? acknowledge(context, event).next : context,
    ),
    forget: assign((args, subtask: { readonly subtask: SubtaskId }) => withoutSubtask(args.context, subtask.subtask)),
    keepPath: assign((_, at: { readonly path: string }) => ({ path: at.path })),
    giveUp: assign((_, why: Abortion) => ({ abortion: why })),
    announce: effect<Params<'announce'>>(),
    triggerBarrier: effect<Params<'triggerBarrier'>>(),
    putManifest: effect<Params<'putManifest'>>(),
    publishSavepoint: effect<Params<'publishSavepoint'>>(),
    notifyComplete: effect<Params<'notifyComplete'>>(),
    notifyAborted: effect<Params<'notifyAborted'>>(),
    discard: effect<Params<'discard'>>(),
    retire: effect<Params<'retire'>>(),
    answer: effect<Params<'answer'>>(),
    conclude: effect<Params<'conclude'>>(),
    report: effect<Params<'report'>>(),
  },
  guards: {
    isAnother: ({ context, event }) =>
      event.type === 'subtask.acknowledged' && acknowledge(context, event).outcome === 'success',
    isLast: ({ context, event }) =>
      event.type === 'subtask.acknowledged' && acknowledge(context, event).outcome === 'last',
    isRepeated: ({ context, event }) =>
      event.type === 'subtask.acknowledged' && acknowledge(context, event).outcome === 'duplicate',
    takesPart: ({ context, event }) => event.type === 'subtask.declined' && takesPart(context, event),
    leavesUnacknowledged: ({ context, event }) =>
      event.type === 'subtask.finished' && leavesUnacknowledged(context, event),
    missesTheFailed: ({ context, event }) =>
      event.type === 'job.stopping' && event.failedSubtask !== undefined && misses(context, event.failedSubtask),
    isStoredOnly: ({ context }) => isStoredOnly(context.kind),
    countsAsCompleted: ({ context }) => countsAsCompleted(context.kind),
    isNotRemoved: ({ context, event }) =>
      event.type === 'storage.cleaned' && (event.failed !== undefined || event.kept.includes(context.id)),
  },
  delays: { timeout: ({ context }) => context.timeoutMs },
})

const forget = {
  type: 'forget',
  params: ({ event }: { event: Extract<PendingEvent, { type: 'subtask.finished' }> }) => ({ subtask: event.subtask }),
} as const
const keepPath = {
  type: 'keepPath',
  params: ({ event }: { event: Extract<PendingEvent, { path: string }> }) => ({ path: event.path }),
} as const
const late = { actions: say.report('late') } as const

export const pendingMachine = setupPending.createMachine({
  id: 'pending',
  context: ({ input }) => begin(input),
  initial: 'collecting',
  states: {
    collecting: {
      entry: [say.announceTriggered, say.triggerBarrier],
      after: { timeout: { target: 'aborted', actions: [say.expired, say.notifyAborted, say.discard] } },
      on: {
        'subtask.acknowledged': [
          { guard: 'isAnother', actions: ['record', say.announceAcknowledged] },
          { guard: 'isLast', target: 'storing', actions: ['record', say.announceAcknowledged] },
          { guard: 'isRepeated', actions: say.report('duplicate') },
          { actions: say.report('unknown') },
        ],
        'subtask.declined': [
          { guard: 'takesPart', target: 'aborted', actions: [say.declined, say.notifyAborted, say.discard] },
          { actions: say.report('unknown') },
        ],
        'subtask.finished': [
          {
            guard: 'leavesUnacknowledged',
            target: 'aborted',
            actions: [forget, say.left, say.notifyAborted, say.discard],
          },
          { actions: forget },
        ],
        'checkpoint.subsumed': { target: 'aborted', actions: [say.subsumed, say.notifyAborted, say.discard] },
        'job.stopping': [
          { guard: 'missesTheFailed', target: 'aborted', actions: [say.taskFailed, say.discard] },
          { target: 'aborted', actions: [say.suspended, say.discard] },
        ],
        'job.ended': { target: 'aborted', actions: [say.shutDown, say.discard] },
      },
    },
    storing: {
      entry: say.putManifest,
      on: {
        'manifest.stored': [
          { guard: 'isStoredOnly', target: 'completed', actions: [keepPath, say.notifyComplete] },
          { target: 'publishing', actions: keepPath },
        ],
        'manifest.failed': { target: 'aborted', actions: [say.notStored, say.notifyAborted, say.discard] },
        'checkpoint.subsumed': 'storingWhileSubsumed',
        'subtask.finished': { actions: forget },
        'subtask.acknowledged': late,
        'subtask.declined': late,
        'job.stopping': 'storingWhileFailing',
        'job.ended': 'storingWhileFailing',
      },
    },
    publishing: {
      entry: say.publishSavepoint,
      on: {
        'savepoint.published': [
          { guard: 'countsAsCompleted', target: 'completed', actions: [keepPath, say.notifyComplete] },
          { target: 'completed', actions: [keepPath, say.retireOwn] },
        ],
        'savepoint.failed': [
          { guard: 'countsAsCompleted', target: 'withdrawing', actions: [say.notPublished, say.retireOwn] },
          { target: 'aborted', actions: [say.notPublished, say.notifyAborted, say.retireOwn] },
        ],
        'subtask.finished': { actions: forget },
        'subtask.acknowledged': late,
        'subtask.declined': late,
        'job.stopping': 'publishingWhileFailing',
        'job.ended': 'publishingWhileFailing',
      },
    },
    withdrawing: {
      on: {
        'storage.cleaned': [
          { guard: 'isNotRemoved', target: 'aborted', actions: say.notWithdrawn },
          { target: 'aborted', actions: say.notifyAborted },
        ],
        'subtask.finished': { actions: forget },
        'subtask.acknowledged': late,
        'subtask.declined': late,
        'job.stopping': 'withdrawingWhileFailing',
        'job.ended': 'withdrawingWhileFailing',
      },
    },
    storingWhileSubsumed: {
      on: {
        'manifest.stored': { target: 'aborted', actions: [say.subsumed, say.notifyAborted, say.retireOwn] },
        'manifest.failed': { target: 'aborted', actions: [say.subsumed, say.notifyAborted, say.discard] },
        'subtask.finished': { actions: forget },
        'subtask.acknowledged': late,
        'subtask.declined': late,
        'job.stopping': 'storingWhileFailing',
        'job.ended': 'storingWhileFailing',
      },
    },
    storingWhileFailing: {
      on: {
        'manifest.stored': [
          { guard: 'isStoredOnly', target: 'completed', actions: keepPath },
          { target: 'publishingWhileFailing', actions: [keepPath, say.publishSavepoint] },
        ],
        'manifest.failed': { target: 'aborted', actions: [say.notStored, say.discard] },
        'subtask.acknowledged': late,
        'subtask.declined': late,
      },
    },
    publishingWhileFailing: {
      on: {
        'savepoint.published': [
          { guard: 'countsAsCompleted', target: 'completed', actions: keepPath },
          { target: 'completed', actions: [keepPath, say.retireOwn] },
        ],
        'savepoint.failed': [
          { guard: 'countsAsCompleted', target: 'withdrawingWhileFailing', actions: [say.notPublished, say.retireOwn] },
          { target: 'aborted', actions: [say.notPublished, say.retireOwn] },
        ],
        'subtask.acknowledged': late,
        'subtask.declined': late,
      },
    },
    withdrawingWhileFailing: {
      on: {
        'storage.cleaned': [
          { guard: 'isNotRemoved', target: 'aborted', actions: say.notWithdrawn },
          { target: 'aborted' },
        ],
        'subtask.acknowledged': late,
        'subtask.declined': late,
      },
    },
    completed: {
      type: 'final',
      entry: [say.answerCompleted, say.announceCompleted, say.concludeCompleted],
    },
    aborted: {
      type: 'final',
      entry: [say.answerFailed, say.announceAborted, say.concludeAborted],
    },
  },
  on: { '*': { actions: say.report('unexpected') } },
})
