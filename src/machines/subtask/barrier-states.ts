/**
 * The states in which a subtask meets barriers, as chart data. They are the same before and after the end of its data
 * (`running` and `ended`), but for the state they lead back to and for what the snapshot says of the end.
 *
 * `aligning`: exactly-once, some inputs are blocked. `aligned`: nothing is missing, inputs are blocked, the snapshot is
 * being taken. `snapshotting`: the same with no input blocked (a source, one input, at-least-once, unaligned).
 *
 * A checkpoint becomes unaligned here when a barrier that says so comes, or when an alignment takes too long: its snapshot
 * is taken at once. Before the end of the data, what the other inputs still owe it is then recorded (`recording`); after the
 * end there is nothing to record.
 */
import * as order from './orders.ts'

export const report = { actions: [order.reportUnexpected] } as const

/** What is heard while `takeSnapshot` is unanswered, besides its answers. */
export const crashOrCancel = {
  'subtask.crashed': { target: '#subtask.crashing', actions: ['closeOperators'] },
  'subtask.canceled': { target: '#subtask.canceling', actions: ['closeOperators'] },
} as const

/** A repeated trigger is not refused, for that would undo a snapshot that was taken; it is reported. */
export const refuseNotReady = { guard: 'triggerNew', actions: [order.declineNotReady] } as const
export const refuseClosing = { guard: 'triggerNew', actions: [order.declineClosing] } as const

/** For every state in which inputs are consumed. */
export const oldAndGivenUp = {
  'barrier.received': [{ guard: 'barrierOld' }, { guard: 'barrierAborted', actions: [order.forwardCancel, 'giveUp'] }],
  'cancel.received': [
    { guard: 'cancelOld' },
    { guard: 'cancelNew', actions: [order.forwardCancel, order.declineCanceled, 'giveUp'] },
  ],
} as const

/** The checkpoint being aligned is given up for a newer one. */
const supersede = ['unblockInputs', order.forwardCancelOldest, order.declineSubsumed, 'giveUpOldest'] as const
const persist = [order.persistSnapshot, 'markWriting'] as const

interface BarrierStatesOptions {
  /** Where a snapshot and an alignment lead back to. */
  readonly base: 'consuming' | 'waiting'
  readonly begin: 'beginSnapshot' | 'beginEndedSnapshot'
  readonly beginComplete: 'beginComplete' | 'beginEndedComplete'
  readonly beginOvertaken: 'beginOvertaken' | 'beginEndedOvertaken'
  readonly beginTimedOut: 'beginTimedOut' | 'beginEndedTimedOut'
  /** Where a snapshot taken leads before the end of the data: to a suspension, or to recording what was on its way. */
  readonly exits: readonly Exit[]
}

type Exit =
  | { readonly guard: 'suspensionTaking'; readonly target: string; readonly kind: 'pauses' }
  | { readonly guard: 'recordingTaking'; readonly target: string; readonly kind: 'records' }

/** `unblocks`: whether inputs are blocked. */
const exitOf = ({ guard, target, kind }: Exit, unblocks: readonly ['unblockInputs'] | readonly []) =>
  kind === 'pauses'
    ? ({ guard, target, actions: ['pauseConsuming', order.forwardBarrier, ...unblocks, ...persist] } as const)
    : ({ guard, target, actions: [order.forwardBarrier, ...unblocks, order.recordInputs, 'markRecording'] } as const)

export const barrierStates = ({
  base,
  begin,
  beginComplete,
  beginOvertaken,
  beginTimedOut,
  exits,
}: BarrierStatesOptions) =>
  ({
    aligning: {
      on: {
        'barrier.received': [
          {
            guard: 'barrierSwitches',
            target: 'aligned',
            actions: [beginOvertaken, order.recordOvertaken, order.takeSnapshot],
          },
          {
            guard: 'barrierOvertakesNewer',
            target: 'snapshotting',
            actions: [...supersede, beginOvertaken, order.recordOvertaken, order.takeSnapshot],
          },
          { guard: 'barrierLast', target: 'aligned', actions: [begin, order.takeSnapshot] },
          { guard: 'barrierJoins', actions: ['receiveBarrier', order.blockInput] },
          { guard: 'barrierSupersedes', actions: [...supersede, 'receiveBarrier', order.blockInput] },
          { guard: 'barrierAborted', target: base, actions: [...supersede, order.forwardCancel, 'giveUp'] },
        ],
        'cancel.received': [
          {
            guard: 'cancelsAligning',
            target: base,
            actions: ['unblockInputs', order.forwardCancel, order.declineCanceled, 'giveUp'],
          },
          {
            guard: 'cancelSupersedes',
            target: base,
            actions: [...supersede, order.forwardCancel, order.declineCanceled, 'giveUp'],
          },
        ],
        'checkpoint.aborted': {
          guard: 'abortsPending',
          target: base,
          actions: ['unblockInputs', order.forwardCancel, order.tellAborted, 'giveUp'],
        },
        'alignment.timed-out': {
          guard: 'timesOutAligning',
          target: 'aligned',
          actions: [order.promoteBarriers, beginTimedOut, order.takeSnapshot],
        },
        // Its predecessors have finished, but what they sent last is still on its way.
        'checkpoint.triggered': refuseNotReady,
        'input.closed': [
          {
            guard: 'inputCompletes',
            target: 'aligned',
            actions: ['closeInput', beginComplete, order.takeSnapshot],
          },
          { guard: 'inputCloses', actions: ['closeInput'] },
        ],
      },
    },
    aligned: {
      on: {
        ...crashOrCancel,
        'snapshot.taken': [
          ...exits.map((exit) => exitOf(exit, ['unblockInputs'])),
          {
            guard: 'snapshotTaking',
            target: base,
            actions: [order.forwardBarrier, 'unblockInputs', ...persist],
          },
        ],
        'snapshot.failed': {
          guard: 'snapshotTaking',
          target: base,
          actions: [order.forwardCancel, 'unblockInputs', order.declineSync, 'forgetTaking'],
        },
        '*': report,
      },
    },
    snapshotting: {
      on: {
        ...crashOrCancel,
        'snapshot.taken': [
          ...exits.map((exit) => exitOf(exit, [])),
          { guard: 'snapshotTaking', target: base, actions: [order.forwardBarrier, ...persist] },
        ],
        'snapshot.failed': {
          guard: 'snapshotTaking',
          target: base,
          actions: [order.forwardCancel, order.declineSync, 'forgetTaking'],
        },
        '*': report,
      },
    },
  }) as const

/** The first barrier of a checkpoint, where none is being aligned. */
export const meetBarrier = ({ begin, beginOvertaken }: Pick<BarrierStatesOptions, 'begin' | 'beginOvertaken'>) =>
  [
    {
      guard: 'barrierOvertakes',
      target: 'snapshotting',
      actions: [beginOvertaken, order.recordOvertaken, order.takeSnapshot],
    },
    { guard: 'barrierLast', target: 'snapshotting', actions: [begin, order.takeSnapshot] },
    { guard: 'barrierFirst', target: 'aligning', actions: ['receiveBarrier', order.blockInput] },
    { guard: 'barrierCounts', actions: ['receiveBarrier'] },
  ] as const

/** A newer barrier while the older one is recorded. */
const abandon = [order.declineRecording, 'abandonRecording'] as const
const persistRecorded = [order.persistRecorded, 'markRecorded'] as const

/** The snapshot is taken and the barrier sent on; what was sent before the barriers that are missing is kept. */
export const recording = (ending: string) =>
  ({
    on: {
      'barrier.received': [
        {
          guard: 'barrierRecordsLast',
          target: 'consuming',
          actions: ['receiveRecorded', order.recordOvertaken, ...persistRecorded],
        },
        { guard: 'barrierRecords', actions: ['receiveRecorded', order.recordOvertaken] },
        {
          guard: 'barrierOvertakes',
          target: 'snapshotting',
          actions: [...abandon, 'beginOvertaken', order.recordOvertaken, order.takeSnapshot],
        },
        { guard: 'barrierLast', target: 'snapshotting', actions: [...abandon, 'beginSnapshot', order.takeSnapshot] },
        { guard: 'barrierFirst', target: 'aligning', actions: [...abandon, 'receiveBarrier', order.blockInput] },
      ],
      'cancel.received': {
        guard: 'cancelsRecording',
        target: 'consuming',
        actions: [order.declineCanceled, 'abandonRecording'],
      },
      'checkpoint.aborted': {
        guard: 'snapshotRecording',
        target: 'consuming',
        actions: [order.discardSnapshot, order.tellAborted, 'abandonRecording'],
      },
      'checkpoint.triggered': refuseNotReady,
      // No record follows the end of an input: it is as good as its barrier.
      'input.ended': [
        {
          guard: 'lastInputEnds',
          target: ending,
          actions: ['endInput', ...persistRecorded, 'pauseConsuming', 'endData'],
        },
        { guard: 'inputEndRecordsLast', target: 'consuming', actions: ['endInput', ...persistRecorded] },
        { guard: 'inputEnds', actions: ['endInput'] },
      ],
      'input.closed': { guard: 'inputCloses', actions: ['closeInput'] },
    },
  }) as const

/** In at-least-once several checkpoints are counted at the same time: what cannot complete, and what has. */
export const counting = (beginComplete: BarrierStatesOptions['beginComplete']) =>
  [
    { guard: 'countHopeless', actions: [order.forwardCancelOldest, order.declineSubsumed, 'giveUpOldest'] },
    { guard: 'countComplete', target: 'snapshotting', actions: [beginComplete, order.takeSnapshot] },
  ] as const

/** The subtask will not take the snapshots whose barriers are incomplete. */
export const giveUpPending = {
  guard: 'anyPending',
  actions: [order.forwardCancelOldest, order.declineOldestClosing, 'giveUpOldest'],
} as const

/** What may still be on its way to a subtask that is over, and changes nothing. */
export const overtaken = {
  'state.restored': {},
  'data.ended': {},
  'alignment.timed-out': {},
  'snapshot.taken': {},
  'snapshot.stored': {},
  'snapshot.failed': {},
  'commit.done': {},
  'checkpoint.completed': {},
  'checkpoint.aborted': {},
  'subtask.canceled': {},
} as const
