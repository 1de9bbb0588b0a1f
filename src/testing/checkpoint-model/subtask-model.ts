/**
 * One subtask of the model: a source that polls a counter, the task that counts what it takes of each stream and passes
 * it on, or the sink. Its life and its snapshots are the chart's; see `subtask-effects.ts`.
 *
 * An element of a blocked input, or of any input while consuming is paused, is not taken: its channel waits.
 */
import type { Failure, SubtaskEvent } from '../../machines/subtask/protocol.ts'
import type { ActorModel, Turn } from '../explorer/system.ts'
import { decidedFirst } from './decided-first.ts'
import type { Fired, ModelElement, StreamRecord, ToSubtask } from './model-messages.ts'
import { configOf } from './model-options.ts'
import { isForOver } from './stray-messages.ts'
import { announceEnd, pollAgain } from './subtask-effects.ts'
import { aheadOn, enqueue, expectTimeout, overtakenBy, recordConsumed } from './subtask-queues.ts'
import { SubtaskRun, type SubtaskSetting } from './subtask-run.ts'
import { written } from './subtask-snapshot.ts'
import { emptyContent, noSubtask, type SubtaskState, withItem } from './subtask-state.ts'
import { idOf } from './topology.ts'

/** The failure of a crash: always the same words, so that states do not differ by them. */
const crashOf = (restartable: boolean): Failure => ({
  code: 'USER_FUNCTION_FAILED',
  message: 'crashed',
  restartable,
})

export function subtaskModel(setting: SubtaskSetting): ActorModel<SubtaskState, ToSubtask> {
  const canFail = setting.options.snapshotFailures > 0
  return {
    start: { state: noSubtask, outputs: [] },
    receive(state, message, from): Turn<SubtaskState> | readonly Turn<SubtaskState>[] {
      const whole = turnOf(setting, state, message, from, false)
      if (whole === undefined) return []
      const turn = { state: whole.state, outputs: decidedFirst(whole.outputs) }
      if (!canFail || !whole.tookSnapshot) return turn
      const failed = turnOf(setting, state, message, from, true)!
      return [
        { ...turn, label: 'taken' },
        { state: failed.state, outputs: decidedFirst(failed.outputs), label: 'fails', spends: 'snapshot failures' },
      ]
    },
  }
}

const over: readonly unknown[] = ['finished', 'failed', 'canceled']
const isOver = ({ chart }: SubtaskState): boolean => over.includes(chart?.value)

/** Undefined: the message cannot be taken now. */
function turnOf(
  setting: SubtaskSetting,
  state: SubtaskState,
  message: ToSubtask,
  from: string,
  failsSnapshot: boolean,
): SubtaskRun | undefined {
  const run = new SubtaskRun(setting, state, failsSnapshot)
  if (message.type === 'subtask.deployed') {
    deploy(run, message)
    return run
  }
  // What was said to an actor that is gone is gone with it.
  if ('attempt' in message && !setting.rules.hears(message.attempt, state.attempt)) return run
  if (state.chart === undefined) return message.type === 'subtask.crash' ? undefined : run
  return hear(run, message, setting.inputs.indexOf(from)) ? run : undefined
}

function hear(run: SubtaskRun, message: Exclude<ToSubtask, { type: 'subtask.deployed' }>, channel: number): boolean {
  switch (message.type) {
    case 'timer.fired':
      return fired(run, message)
    case 'subtask.crash':
      if (isOver(run.state)) return false
      run.feed({ type: 'subtask.crashed', failure: crashOf(!run.setting.options.fatal) })
      return true
    case 'stray':
      if (isForOver(message.event) && !isOver(run.state)) return false
      run.feed(message.event)
      return true
    case 'state.written':
      written(run, message)
      return true
    case 'element':
      if (!isOver(run.state)) enqueue(run, channel, message.element)
      return true
    case 'record':
    case 'barrier':
    case 'cancel-checkpoint':
    case 'end-of-data':
    case 'end-of-partition':
      // Nobody looks at the channels of a subtask that is over.
      if (isOver(run.state)) return true
      if (!mayTake(run, channel)) return false
      take(run, message, channel)
      return true
    case 'checkpoint.triggered':
      if (run.setting.inputs.length > 0) expectTimeout(run, message.checkpointId, message.alignment?.type)
      run.feed(plain(message))
      return true
    case 'checkpoint.completed':
    case 'checkpoint.aborted': {
      const type = message.type === 'checkpoint.completed' ? 'completion.heard' : 'abortion.heard'
      run.tell({ type, checkpointId: message.checkpointId, ...run.subtask })
      run.feed(plain(message))
      return true
    }
    default:
      run.feed(plain(message))
      return true
  }
}

/** The chart's event without the attempt that the kernel looked at. */
function plain(message: { readonly type: string; readonly attempt: number }): SubtaskEvent {
  const { attempt: _, ...event } = message
  return event as SubtaskEvent
}

const timers = ['poll', 'restore', 'flush', 'commit', 'take/0', 'take/1', 'alignment-timeout']

function deploy(run: SubtaskRun, message: Extract<ToSubtask, { type: 'subtask.deployed' }>): void {
  const { inputs, options, rules, chart } = run.setting
  const { intervalMs, afterTasksFinish } = configOf(options)
  const { attempt, epoch, restored, content, finished, restoredInOutput } = message
  const machine = chart.start({
    channels: inputs.length,
    mode: options.mode,
    checkpointing: intervalMs !== undefined && afterTasksFinish,
    restoring: content !== undefined,
    restoredFinished: finished,
  })
  Object.assign(run.state, noSubtask, {
    chart: machine.state,
    attempt,
    epoch,
    restored,
    base: content ?? emptyContent,
    counts: content?.counts ?? {},
    sent: restoredInOutput,
    taken: inputs.map(() => 0),
    queues: inputs.map(() => []),
  })
  for (const timer of timers) run.timer(timer, false)
  for (const [channel, records] of (content?.inFlight ?? []).entries()) {
    if (records.length === 0 || !rules.restoresInFlight) continue
    run.tell({
      type: 'channel.restored',
      checkpointId: restored!,
      records: records.length,
      ...run.inputChannel(channel),
    })
    for (const record of records) enqueue(run, channel, { ...record, attempt })
  }
  run.feed({ type: 'subtask.deployed' })
}

/** A timer: false when it cannot do anything now. */
function fired(run: SubtaskRun, { name }: Fired): boolean {
  const { state, setting } = run
  switch (name) {
    case 'restore':
      run.feed({ type: 'state.restored' })
      return true
    case 'flush':
      announceEnd(run)
      return true
    case 'commit': {
      const [first, ...rest] = state.commits
      state.commits = rest
      if (rest.length > 0) run.timer('commit', true)
      run.feed({ type: 'commit.done', checkpointId: idOf(first!) })
      return true
    }
    case 'alignment-timeout':
      run.feed({ type: 'alignment.timed-out', checkpointId: idOf(state.timesOut!) })
      return true
    case 'poll':
      if (!setting.rules.mayTake({ consuming: state.consuming, blocked: false })) return false
      poll(run)
      return true
    default:
      return takeQueued(run, Number(name.slice('take/'.length)))
  }
}

function poll(run: SubtaskRun): void {
  const { state } = run
  const { name, options } = run.setting
  const position = (state.counts[name] ?? 0) + 1
  if (position > options.records) {
    run.feed({ type: 'source.exhausted' })
    return
  }
  state.counts = { ...state.counts, [name]: position }
  run.tell({ type: 'source.emitted', records: 1, ...run.subtask })
  pass(run, { type: 'record', attempt: state.attempt, stream: name, position })
  pollAgain(run)
}

function pass(run: SubtaskRun, record: StreamRecord): void {
  run.tell({ type: 'sent', sequence: run.state.sent, records: 1, ...run.outputChannel! })
  run.state.sent++
  run.emit(record)
}

const mayTake = ({ state, setting }: SubtaskRun, channel: number): boolean =>
  setting.rules.mayTake({ consuming: state.consuming, blocked: state.blocked.includes(channel) })

/** The head of a queue that is kept here. */
function takeQueued(run: SubtaskRun, channel: number): boolean {
  const { state } = run
  const queue = state.queues[channel] ?? []
  const ahead = aheadOn(state)
  if (queue.length === 0 || !mayTake(run, channel) || (ahead >= 0 && ahead !== channel)) return false
  const { overtook, ...element } = queue[0]!
  run.barrier = { channel, overtook: overtakenBy(queue) }
  state.queues = state.queues.with(channel, queue.slice(1))
  if (queue.length > 1) run.timer(`take/${channel}`, true)
  take(run, element as ModelElement, channel, overtook !== undefined)
  return true
}

function take(run: SubtaskRun, element: ModelElement, channel: number, overtakes = false): void {
  switch (element.type) {
    case 'record':
      count(run, element, channel)
      return
    case 'barrier': {
      const { attempt: _, type: _t, ...facts } = element
      const { checkpointId } = facts
      run.tell({ type: 'barrier.consumed', checkpointId, overtakes, ...run.inputChannel(channel) })
      run.feed({ type: 'barrier.received', channel, ...facts })
      return
    }
    case 'cancel-checkpoint':
      run.feed({ type: 'cancel.received', channel, checkpointId: idOf(element.checkpointId) })
      return
    case 'end-of-data':
      run.feed({ type: 'input.ended', channel })
      return
    case 'end-of-partition':
      run.feed({ type: 'input.closed', channel })
      return
  }
}

/** The task gives each record the number that it has counted for its stream, so that a wrong count shows in the output. */
function count(run: SubtaskRun, record: StreamRecord, channel: number): void {
  const { state } = run
  const { stream, position, attempt } = record
  recordConsumed(run, channel, record)
  run.tell({ type: 'consumed', sequence: state.taken[channel]!, records: 1, ...run.inputChannel(channel) })
  state.taken = state.taken.with(channel, state.taken[channel]! + 1)
  if (run.setting.output === undefined) {
    state.open = withItem(state.open, stream, position)
    return
  }
  const counted = (state.counts[stream] ?? 0) + 1
  state.counts = { ...state.counts, [stream]: counted }
  pass(run, { type: 'record', attempt, stream, position: counted })
}
