/**
 * Facts of a small job, in few words: two sources `a` and `b`, a task `t` that aligns them, a sink `k`. What is left out has
 * the most ordinary value: attempt 1, one record, epoch 1, a checkpoint.
 */
import type { SnapshotKind } from '../../../src/core/elements.ts'
import type { CheckpointFailureReason } from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import type { Fact } from '../../../src/testing/checkers/facts.ts'

type Of<Type extends Fact['type']> = Extract<Fact, { readonly type: Type }>

export const subtasks = ['a', 'b', 't', 'k']
export const channels = [
  { channel: 'a>t', from: 'a', to: 't' },
  { channel: 'b>t', from: 'b', to: 't' },
  { channel: 't>k', from: 't', to: 'k' },
]
const barrierSent = (channel: string, checkpointId: number, overtakes = false, attempt = 1): Fact => ({
  type: 'barrier.sent',
  channel,
  checkpointId,
  overtakes,
  attempt,
})

export const run = (over: Partial<Of<'run.began'>> = {}): Fact => ({
  type: 'run.began',
  maxConcurrent: 1,
  savepointsMax: 2,
  minPauseMs: 0,
  retained: 1,
  mode: 'exactly-once',
  channels,
  subtasks,
  outputs: {},
  ...over,
})
export const rescaled = (...names: readonly string[]): Fact => ({ type: 'run.rescaled', channels: [], subtasks: names })
export const died: Fact = { type: 'process.died' }
export const lease = (epoch: number): Fact => ({ type: 'lease.taken', epoch })
export const attempt = (number = 1, restored?: number): Fact => ({ type: 'attempt.began', attempt: number, restored })
export const began = (subtask: string, restored?: number, number = 1): Fact => ({
  type: 'subtask.began',
  subtask,
  restored,
  attempt: number,
})
export const allBegan = (restored?: number, number = 1): Fact[] => subtasks.map((one) => began(one, restored, number))
export const over = (subtask: string, how: Of<'subtask.over'>['how'] = 'finished', number = 1): Fact => ({
  type: 'subtask.over',
  subtask,
  how,
  attempt: number,
})
export const attemptOver = (number = 1): Fact => ({ type: 'attempt.over', attempt: number })
export const jobOver = (status: Of<'job.over'>['status'] = 'FINISHED'): Fact => ({ type: 'job.over', status })

export const sent = (channel: string, sequence: number, records = 1, number = 1): Fact => ({
  type: 'sent',
  channel,
  sequence,
  records,
  attempt: number,
})
export const consumed = (channel: string, sequence: number, records = 1, number = 1): Fact => ({
  type: 'consumed',
  channel,
  sequence,
  records,
  attempt: number,
})
export const filled = (channel: string, checkpointId: number, records = 1, number = 1): Fact => ({
  type: 'channel.restored',
  channel,
  checkpointId,
  records,
  attempt: number,
})
export const barrier = barrierSent
export const took = (channel: string, checkpointId: number, overtakes = false, number = 1): Fact => ({
  type: 'barrier.consumed',
  channel,
  checkpointId,
  overtakes,
  attempt: number,
})
export const blocked = (channel: string): Fact => ({ type: 'input.blocked', channel, attempt: 1 })
export const unblocked = (subtask: string): Fact => ({ type: 'inputs.unblocked', subtask, attempt: 1 })
export const emitted = (subtask: string, number = 1): Fact => ({
  type: 'source.emitted',
  subtask,
  records: 1,
  attempt: number,
})
export const ended = (subtask: string, number = 1): Fact => ({ type: 'data.ended', subtask, attempt: number })
export const watermark = (channel: string, timestamp = Number.MAX_SAFE_INTEGER): Fact => ({
  type: 'watermark.sent',
  channel,
  timestamp,
  attempt: 1,
})

export const snapshot = (subtask: string, checkpointId: number, more: Partial<Of<'snapshot.taken'>> = {}): Fact => ({
  type: 'snapshot.taken',
  subtask,
  checkpointId,
  kind: 'checkpoint',
  ended: false,
  attempt: 1,
  ...more,
})
export const recorded = (channel: string, checkpointId: number, sequence: number, records: number): Fact => ({
  type: 'channel.recorded',
  channel,
  checkpointId,
  sequence,
  records,
  attempt: 1,
})
const ofSnapshot =
  (type: 'snapshot.durable' | 'snapshot.discarded' | 'acknowledged' | 'declined' | 'abortion.heard') =>
  (subtask: string, checkpointId: number, number = 1): Fact => ({ type, subtask, checkpointId, attempt: number })
export const durable = ofSnapshot('snapshot.durable')
export const discarded = ofSnapshot('snapshot.discarded')
export const acknowledged = ofSnapshot('acknowledged')
export const declined = ofSnapshot('declined')
export const heardAbortion = ofSnapshot('abortion.heard')

export const triggered = (checkpointId: number, more: Partial<Of<'triggered'>> = {}): Fact => ({
  type: 'triggered',
  checkpointId,
  kind: 'checkpoint',
  attempt: 1,
  periodic: true,
  participants: subtasks,
  at: 0,
  ...more,
})
export const heard = (subtask: string, checkpointId: number, number = 1): Fact => ({
  type: 'acknowledgement.heard',
  subtask,
  checkpointId,
  attempt: number,
})
export const allHeard = (checkpointId: number): Fact[] => subtasks.map((one) => heard(one, checkpointId))
export const ordered = (checkpointId: number): Fact => ({ type: 'manifest.ordered', checkpointId })
export const completed = (checkpointId: number, kind: SnapshotKind = 'checkpoint', at = 0): Fact => ({
  type: 'completed',
  checkpointId,
  kind,
  at,
})
export const aborted = (
  checkpointId: number,
  kind: SnapshotKind = 'checkpoint',
  reason: CheckpointFailureReason = 'CHECKPOINT_EXPIRED',
): Fact => ({ type: 'aborted', checkpointId, kind, reason, at: 0 })
export const told = (checkpointId: number): Fact => ({ type: 'completion.told', checkpointId, subtasks })
export const settled = (latest?: number): Fact => ({ type: 'settled', latest })
export const asked = (request: string): Fact => ({ type: 'savepoint.asked', request, kind: 'savepoint' })
export const answered = (request: string, checkpointId?: number): Fact => ({
  type: 'savepoint.answered',
  request,
  checkpointId,
})

export const manifest = (checkpointId: number, kind: SnapshotKind = 'checkpoint', epoch = 1): Fact => ({
  type: 'manifest.stored',
  checkpointId,
  kind,
  epoch,
})
export const stored = (subtask: string, checkpointId: number, epoch = 1): Fact => ({
  type: 'state.stored',
  subtask,
  checkpointId,
  epoch,
})
export const deleted = (checkpointId: number, epoch = 1): Fact => ({ type: 'checkpoint.deleted', checkpointId, epoch })
export const stateDeleted = (subtask: string, checkpointId: number): Fact => ({
  type: 'state.deleted',
  subtask,
  checkpointId,
  epoch: 1,
})
const ofPin =
  (type: 'pinned' | 'unpinned' | 'savepoint.published' | 'savepoint.sealed' | 'savepoint.removed') =>
  (savepoint: string, checkpointId: number): Fact => ({ type, savepoint, checkpointId })
export const pinned = ofPin('pinned')
export const unpinned = ofPin('unpinned')
export const published = ofPin('savepoint.published')
export const sealed = ofPin('savepoint.sealed')
export const removed = ofPin('savepoint.removed')

export const precommitted = (checkpointId: number, first: number, last: number, number = 1): Fact => ({
  type: 'precommitted',
  subtask: 'k',
  checkpointId,
  items: [{ stream: 'out', first, last }],
  attempt: number,
})
export const committed = (checkpointId: number, first: number, last: number, stream = 'out'): Fact => ({
  type: 'committed',
  subtask: 'k',
  checkpointId,
  items: [{ stream, first, last }],
})
const ofTimer =
  (type: 'user-timer.set' | 'user-timer.deleted' | 'user-timer.fired') =>
  (timer: string, number = 1): Fact => ({ type, timer, subtask: 't', attempt: number })
export const timerSet = ofTimer('user-timer.set')
export const timerDeleted = ofTimer('user-timer.deleted')
export const timerFired = ofTimer('user-timer.fired')
export const keyGroups = (subtask: string, first: number, last: number): Fact => ({
  type: 'key-groups.restored',
  subtask,
  operator: 'count',
  maxParallelism: 8,
  first,
  last,
  attempt: 1,
})
