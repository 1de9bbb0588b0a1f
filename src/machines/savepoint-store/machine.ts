/**
 * The chart of one savepoint: pinned before it is published, unpublished before it is unpinned. One that is to be
 * self-contained is copied while it is pinned, and unpinned once its own manifest is there.
 *
 * Owns the order of the steps and what a failed one leads to. Does not own names, files and pins (the backends), nor
 * which savepoints exist. The store's actor keeps one instance per savepoint and answers each order by one event.
 *
 * INV-SP-1 publishPointer follows checkpoint.pinned, and unpinCheckpoint never comes while the pointer may exist.
 * INV-SP-2 every request is answered exactly once, `published` only after pointer.published or manifest.published,
 *   `disposed` only after the pointer is gone.
 * INV-SP-3 at most one step is under way, and every state without one is at rest: absent, published, discarded, abandoned.
 * INV-SP-4 state is copied only while the checkpoint is pinned, and publishManifest follows state.copied.
 * The rows are in `test/machines/savepoint-store/table.test.ts`, the reasons in `docs/protocols/savepoint.md`.
 */
import { assign, setup } from 'xstate'
import { effect } from '../step.ts'
import * as order from './orders.ts'
import type { SavepointEvent } from './protocol.ts'
import { changes, noSavepoint, type SavepointContext } from './savepoint-context.ts'

/** The store cannot name what is not published; a request for something new does not belong to an existing savepoint. */
const refusals = {
  'disposal.requested': { actions: [order.refuseDisposal] },
  'savepoint.requested': { actions: [order.refuseRequest] },
}

export const savepointMachine = setup({
  types: { context: {} as SavepointContext, events: {} as SavepointEvent },
  guards: {
    isSelfContained: ({ context }) => context.target.format === 'self-contained',
    selfContainedAbsent: ({ context, event }) =>
      context.target.format === 'self-contained' &&
      event.type === 'step.failed' &&
      event.code === 'SAVEPOINT_NOT_FOUND',
    pointerAbsent: ({ event }) => event.type === 'step.failed' && event.code === 'SAVEPOINT_NOT_FOUND',
  },
  actions: {
    reserveName: effect<order.ParamsOf<'reserveName'>>(),
    pinCheckpoint: effect<order.ParamsOf<'pinCheckpoint'>>(),
    publishPointer: effect<order.ParamsOf<'publishPointer'>>(),
    copyState: effect<order.ParamsOf<'copyState'>>(),
    publishManifest: effect<order.ParamsOf<'publishManifest'>>(),
    removePointer: effect<order.ParamsOf<'removePointer'>>(),
    clearPlace: effect<order.ParamsOf<'clearPlace'>>(),
    unpinCheckpoint: effect<order.ParamsOf<'unpinCheckpoint'>>(),
    reply: effect<order.ParamsOf<'reply'>>(),
    report: effect<order.ParamsOf<'report'>>(),
    noteRequest: assign(changes.noteRequest),
    notePath: assign(changes.notePath),
    noteFound: assign(changes.noteFound),
    noteDisposal: assign(changes.noteDisposal),
    noteFailure: assign(changes.noteFailure),
  },
}).createMachine({
  id: 'savepoint',
  context: noSavepoint,
  initial: 'absent',
  on: { ...refusals, '*': { actions: [order.reportUnexpected] } },
  states: {
    absent: {
      on: {
        'savepoint.requested': { target: 'reserving', actions: ['noteRequest', order.reserveName] },
        'savepoint.found': { target: 'published', actions: ['noteFound'] },
      },
    },
    reserving: {
      on: {
        'name.reserved': { target: 'pinning', actions: ['notePath', order.pinCheckpoint] },
        'step.failed': { target: 'abandoned', actions: ['noteFailure', order.replyFailed] },
      },
    },
    pinning: {
      on: {
        'checkpoint.pinned': [
          { guard: 'isSelfContained', target: 'copying', actions: [order.copyState] },
          { target: 'publishing', actions: [order.publishPointer] },
        ],
        // A pin that failed half-way is taken back; unpinning what is not pinned does nothing.
        'step.failed': { target: 'retracting', actions: ['noteFailure', order.unpinCheckpoint] },
      },
    },
    publishing: {
      on: {
        'pointer.published': { target: 'published', actions: [order.replyPublished] },
        // The pointer may be there all the same, so it is removed before the pin is.
        'step.failed': { target: 'withdrawing', actions: ['noteFailure', order.clearPlace] },
      },
    },
    copying: {
      on: {
        'state.copied': { target: 'sealing', actions: [order.publishManifest] },
        'step.failed': { target: 'withdrawing', actions: ['noteFailure', order.clearPlace] },
      },
    },
    /** Every byte is copied; the manifest makes it a savepoint. */
    sealing: {
      on: {
        'manifest.published': { target: 'releasing', actions: [order.unpinCheckpoint] },
        'step.failed': { target: 'withdrawing', actions: ['noteFailure', order.clearPlace] },
      },
    },
    /** The savepoint needs its checkpoint no more. */
    releasing: {
      on: {
        'checkpoint.unpinned': { target: 'published', actions: [order.replyPublished] },
        'step.failed': { target: 'published', actions: [order.replyPublished, order.reportPinLeft] },
      },
    },
    withdrawing: {
      on: {
        'place.cleared': { target: 'retracting', actions: [order.unpinCheckpoint] },
        'step.failed': [
          // What is left of a copy needs no checkpoint.
          { guard: 'isSelfContained', target: 'retracting', actions: [order.unpinCheckpoint] },
          // Whether there is a pointer is unknown: the pin stays.
          { target: 'abandoned', actions: [order.replyFailed, order.reportPinLeft] },
        ],
      },
    },
    retracting: {
      on: {
        'checkpoint.unpinned': { target: 'abandoned', actions: [order.replyFailed] },
        'step.failed': { target: 'abandoned', actions: [order.replyFailed, order.reportPinLeft] },
      },
    },
    published: {
      on: {
        'disposal.requested': { target: 'removing', actions: ['noteDisposal', order.removePointer] },
      },
    },
    removing: {
      on: {
        'pointer.removed': [
          { guard: 'isSelfContained', target: 'discarded', actions: [order.replyDisposed] },
          { target: 'unpinning', actions: [order.unpinCheckpoint] },
        ],
        'step.failed': [
          { guard: 'selfContainedAbsent', target: 'discarded', actions: [order.replyDisposed] },
          // Somebody deleted it by hand, which is allowed.
          { guard: 'pointerAbsent', target: 'unpinning', actions: [order.unpinCheckpoint] },
          { target: 'published', actions: ['noteFailure', order.replyFailed] },
        ],
      },
    },
    unpinning: {
      on: {
        'checkpoint.unpinned': { target: 'discarded', actions: [order.replyDisposed] },
        // The savepoint is gone for its users; the pin is left for a sweep.
        'step.failed': { target: 'discarded', actions: [order.replyDisposed, order.reportPinLeft] },
      },
    },
    discarded: {},
    /** The creation failed. */
    abandoned: {},
  },
})
