/** Snapshots of a subtask of the model: what one contains, when it is on the disk, and what its completion makes visible. */
import type { Failure, SnapshotMetrics, SubtaskEffect } from '../../machines/subtask/protocol.ts'
import type { Message } from '../explorer/system.ts'
import { laneOf } from './disk-lanes.ts'
import type { ToSubtask } from './model-messages.ts'
import { takeRecorded } from './subtask-queues.ts'
import type { SubtaskRun } from './subtask-run.ts'
import { idOf } from './topology.ts'

type TakeSnapshot = Extract<SubtaskEffect, { type: 'takeSnapshot' }>['params']

const noTimings: SnapshotMetrics = { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 }
const snapshotFailure: Failure = { code: 'CHECKPOINT_FAILED', message: 'failed', restartable: true }

export function takeSnapshot(run: SubtaskRun, { checkpointId, kind, ended }: TakeSnapshot): void {
  run.tookSnapshot = true
  if (run.failsSnapshot) {
    run.feed({ type: 'snapshot.failed', checkpointId, failure: snapshotFailure })
    return
  }
  const { state } = run
  const { rules } = run.setting
  const isSink = run.outputChannel === undefined
  run.tell({ type: 'snapshot.taken', checkpointId, kind, ended, ...run.subtask })
  if (state.open.length > 0) {
    run.tell({ type: 'precommitted', checkpointId, items: state.open, ...run.subtask })
    state.sealed = [...state.sealed, { snapshot: checkpointId, items: state.open }]
    state.open = []
  }
  if (kind === 'savepoint' && isSink) state.savepoints = [...state.savepoints, checkpointId]
  const positions = Object.entries(state.counts).map(([stream, count]) => [stream, rules.positionIn(count)] as const)
  // It is written at once, or when what was on its way has been recorded.
  const content = { ended, counts: Object.fromEntries(positions), parts: state.sealed, inFlight: [] }
  state.unwritten = { checkpointId, content }
  run.feed({ type: 'snapshot.taken', checkpointId })
}

export function persist(run: SubtaskRun, checkpointId: number): void {
  const { name, rules } = run.setting
  const { attempt, epoch } = run.state
  const taken = run.state.unwritten!.content
  run.state.unwritten = undefined
  const content = { ...taken, inFlight: takeRecorded(run, checkpointId) }
  const message = { type: 'state.write', checkpointId, subtask: name, content, attempt, epoch }
  run.send(laneOf(checkpointId), message as Message, 'writes')
  if (rules.confirms === 'ordered') acknowledgeable(run, checkpointId, content.ended)
}

function acknowledgeable(run: SubtaskRun, checkpointId: number, ended: boolean): void {
  const state = { operators: [], bytes: 0, finished: ended }
  run.feed({ type: 'snapshot.stored', checkpointId: idOf(checkpointId), state, metrics: noTimings })
}

/** The disk has answered. */
export function written(run: SubtaskRun, message: Extract<ToSubtask, { type: 'state.written' }>): void {
  if (run.setting.rules.confirms === 'ordered') return
  const { checkpointId, stored } = message
  if (!stored) {
    run.feed({ type: 'snapshot.failed', checkpointId: idOf(checkpointId), failure: snapshotFailure })
    return
  }
  run.tell({ type: 'snapshot.durable', checkpointId, ...run.subtask })
  const entry = run.state.chart!.context.snapshots.find(({ facts }) => facts.checkpointId === checkpointId)
  acknowledgeable(run, checkpointId, entry?.ended ?? false)
}

/** A sink makes visible what a completed checkpoint covers; a savepoint that the job goes on after commits nothing. */
export function commitDue(run: SubtaskRun, checkpointId: number): void {
  const { state } = run
  const { rules } = run.setting
  if (state.savepoints.includes(checkpointId)) {
    state.savepoints = state.savepoints.filter((id) => id !== checkpointId)
    return
  }
  state.savepoints = state.savepoints.filter((id) => id > checkpointId)
  const due = state.sealed.filter(({ snapshot }) => rules.commits(snapshot, checkpointId))
  if (due.length === 0) return
  state.sealed = state.sealed.filter((part) => !due.includes(part))
  run.commit(due)
}
