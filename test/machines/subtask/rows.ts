/** How the rows of the subtask's table are written: one line each, with an effect by its type and what matters of it. */
import type {
  DeclineReason,
  SubtaskEvent,
  SubtaskMachineInput,
  SubtaskStatus,
} from '../../../src/machines/subtask/protocol.ts'
import type { Row } from '../../../src/testing/machine-harness.ts'
import { unaligned } from './alphabet.ts'

export interface SubtaskTable {
  readonly title: string
  readonly input: SubtaskMachineInput
  readonly givens: Readonly<Record<string, readonly SubtaskEvent[]>>
  readonly rows: readonly Row<SubtaskEvent>[]
}

export const base: SubtaskMachineInput = {
  channels: 2,
  mode: 'exactly-once',
  checkpointing: true,
  restoring: false,
  restoredFinished: false,
}

type WantedEffect = Row<SubtaskEvent>['effects'][number]

export const row = (
  given: string,
  event: SubtaskEvent,
  next: string,
  ...effects: readonly WantedEffect[]
): Row<SubtaskEvent> => ({ given, event, next, effects })

const about = (type: string) => (checkpointId: number) => ({ type, params: { checkpointId } })

/** Expected effects. `cancel` is the marker that goes downstream. */
export const fx = {
  take: (checkpointId: number) => ({ type: 'takeSnapshot', params: { checkpointId, ended: false } }),
  takeEnded: (checkpointId: number) => ({ type: 'takeSnapshot', params: { checkpointId, ended: true } }),
  barrier: about('forwardBarrier'),
  cancel: about('forwardCancel'),
  /** Forwarded before what is queued. */
  ahead: (checkpointId: number) => ({ type: 'forwardBarrier', params: { checkpointId, alignment: unaligned } }),
  overtaken: (checkpointId: number, channel: number) => ({
    type: 'recordOvertaken',
    params: { checkpointId, channel },
  }),
  record: (checkpointId: number, ...channels: number[]) => ({
    type: 'recordInputs',
    params: { checkpointId, channels },
  }),
  promote: about('promoteBarriers'),
  persist: about('persistSnapshot'),
  discard: about('discardSnapshot'),
  acknowledge: about('acknowledge'),
  commit: about('commit'),
  tellAborted: about('tellAborted'),
  block: (channel: number) => ({ type: 'blockInput', params: { channel } }),
  status: (status: SubtaskStatus) => ({ type: 'reportStatus', params: { status } }),
  decline: (checkpointId: number, reason: DeclineReason) => ({ type: 'decline', params: { checkpointId, reason } }),
  notReady: (checkpointId: number) => fx.decline(checkpointId, 'CHECKPOINT_DECLINED_TASK_NOT_READY'),
  closing: (checkpointId: number) => fx.decline(checkpointId, 'CHECKPOINT_DECLINED_TASK_CLOSING'),
  subsumed: (checkpointId: number) => fx.decline(checkpointId, 'CHECKPOINT_DECLINED_SUBSUMED'),
  onCancel: (checkpointId: number) => fx.decline(checkpointId, 'CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER'),
  syncFailed: (checkpointId: number) => fx.decline(checkpointId, 'CHECKPOINT_DECLINED'),
  asyncFailed: (checkpointId: number) => fx.decline(checkpointId, 'CHECKPOINT_ASYNC_EXCEPTION'),
}
