/** The subtask's effects with their parameters, as the chart names them. No decision is made here. */
import { assert } from '../../core/errors.ts'
import type { CheckpointId } from '../../core/ids.ts'
import { effect } from '../step.ts'
import { unrecordedOf } from './barrier-alignment.ts'
import type { BarrierFacts, DeclineReason, SubtaskEffect, SubtaskStatus } from './protocol.ts'
import { channelIn, checkpointIn, factsIn, type Situation } from './situation.ts'
import { entryOf, inStage, unsettledOf } from './snapshot-ledger.ts'

type ParamsOf<Type extends SubtaskEffect['type']> =
  Extract<SubtaskEffect, { type: Type }> extends { readonly params: infer Params } ? Params : undefined

/** Declared for the chart's `setup`: names with typed parameters, which do nothing here. */
export const effects = {
  restoreState: effect(),
  openOperators: effect(),
  pauseConsuming: effect(),
  resumeConsuming: effect(),
  blockInput: effect<ParamsOf<'blockInput'>>(),
  unblockInputs: effect(),
  recordOvertaken: effect<ParamsOf<'recordOvertaken'>>(),
  recordInputs: effect<ParamsOf<'recordInputs'>>(),
  promoteBarriers: effect<ParamsOf<'promoteBarriers'>>(),
  endData: effect(),
  takeSnapshot: effect<ParamsOf<'takeSnapshot'>>(),
  forwardBarrier: effect<ParamsOf<'forwardBarrier'>>(),
  forwardCancel: effect<ParamsOf<'forwardCancel'>>(),
  persistSnapshot: effect<ParamsOf<'persistSnapshot'>>(),
  discardSnapshot: effect<ParamsOf<'discardSnapshot'>>(),
  acknowledge: effect<ParamsOf<'acknowledge'>>(),
  decline: effect<ParamsOf<'decline'>>(),
  commit: effect<ParamsOf<'commit'>>(),
  tellAborted: effect<ParamsOf<'tellAborted'>>(),
  closeOutputs: effect(),
  closeOperators: effect(),
  reportStatus: effect<ParamsOf<'reportStatus'>>(),
  report: effect<ParamsOf<'report'>>(),
}

const ofEvent = ({ event }: Situation): { checkpointId: CheckpointId } => ({ checkpointId: checkpointIn(event) })
const ofOldestPending = ({ context }: Situation): { checkpointId: CheckpointId } => ({
  checkpointId: context.barriers.pending[0]!.facts.checkpointId,
})
const ofRecording = ({ context }: Situation): { checkpointId: CheckpointId } => ({
  checkpointId: inStage(context.snapshots, 'recording')!.facts.checkpointId,
})
const ofUnsettled = ({ context }: Situation): { checkpointId: CheckpointId } => ({
  checkpointId: unsettledOf(context.snapshots)!.facts.checkpointId,
})

export const reportUnexpected = {
  type: 'report',
  params: ({ event }: Situation) => ({ what: 'unexpected', event: event.type }),
} as const

export const reportStatus = (status: SubtaskStatus) => ({ type: 'reportStatus', params: { status } }) as const
export const reportFailed = {
  type: 'reportStatus',
  params: ({ event }: Situation) => ({
    status: 'failed' as const,
    ...(event.type === 'subtask.crashed' && { failure: event.failure }),
  }),
} as const

export const blockInput = {
  type: 'blockInput',
  params: ({ event }: Situation) => ({ channel: channelIn(event) }),
} as const

/** It follows the assignment that notes the barrier. */
export const recordOvertaken = {
  type: 'recordOvertaken',
  params: ({ event }: Situation) => ({ checkpointId: checkpointIn(event), channel: channelIn(event) }),
} as const
export const recordInputs = {
  type: 'recordInputs',
  params: ({ context, event }: Situation) => ({
    checkpointId: checkpointIn(event),
    channels: unrecordedOf(context.barriers),
  }),
} as const
export const promoteBarriers = { type: 'promoteBarriers', params: ofEvent } as const

/** Of the entry that is being taken, so it follows the assignment that adds it. */
export const takeSnapshot = {
  type: 'takeSnapshot',
  params: ({ context }: Situation): BarrierFacts & { ended: boolean } => {
    const { facts, ended } = inStage(context.snapshots, 'taking')!
    return { ...facts, ended }
  },
} as const
export const forwardBarrier = {
  type: 'forwardBarrier',
  params: ({ context, event }: Situation): BarrierFacts =>
    entryOf(context.snapshots, checkpointIn(event))?.facts ?? factsIn(event),
} as const
export const persistSnapshot = { type: 'persistSnapshot', params: ofEvent } as const
/** Of the checkpoint that is recorded, so it comes before the assignment that ends the recording. */
export const persistRecorded = { type: 'persistSnapshot', params: ofRecording } as const
export const discardSnapshot = { type: 'discardSnapshot', params: ofEvent } as const
export const discardUnsettled = { type: 'discardSnapshot', params: ofUnsettled } as const
export const commit = { type: 'commit', params: ofEvent } as const
export const tellAborted = { type: 'tellAborted', params: ofEvent } as const

export const acknowledge = {
  type: 'acknowledge',
  params: ({ event }: Situation) => {
    assert(event.type === 'snapshot.stored', 'only a stored snapshot is acknowledged')
    return { checkpointId: event.checkpointId, state: event.state, metrics: event.metrics }
  },
} as const

/** Downstream need not wait for the barrier of the event's checkpoint. */
export const forwardCancel = { type: 'forwardCancel', params: ofEvent } as const
/** The same for the oldest checkpoint whose barriers are incomplete. */
export const forwardCancelOldest = { type: 'forwardCancel', params: ofOldestPending } as const

const decline = (reason: DeclineReason, message: string) =>
  ({
    type: 'decline',
    params: ({ event }: Situation) => ({ checkpointId: checkpointIn(event), reason, message }),
  }) as const
const declineOldest = (reason: DeclineReason, message: string) =>
  ({ type: 'decline', params: (s: Situation) => ({ ...ofOldestPending(s), reason, message }) }) as const
const declineFailed = (reason: DeclineReason) =>
  ({
    type: 'decline',
    params: ({ event }: Situation) => ({
      checkpointId: checkpointIn(event),
      reason,
      message: event.type === 'snapshot.failed' ? event.failure.message : 'The snapshot failed.',
    }),
  }) as const

export const declineNotReady = decline('CHECKPOINT_DECLINED_TASK_NOT_READY', 'The subtask does not process data now.')
export const declineClosing = decline('CHECKPOINT_DECLINED_TASK_CLOSING', 'The subtask is finishing.')
export const declineCanceled = decline(
  'CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER',
  'An upstream subtask gave this checkpoint up.',
)
export const declineSubsumed = declineOldest(
  'CHECKPOINT_DECLINED_SUBSUMED',
  'A newer checkpoint came before all barriers of this one.',
)
export const declineRecording = {
  type: 'decline',
  params: (s: Situation) => ({
    ...ofRecording(s),
    reason: 'CHECKPOINT_DECLINED_SUBSUMED' as const,
    message: 'A newer checkpoint came before all barriers of this one.',
  }),
} as const
export const declineOldestClosing = declineOldest('CHECKPOINT_DECLINED_TASK_CLOSING', 'The subtask is finishing.')
export const declineSync = declineFailed('CHECKPOINT_DECLINED')
export const declineAsync = declineFailed('CHECKPOINT_ASYNC_EXCEPTION')
