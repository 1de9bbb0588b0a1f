/** The words of the coordinator's table: its states by the events that lead there, its events and its effects. */
import type { SnapshotKind } from '../../../src/core/elements.ts'
import type { CheckpointId, SubtaskId } from '../../../src/core/ids.ts'
import type { MainEvent } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import type { CheckpointFailureReason } from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import { a, b, on } from './coordinator-events.ts'

export const completed = (id: number, kind: SnapshotKind = 'checkpoint', coversEnd = false, at = 0): MainEvent => ({
  type: 'checkpoint.completed',
  checkpointId: id as CheckpointId,
  kind,
  coversEnd,
  at,
})
export const aborted = (
  id: number,
  kind: SnapshotKind = 'checkpoint',
  reason: CheckpointFailureReason = 'CHECKPOINT_SUBSUMED',
  code = 'CHECKPOINT_FAILED',
): MainEvent => ({
  type: 'checkpoint.aborted',
  checkpointId: id as CheckpointId,
  kind,
  removed: code === 'SAVEPOINT_NOT_WITHDRAWN',
  reason,
  code,
  message: 'Because.',
  at: 0,
})

/** A stop-savepoint that could neither be published nor removed. */
export const leftBehind = (id: number): MainEvent =>
  aborted(id, 'stop-suspend', 'FINALIZE_CHECKPOINT_FAILURE', 'SAVEPOINT_NOT_WITHDRAWN')

export const tick = on.timer('interval')
const { running, jobStopping, jobEnded, request, ended, finished } = on
export const subtaskEvents = (subtask: SubtaskId) => [ended(subtask), finished(subtask)] as const
export const [endedA, finishedA] = subtaskEvents(a)

export const active = [running()]
export const one = [...active, tick]
export const stopping = (kind: SnapshotKind) => [...one, request('stop', kind)]
export const givens: Record<string, readonly MainEvent[]> = {
  inactive: [],
  periodic: active,
  'periodic, a ended': [...active, endedA],
  'periodic, b finished': [...active, finished(b)],
  'periodic, 1 pending': one,
  'periodic, 1 pending, r1 waits': [...one, request('r1', 'checkpoint')],
  'periodic, 1 pending, r1 and r2 wait': [...one, request('r1', 'checkpoint'), request('r2', 'checkpoint')],
  'periodic, 1 pending, r1 and another periodic wait': [...one, tick, request('r1', 'checkpoint')],
  'periodic, 1 being removed': [...one, aborted(1)],
  'periodic, 1 completed': [...one, completed(1)],
  'periodic, final pending': [...active, endedA, ended(b)],
  'periodic, 1 and savepoint 2 pending': [...one, request('s', 'savepoint')],
  'stopping, 1 and drain 2 pending': stopping('stop-drain'),
  'stopping, 1 and suspend 2 pending': stopping('stop-suspend'),
  'halting, 1 pending': [...stopping('stop-drain'), completed(2, 'stop-drain')],
  'settling, 1 pending': [...one, jobStopping()],
  'settling to the end, 1 pending': [...one, jobStopping(), jobEnded()],
  'ending, 1 pending': [...one, jobEnded()],
  shutdown: [jobEnded()],
}

export const periodic = 'active.running.periodic'
export const intervalSet = (delayMs = 100) => ({ type: 'timer.set', params: { name: 'interval', delayMs } })
export const intervalCleared = { type: 'timer.clear', params: { name: 'interval' } }
export const begin = (id: number, kind: SnapshotKind = 'checkpoint') => ({
  type: 'begin',
  params: { id, kind, attempt: 1 },
})
export const refuse = (reason: string, code: string, ...ids: (string | undefined)[]) => ({
  type: 'refuse',
  params: { why: { reason, code }, requests: ids.map((requestId) => ({ requestId })) },
})
export const tell = (type: string, ...ids: number[]) => ({
  type: 'tell',
  params: { checkpointIds: ids, event: { type } },
})
export const retire = (...ids: number[]) => ({ type: 'retire', params: { checkpointIds: ids } })
export const endForGood = { type: 'failJob', params: { code: 'SAVEPOINT_NOT_WITHDRAWN' } }
export const settled = (latest?: number) => [{ type: 'settled', params: { latest } }]
export const report = (what: string) => [{ type: 'report', params: { what } }]
