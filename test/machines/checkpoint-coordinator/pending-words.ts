/** The words of the pending checkpoint's table: its states by the events that lead there, its events and its effects. */
import type { SnapshotKind } from '../../../src/core/elements.ts'
import type { CheckpointId } from '../../../src/core/ids.ts'
import type { PendingEvent } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import { a, b, on, stranger } from './coordinator-events.ts'

export const inputOf = (kind: SnapshotKind) => ({
  id: 1 as CheckpointId,
  kind,
  alignment: undefined,
  periodic: false,
  timestamp: 0,
  attempt: 1,
  requestId: 'r',
  target: { directory: 'dir', format: 'pointer' as const },
  timeoutMs: 1_000,
  plan: { trigger: [a], wait: [a, b], finished: [stranger] },
})

export const pending = (event: unknown) => event as PendingEvent
export const subsumed: PendingEvent = { type: 'checkpoint.subsumed', by: 2 as CheckpointId, at: 0 }
export const [ackA, ackB, stored, notStored, published, notPublished] = [
  on.ack(1, a),
  on.ack(1, b),
  on.stored(1, 7),
  on.notStored(1),
  on.published(1),
  on.notPublished(1),
].map(pending) as [PendingEvent, PendingEvent, PendingEvent, PendingEvent, PendingEvent, PendingEvent]
export const removed = pending(on.cleaned(1))
export const notRemoved = pending(on.notCleaned(1))
export const kept = pending(on.kept(1))
export const jobStopping = pending(on.jobStopping())
export const jobEnded = pending(on.jobEnded())
export const finished = pending(on.finished(b))
export const timeout: PendingEvent = { type: 'timer.fired', name: 'timeout', at: 0 }
export const stale: PendingEvent = { type: 'timer.fired', name: 'nonsense', at: 0 }

export const storing = [ackA, ackB]
export const publishing = [...storing, stored]
export const givens = {
  collecting: [],
  'one acknowledged': [ackA],
  storing,
  publishing,
  storingWhileSubsumed: [...storing, subsumed],
  storingWhileFailing: [...storing, jobStopping],
  publishingWhileFailing: [...publishing, jobStopping],
  withdrawing: [...publishing, notPublished],
  withdrawingWhileFailing: [...publishing, notPublished, jobStopping],
  completed: [...storing, stored],
}

export const end = (type: 'completed' | 'aborted', reason?: string) => [
  { type: 'answer', params: { requestId: 'r', outcome: { type: type === 'aborted' ? 'failed' : type } } },
  { type: 'announce', params: reason === undefined ? { type } : { type, reason } },
  { type: 'conclude', params: { type: `checkpoint.${type}` } },
]
export const told = (reason: string, subtasks = [a, b]) => ({ type: 'notifyAborted', params: { reason, subtasks } })
export const reported = (what: string) => [{ type: 'report', params: { what } }]
export const suspend = 'CHECKPOINT_COORDINATOR_SUSPEND'
