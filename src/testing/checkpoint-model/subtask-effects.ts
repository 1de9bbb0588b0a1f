/**
 * What the effects of a subtask's chart do in the model: what the subtask's actor does, on counters in place of records.
 * Decides nothing; what the kernel and the data plane decide are the rules of the setting.
 */
import { maxWatermark } from '../../core/elements.ts'
import type { SubtaskEffect } from '../../machines/subtask/protocol.ts'
import { initialContext } from '../../machines/subtask/situation.ts'
import type { Message } from '../explorer/system.ts'
import { laneOf } from './disk-lanes.ts'
import { isSlow } from './model-options.ts'
import { promote, recordInputs, recordOvertaken } from './subtask-queues.ts'
import type { SubtaskRun } from './subtask-run.ts'
import { commitDue, persist, takeSnapshot } from './subtask-snapshot.ts'
import { noSubtask } from './subtask-state.ts'

type Params<Type extends SubtaskEffect['type']> =
  Extract<SubtaskEffect, { type: Type }> extends { readonly params: infer P } ? P : undefined

type Handlers = { readonly [Type in SubtaskEffect['type']]: (run: SubtaskRun, params: Params<Type>) => void }

export function carryOut(run: SubtaskRun, effect: SubtaskEffect): void {
  const handler = handlers[effect.type] as (run: SubtaskRun, params: unknown) => void
  handler(run, 'params' in effect ? effect.params : undefined)
}

/** Sets the timer by which a source polls, if there is something to find. */
export function pollAgain(run: SubtaskRun): void {
  const { inputs, name, options } = run.setting
  if (inputs.length > 0) return
  const left = (run.state.counts[name] ?? 0) < options.records
  if (left || options.bounded) run.timer('poll', true)
}

export function announceEnd(run: SubtaskRun): void {
  const { attempt } = run.state
  if (run.outputChannel !== undefined) {
    run.tell({ type: 'watermark.sent', timestamp: maxWatermark.timestamp, ...run.outputChannel })
  }
  run.emit({ type: 'end-of-data', attempt })
  run.tell({ type: 'data.ended', ...run.subtask })
  run.feed({ type: 'data.ended' })
}

/** What a restored snapshot lists becomes visible. */
function commitRestored(run: SubtaskRun): void {
  const { base, restored } = run.state
  if (restored === undefined || base === undefined || base.parts.length === 0) return
  if (run.setting.rules.commitsRestored) run.commit(base.parts)
}

/** Forgets what a subtask that is over never asks for again. */
function over(run: SubtaskRun, how: 'finished' | 'failed' | 'canceled'): void {
  const { attempt, epoch, chart, commits } = run.state
  run.tell({ type: 'subtask.over', how, ...run.subtask })
  const context = initialContext(chart!.context.task)
  const last = how === 'finished' ? chart : { value: how, context }
  const acknowledged = chart!.context.snapshots.filter(({ stage }) => stage === 'acknowledged')
  const unnotified = run.outputChannel === undefined ? acknowledged.map(({ facts }) => facts.checkpointId) : []
  Object.assign(run.state, noSubtask, { attempt, epoch, commits, unnotified, chart: last })
  for (const timer of ['poll', 'take/0', 'take/1', 'alignment-timeout']) run.timer(timer, false)
}

/** Whatever there is of a snapshot that was not written. */
function forget({ state }: SubtaskRun, checkpointId: number): void {
  state.recorded = state.recorded.filter((one) => one.checkpointId !== checkpointId)
  if (state.unwritten?.checkpointId === checkpointId) state.unwritten = undefined
  if (state.recording?.checkpointId === checkpointId) state.recording = undefined
}

const handlers: Handlers = {
  restoreState: (run) => {
    if (isSlow(run.setting.options, 'starts', run.setting.name)) run.timer('restore', true)
    else run.feed({ type: 'state.restored' })
  },
  openOperators: (run) => {
    commitRestored(run)
    run.state.consuming = true
    pollAgain(run)
    run.tell({ type: 'subtask.began', restored: run.state.restored, ...run.subtask })
  },
  pauseConsuming: ({ state }) => {
    state.consuming = false
  },
  resumeConsuming: ({ state }) => {
    state.consuming = true
  },
  blockInput: (run, { channel }) => {
    run.state.blocked = [...run.state.blocked, channel].toSorted((a, b) => a - b)
    run.tell({ type: 'input.blocked', ...run.inputChannel(channel) })
  },
  unblockInputs: (run) => {
    run.state.blocked = []
    run.tell({ type: 'inputs.unblocked', ...run.subtask })
  },
  recordOvertaken: (run, { checkpointId }) => recordOvertaken(run, checkpointId),
  recordInputs: (run, { checkpointId, channels }) => recordInputs(run, checkpointId, channels),
  promoteBarriers: (run, { checkpointId }) => promote(run, checkpointId),
  endData: (run) => {
    const { inputs, options, name } = run.setting
    if (inputs.length === 0) run.timer('poll', false)
    // Restored at its end: it never opens, and says again that it has ended.
    if (run.state.chart?.value === 'endingAgain') commitRestored(run)
    if (isSlow(options, 'ends', name)) run.timer('flush', true)
    else announceEnd(run)
  },
  takeSnapshot,
  forwardBarrier: (run, facts) => {
    run.emit({ type: 'barrier', attempt: run.state.attempt, ...facts })
    if (run.outputChannel === undefined) return
    const { checkpointId, alignment } = facts
    run.tell({ type: 'barrier.sent', checkpointId, overtakes: alignment?.type === 'unaligned', ...run.outputChannel })
  },
  forwardCancel: (run, params) => run.emit({ type: 'cancel-checkpoint', attempt: run.state.attempt, ...params }),
  persistSnapshot: (run, { checkpointId }) => persist(run, checkpointId),
  discardSnapshot: (run, { checkpointId }) => {
    const { name: subtask } = run.setting
    const { epoch } = run.state
    run.send(laneOf(checkpointId), { type: 'state.discard', checkpointId, subtask, epoch } as Message, 'writes')
    forget(run, checkpointId)
    run.tell({ type: 'snapshot.discarded', checkpointId, ...run.subtask })
  },
  acknowledge: (run, params) => {
    run.tell({ type: 'acknowledged', checkpointId: params.checkpointId, ...run.subtask })
    run.send('coordinator', { type: 'subtask.acknowledged', ...params, ...run.subtask } as Message, 'acknowledgements')
  },
  decline: (run, { checkpointId, reason }) => {
    forget(run, checkpointId)
    run.tell({ type: 'declined', checkpointId, ...run.subtask })
    const message = { type: 'subtask.declined', checkpointId, reason, message: 'declined', ...run.subtask }
    // It never overtakes the order that it answers, and what else that order sets going.
    run.outputs.push({ type: 'send', to: 'coordinator', message: message as Message })
  },
  commit: (run, { checkpointId }) => {
    commitDue(run, checkpointId)
    const { options, name } = run.setting
    if (!isSlow(options, 'ends', name)) return run.feed({ type: 'commit.done', checkpointId })
    run.state.commits = [...run.state.commits, checkpointId]
    run.timer('commit', true)
  },
  tellAborted: ({ state }, { checkpointId }) => {
    state.savepoints = state.savepoints.filter((id) => id !== checkpointId)
  },
  closeOutputs: (run) => {
    run.state.consuming = false
    run.emit({ type: 'end-of-partition', attempt: run.state.attempt })
    if (run.outputChannel !== undefined) run.tell({ type: 'channel.ended', ...run.outputChannel })
  },
  closeOperators: (run) => {
    run.state.consuming = false
    run.timer('poll', false)
  },
  reportStatus: (run, { status, failure }) => {
    const report = { type: 'subtask.reported', ...run.subtask, status, ...(failure !== undefined && { failure }) }
    if (status === 'finished' || status === 'failed' || status === 'canceled') over(run, status)
    run.send('job', report, 'cancels')
  },
  report: () => {},
}
