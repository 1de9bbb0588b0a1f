/**
 * The states in which a subtask meets barriers, as chart data. They are the same before and after the end of its data
 * (`running` and `ended`), but for the state they lead back to and for what the snapshot says of the end.
 *
 * `aligning`: exactly-once, some inputs are blocked. `aligned`: nothing is missing, inputs are blocked, the snapshot is
 * being taken. `snapshotting`: the same with no input blocked (a source, one input, at-least-once).
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
  /** Exits from a snapshot taken that go before the way back. */
  readonly exits: readonly { readonly guard: 'suspensionTaking'; readonly target: string }[]
}

export const barrierStates = ({ base, begin, beginComplete, exits }: BarrierStatesOptions) =>
  ({
    aligning: {
      on: {
        'barrier.received': [
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
          ...exits.map((exit) => ({
            ...exit,
            actions: ['pauseConsuming', order.forwardBarrier, 'unblockInputs', ...persist] as const,
          })),
          {
            guard: 'snapshotTaking',
            target: base,
            actions: [order.forwardBarrier, 'unblockInputs', ...persist],
          },
        ],
        'snapshot.failed': {
          guard: 'snapshotTaking',
          target: base,
          actions: [order.forwardCancel, 'unblockInputs', order.declineSync, 'forget'],
        },
        '*': report,
      },
    },
    snapshotting: {
      on: {
        ...crashOrCancel,
        'snapshot.taken': [
          ...exits.map((exit) => ({
            ...exit,
            actions: ['pauseConsuming', order.forwardBarrier, ...persist] as const,
          })),
          { guard: 'snapshotTaking', target: base, actions: [order.forwardBarrier, ...persist] },
        ],
        'snapshot.failed': {
          guard: 'snapshotTaking',
          target: base,
          actions: [order.forwardCancel, order.declineSync, 'forget'],
        },
        '*': report,
      },
    },
  }) as const

/** The first barrier of a checkpoint, where none is being aligned. */
export const meetBarrier = (begin: BarrierStatesOptions['begin']) =>
  [
    { guard: 'barrierLast', target: 'snapshotting', actions: [begin, order.takeSnapshot] },
    { guard: 'barrierFirst', target: 'aligning', actions: ['receiveBarrier', order.blockInput] },
    { guard: 'barrierCounts', actions: ['receiveBarrier'] },
  ] as const

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
  'snapshot.taken': {},
  'snapshot.stored': {},
  'snapshot.failed': {},
  'commit.done': {},
  'checkpoint.completed': {},
  'checkpoint.aborted': {},
  'subtask.canceled': {},
} as const
