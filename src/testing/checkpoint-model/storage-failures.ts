/** Operations of the disk that fail: nothing changes there, and whoever ordered them hears of it. */
import type { Message, Output } from '../explorer/system.ts'
import type { ToStorage } from './model-messages.ts'

/** What only the owner of the storage asks. */
export type Asked = Exclude<ToStorage, { readonly type: 'storage.open' }>

export const answer = (to: string, message: object): Output => ({
  type: 'send',
  to,
  message: message as Message,
  immediate: true,
})

/** What whoever ordered it hears when an operation fails; undefined: it cannot fail, or nobody depends on it. */
export function failure(message: Asked): readonly Output[] | undefined {
  switch (message.type) {
    case 'state.write': {
      const { checkpointId, attempt } = message
      return [answer(message.subtask, { type: 'state.written', checkpointId, attempt, stored: false })]
    }
    case 'manifest.put': {
      const { checkpointId } = message
      const failed = { type: 'manifest.failed', checkpointId, code: 'STORAGE_FAILED', message: 'failed' }
      return [answer('coordinator', failed)]
    }
    case 'attempt.prepare':
      return [answer('job', { type: 'attempt.unprepared', attempt: message.attempt })]
    case 'savepoint.step': {
      const event = { type: 'step.failed', code: 'STORAGE_FAILED', message: 'failed' }
      return [answer('savepoints', { type: 'savepoint.stepped', key: message.key, event })]
    }
    case 'checkpoints.discard': {
      const { checkpointIds } = message
      return [answer('coordinator', { type: 'storage.cleaned', checkpointIds, kept: [], failed: 'failed' })]
    }
    default:
      return undefined
  }
}
