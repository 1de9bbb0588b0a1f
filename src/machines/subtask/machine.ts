/**
 * The chart of one subtask: when it restores, consumes, aligns, snapshots, ends, is suspended and finishes.
 *
 * Owns the order of a snapshot (take, forward the barrier, persist, acknowledge) and of the end (end the data, wait for a
 * checkpoint that covers it, commit, close). Does not own when checkpoints start (the coordinator), restarts (the job),
 * bytes and elements (the actor). While `takeSnapshot` is unanswered nothing else is heard, and while consuming is paused
 * nothing comes from inputs; both are promises of the actor, so what breaks them is reported.
 *
 * INV-ST-1 takeSnapshot(n) at most once, ids rising; exactly-once: only when every input delivered barrier n or closed,
 *   unless the checkpoint is unaligned (a barrier of it says so, or its alignment has timed out).
 * INV-ST-2 at most one of forwardBarrier(n) and forwardCancel(n), once; the first after takeSnapshot(n) was answered.
 * INV-ST-3 inputs are blocked only while exactly-once aligns them; the end of the alignment unblocks them, unless the
 *   subtask never consumes again.
 * INV-ST-4 every snapshot taken gets one answer: acknowledge, decline or discard; acknowledge(n) only after
 *   persistSnapshot(n) and its storing.
 * INV-ST-5 after closeOutputs or closeOperators nothing goes to the outputs and nothing is committed.
 * INV-ST-6 with checkpoints, closeOutputs follows the commit of a checkpoint that covers the end or of a stop.
 * INV-ST-7 consuming is paused from the barrier of a stop-suspend to its abort, while data is being ended, and from the
 *   last commit on.
 * INV-ST-8 data is ended at most once, and a snapshot says `ended` exactly when it was.
 * INV-ST-9 unaligned: every input that was open and without barrier n when the snapshot was taken is recorded until it
 *   delivers barrier n or ends; persistSnapshot(n) comes then and not before.
 * INV-ST-10 recordOvertaken(n, c) exactly when barrier n came on c for an unaligned snapshot taken now or recorded.
 * INV-ST-11 at-least-once: a checkpoint whose barriers come on all inputs is taken, unless it is given up or a newer one is taken.
 * The rows are in `test/machines/subtask/table.test.ts`, the reasons in `docs/protocols/subtask.md`.
 */
import { setup } from 'xstate'
import { assignments } from './assignments.ts'
import {
  barrierStates,
  counting,
  crashOrCancel,
  giveUpPending,
  meetBarrier,
  oldAndGivenUp,
  overtaken,
  recording,
  refuseClosing,
  refuseNotReady,
  report,
} from './barrier-states.ts'
import * as order from './orders.ts'
import type { SubtaskEvent, SubtaskMachineInput } from './protocol.ts'
import { initialContext, questions, type SubtaskContext } from './situation.ts'

const draining = '#subtask.alive.draining'
const ending = '#subtask.alive.ending'
const suspended = '#subtask.alive.suspended'
const closing = '#subtask.alive.closing'

export const subtaskMachine = setup({
  types: {
    context: {} as SubtaskContext,
    events: {} as SubtaskEvent,
    input: {} as SubtaskMachineInput,
  },
  guards: questions,
  actions: {
    ...order.effects,
    ...assignments,
  },
}).createMachine({
  id: 'subtask',
  context: ({ input }) => initialContext(input),
  initial: 'created',
  on: {
    ...crashOrCancel,
    '*': report,
  },
  states: {
    created: {
      on: {
        'subtask.deployed': [
          { guard: 'restoredFinished', target: 'endingAgain', actions: ['endData'] },
          { guard: 'hasState', target: 'restoring', actions: ['restoreState', order.reportStatus('restoring')] },
          { target: 'alive', actions: ['openOperators', order.reportStatus('running')] },
        ],
        'checkpoint.triggered': { actions: [order.declineNotReady] },
        'checkpoint.aborted': { actions: ['rememberAborted'] },
      },
    },
    restoring: {
      on: {
        'state.restored': { target: 'alive', actions: ['openOperators', order.reportStatus('running')] },
        'checkpoint.triggered': { actions: [order.declineNotReady] },
        'checkpoint.aborted': { actions: ['rememberAborted'] },
      },
    },
    // It had ended before the snapshot: nothing is consumed, downstream only learns of the end again. Sinks may still have
    // to make visible what the snapshot covers, which the actor does before the data counts as ended.
    endingAgain: {
      on: {
        'data.ended': { target: 'alive.closing' },
        'checkpoint.triggered': { actions: [order.declineClosing] },
      },
    },
    alive: {
      initial: 'running',
      on: {
        'snapshot.stored': [
          { guard: 'snapshotWriting', actions: [order.acknowledge, 'markAcknowledged'] },
          {}, // discarded meanwhile
        ],
        'snapshot.failed': [
          { guard: 'snapshotWriting', actions: [order.declineAsync, 'forget'] },
          {}, // discarded meanwhile
        ],
        'checkpoint.completed': { guard: 'snapshotAcknowledged', actions: [order.commit, 'forget'] },
        'checkpoint.aborted': [
          { guard: 'snapshotWriting', actions: [order.discardSnapshot, order.tellAborted, 'forget'] },
          { guard: 'snapshotAcknowledged', actions: [order.tellAborted, 'forget'] },
          { guard: 'abortsPending', actions: [order.forwardCancel, order.tellAborted, 'giveUp'] },
          { guard: 'abortsFuture', actions: [order.tellAborted, 'rememberAborted'] },
          { actions: [order.tellAborted] },
        ],
        'commit.done': {},
        'alignment.timed-out': [{ guard: 'timesOutQueued', actions: [order.promoteBarriers] }, {}],
      },
      states: {
        running: {
          initial: 'consuming',
          on: {
            ...oldAndGivenUp,
            'input.ended': [
              { guard: 'lastInputEnds', target: 'ending', actions: ['endInput', 'pauseConsuming', 'endData'] },
              { guard: 'inputEnds', actions: ['endInput'] },
            ],
          },
          states: {
            consuming: {
              always: counting('beginComplete'),
              on: {
                'barrier.received': meetBarrier({ begin: 'beginSnapshot', beginOvertaken: 'beginOvertaken' }),
                'checkpoint.triggered': [
                  { guard: 'triggerAborted', actions: [order.forwardCancel, 'giveUp'] },
                  {
                    guard: 'triggerOvertakes',
                    target: 'snapshotting',
                    actions: ['beginTriggered', order.takeSnapshot],
                  },
                  // Its predecessors have finished; what they sent last is waited for, as it is behind barriers.
                  { guard: 'triggerCounts', actions: ['receiveTrigger'] },
                  { guard: 'triggerAligns', target: 'aligning', actions: ['receiveTrigger'] },
                  { guard: 'triggerDrains', target: draining, actions: ['awaitDrain', 'pauseConsuming', 'endData'] },
                  { guard: 'triggerNew', target: 'snapshotting', actions: ['beginSnapshot', order.takeSnapshot] },
                ],
                'input.closed': { guard: 'inputCloses', actions: ['closeInput'] },
                'source.exhausted': { guard: 'isSource', target: ending, actions: ['pauseConsuming', 'endData'] },
              },
            },
            ...barrierStates({
              base: 'consuming',
              begin: 'beginSnapshot',
              beginComplete: 'beginComplete',
              beginOvertaken: 'beginOvertaken',
              beginTimedOut: 'beginTimedOut',
              exits: [
                { guard: 'suspensionTaking', target: suspended, kind: 'pauses' },
                { guard: 'recordingTaking', target: 'recording', kind: 'records' },
              ],
            }),
            recording: recording(ending),
          },
        },
        ending: {
          on: {
            'data.ended': [
              { guard: 'nothingToWaitFor', target: 'closing' },
              // A source has nothing more to read, so it stays paused.
              { guard: 'isSource', target: 'ended', actions: [order.reportStatus('ended')] },
              {
                guard: 'alignmentTimedOut',
                target: 'ended.aligned',
                actions: ['resumeConsuming', order.reportStatus('ended'), 'beginEndedTimedOut', order.takeSnapshot],
              },
              {
                guard: 'stillAligning',
                target: 'ended.aligning',
                actions: ['resumeConsuming', order.reportStatus('ended')],
              },
              { target: 'ended', actions: ['resumeConsuming', order.reportStatus('ended')] },
            ],
            'checkpoint.triggered': refuseNotReady,
            'checkpoint.aborted': {
              guard: 'abortsAligning',
              actions: ['unblockInputs', order.forwardCancel, order.tellAborted, 'giveUp'],
            },
            'alignment.timed-out': { guard: 'timesOutAligning', actions: [order.promoteBarriers, 'timeOut'] },
          },
        },
        // A source, triggered to stop with a drain: the data is ended first, then the snapshot is taken.
        draining: {
          on: {
            'data.ended': {
              target: 'ended.snapshotting',
              actions: [order.reportStatus('ended'), 'beginAwaited', order.takeSnapshot],
            },
            'checkpoint.triggered': refuseNotReady,
            'checkpoint.aborted': {
              guard: 'snapshotAwaited',
              target: 'ending',
              actions: [order.forwardCancel, order.tellAborted, 'forget'],
            },
          },
        },
        ended: {
          initial: 'waiting',
          on: {
            ...oldAndGivenUp,
            'checkpoint.completed': {
              guard: 'endAcknowledged',
              target: 'committing',
              actions: ['pauseConsuming', order.commit, 'markCommitting'],
            },
          },
          states: {
            waiting: {
              always: [...counting('beginEndedComplete'), { guard: 'nothingToWaitFor', target: closing }],
              on: {
                'barrier.received': meetBarrier({ begin: 'beginEndedSnapshot', beginOvertaken: 'beginEndedOvertaken' }),
                'checkpoint.triggered': [
                  { guard: 'triggerAborted', actions: [order.forwardCancel, 'giveUp'] },
                  { guard: 'triggerNew', target: 'snapshotting', actions: ['beginEndedSnapshot', order.takeSnapshot] },
                ],
                'input.closed': { guard: 'inputCloses', actions: ['closeInput'] },
              },
            },
            ...barrierStates({
              base: 'waiting',
              begin: 'beginEndedSnapshot',
              beginComplete: 'beginEndedComplete',
              beginOvertaken: 'beginEndedOvertaken',
              beginTimedOut: 'beginEndedTimedOut',
              exits: [],
            }),
          },
        },
        suspended: {
          on: {
            'snapshot.failed': {
              guard: 'suspensionWriting',
              target: 'running',
              actions: [order.declineAsync, 'resumeConsuming', 'forget'],
            },
            'checkpoint.completed': {
              guard: 'suspensionAcknowledged',
              target: 'committing',
              actions: [order.commit, 'markCommitting'],
            },
            'checkpoint.aborted': [
              {
                guard: 'suspensionWriting',
                target: 'running',
                actions: [order.discardSnapshot, order.tellAborted, 'resumeConsuming', 'forget'],
              },
              {
                guard: 'suspensionAcknowledged',
                target: 'running',
                actions: [order.tellAborted, 'resumeConsuming', 'forget'],
              },
            ],
            'checkpoint.triggered': refuseNotReady,
          },
        },
        // The last commit; nothing is consumed any more.
        committing: {
          always: giveUpPending,
          on: {
            'commit.done': { guard: 'snapshotCommitting', target: 'closing', actions: ['forget'] },
            'checkpoint.triggered': refuseClosing,
          },
        },
        // Only snapshots that are still being written are waited for.
        closing: {
          always: {
            guard: 'allSettled',
            target: '#subtask.finished',
            actions: ['closeOutputs', order.reportStatus('finished')],
          },
          on: { 'checkpoint.triggered': refuseClosing },
        },
      },
    },
    crashing: {
      always: [
        { guard: 'anyUnsettled', actions: [order.discardUnsettled, 'forgetUnsettled'] },
        { target: 'failed', actions: [order.reportFailed] },
      ],
    },
    canceling: {
      always: [
        { guard: 'anyUnsettled', actions: [order.discardUnsettled, 'forgetUnsettled'] },
        { target: 'canceled', actions: [order.reportStatus('canceled')] },
      ],
    },
    finished: { on: { ...overtaken, 'checkpoint.triggered': refuseClosing, '*': report } },
    failed: { on: { ...overtaken, 'checkpoint.triggered': {}, 'subtask.crashed': {}, '*': report } },
    canceled: { on: { ...overtaken, 'checkpoint.triggered': {}, 'subtask.crashed': {}, '*': report } },
  },
})
