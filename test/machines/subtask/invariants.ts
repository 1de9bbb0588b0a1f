/** INV-ST-1 to INV-ST-11 of `src/machines/subtask/machine.ts` as monitors. They know the protocol, nothing of the chart. */
import type { SubtaskMachineInput } from '../../../src/machines/subtask/protocol.ts'
import { Wrong } from '../monitored-walk.ts'
import { recorded } from './recording-invariants.ts'
import { about, issues, type SubtaskMonitor, union, watch } from './watching.ts'

const snapshotsRise = watch('INV-ST-1 snapshots rise', 0, (last, _event, effects) => {
  for (const effect of effects) {
    if (effect.type !== 'takeSnapshot') continue
    if (effect.params.checkpointId <= last) return new Wrong(`snapshot ${effect.params.checkpointId} after ${last}`)
    return effect.params.checkpointId
  }
  return last
})

/**
 * In exactly-once a snapshot that is not unaligned is taken when every input has delivered the barrier or has closed; one
 * that the coordinator triggers, when no record can come any more.
 */
const aligned = (n: number, { channels }: SubtaskMachineInput) =>
  watch(
    `INV-ST-1 snapshot ${n} is aligned`,
    { delivered: [] as number[], ended: [] as number[], closed: [] as number[], blocked: [] as number[] },
    (memory, event, effects) => {
      let { delivered, ended, closed, blocked } = memory
      if (!issues(effects, 'report') && 'channel' in event && !blocked.includes(event.channel)) {
        if (event.type === 'barrier.received' && about(event, n)) delivered = union(delivered, event.channel)
        if (event.type === 'input.ended') ended = union(ended, event.channel)
        if (event.type === 'input.closed') closed = union(closed, event.channel)
      }
      for (const effect of effects) {
        if (effect.type === 'blockInput') blocked = union(blocked, effect.params.channel)
        if (effect.type === 'unblockInputs') blocked = []
        if (effect.type !== 'takeSnapshot' || !about(effect, n)) continue
        if (effect.params.alignment?.type === 'unaligned') continue
        const triggered = event.type === 'checkpoint.triggered' && ended.length === channels
        if (event.type === 'data.ended' && channels === 0) continue
        const here = new Set([...delivered, ...closed])
        if (!triggered && here.size < channels) return new Wrong(`only inputs ${[...here]} are there`)
      }
      return { delivered, ended, closed, blocked }
    },
  )

const oneMarker = (n: number) =>
  watch(`INV-ST-2 one marker of ${n}`, { taken: 'no', out: 'nothing' }, (memory, event, effects) => {
    let { taken, out } = memory
    if (taken === 'asked' && event.type === 'snapshot.taken' && about(event, n)) taken = 'yes'
    for (const effect of effects) {
      if (!about(effect, n)) continue
      if (effect.type === 'takeSnapshot') taken = 'asked'
      if (effect.type !== 'forwardBarrier' && effect.type !== 'forwardCancel') continue
      if (out !== 'nothing') return new Wrong(`${effect.type} after ${out}`)
      if (effect.type === 'forwardBarrier' && taken !== 'yes') return new Wrong('the barrier before the snapshot')
      out = effect.type
    }
    return { taken, out }
  })

const unblocked = ({ mode, channels }: SubtaskMachineInput) =>
  watch(
    'INV-ST-3 the end of an alignment unblocks',
    { blocked: [] as number[], closed: [] as number[], aligning: 0, consuming: false, taking: 0 },
    (memory, event, effects) => {
      let { blocked, closed, aligning, consuming, taking } = memory
      if (event.type === 'input.closed' && !issues(effects, 'report')) closed = union(closed, event.channel)
      if ((event.type === 'snapshot.taken' || event.type === 'snapshot.failed') && about(event, taking)) taking = 0
      for (const effect of effects) {
        if (effect.type === 'blockInput') {
          if (mode === 'at-least-once') return new Wrong('at-least-once blocks')
          if (event.type === 'barrier.received') aligning = event.checkpointId
          blocked = union(blocked, effect.params.channel)
        }
        if (effect.type === 'unblockInputs') blocked = []
        if (effect.type === 'takeSnapshot') taking = effect.params.checkpointId
        if (effect.type === 'openOperators' || effect.type === 'resumeConsuming') consuming = true
        if (['pauseConsuming', 'closeOutputs', 'closeOperators'].includes(effect.type)) consuming = false
        const ends = effect.type === 'forwardBarrier' || effect.type === 'forwardCancel'
        if (ends && about(effect, aligning)) aligning = 0
      }
      if (consuming && aligning === 0 && blocked.length > 0) return new Wrong(`inputs ${blocked} stay blocked`)
      const readable = channels - new Set([...blocked, ...closed]).size
      if (consuming && taking === 0 && blocked.length > 0 && readable === 0) return new Wrong('all inputs are blocked')
      return { blocked, closed, aligning, consuming, taking }
    },
  )

const answers = ['acknowledge', 'decline', 'discardSnapshot']

/** While a snapshot is being taken nothing but its answer is sent, so what is reported then does not count. */
const oneAnswer = (n: number) =>
  watch(`INV-ST-4 one answer to snapshot ${n}`, { stage: 'none', taking: 0 }, (memory, event, effects) => {
    let { stage, taking } = memory
    if (taking !== 0 && issues(effects, 'report')) return memory
    if (event.type === 'snapshot.taken' && about(event, n) && stage === 'asked') stage = 'taken'
    if (event.type === 'snapshot.stored' && about(event, n) && stage === 'writing') stage = 'stored'
    if ((event.type === 'snapshot.taken' || event.type === 'snapshot.failed') && about(event, taking)) taking = 0
    for (const effect of effects) {
      if (effect.type === 'takeSnapshot') taking = effect.params.checkpointId
      const failed = effect.type === 'reportStatus' && effect.params.status === 'failed'
      const open = stage !== 'none' && stage !== 'answered'
      if (open && (effect.type === 'closeOutputs' || failed)) return new Wrong(`closed while it is ${stage}`)
      if (!about(effect, n)) continue
      if (effect.type === 'takeSnapshot') stage = 'asked'
      if (effect.type === 'persistSnapshot') {
        if (stage !== 'taken') return new Wrong(`persisted while it is ${stage}`)
        stage = 'writing'
      }
      if (!answers.includes(effect.type) || stage === 'none') continue
      if (stage === 'answered') return new Wrong(`${effect.type} is a second answer`)
      if (effect.type === 'acknowledge' && stage !== 'stored') return new Wrong(`acknowledged while it is ${stage}`)
      stage = 'answered'
    }
    return stage === 'stored' ? new Wrong('it is stored and nobody is told') : { stage, taking }
  })

const lastWords = ['closeOutputs', 'closeOperators']
const afterwards = ['discardSnapshot', 'reportStatus', 'report', 'decline']

const nothingAfterClosing = watch('INV-ST-5 nothing after closing', 'open', (memory, _event, effects) => {
  let state = memory
  for (const { type } of effects) {
    // A subtask that finished may still be canceled or fail to close, which changes nothing.
    if (state === 'closed' && !afterwards.includes(type)) return new Wrong(`${type} after closing`)
    if (lastWords.includes(type)) state = 'closed'
  }
  return state
})

/** Which snapshots would allow the subtask to finish, and whether the commit of one is done. */
const finishesCommitted = ({ checkpointing, restoredFinished }: SubtaskMachineInput) =>
  watch(
    'INV-ST-6 finishes after its last commit',
    { covers: [] as number[], asked: [] as number[], done: !checkpointing || restoredFinished },
    (memory, event, effects) => {
      let { covers, asked, done } = memory
      if (event.type === 'commit.done' && asked.includes(event.checkpointId)) done = true
      for (const effect of effects) {
        if (effect.type === 'takeSnapshot') {
          const { checkpointId, ended, kind } = effect.params
          if (ended || kind === 'stop-suspend') covers = union(covers, checkpointId)
        }
        if (effect.type === 'commit' && covers.includes(effect.params.checkpointId)) {
          asked = union(asked, effect.params.checkpointId)
        }
        if (effect.type === 'closeOutputs' && !done) return new Wrong('it finishes without the last commit')
      }
      return { covers, asked, done }
    },
  )

const pauses = ({ channels }: SubtaskMachineInput) =>
  watch('INV-ST-7 pauses', { consuming: false, data: 'flowing', suspendedBy: 0 }, (memory, event, effects) => {
    let { consuming, data, suspendedBy } = memory
    if (event.type === 'data.ended' && data === 'ending') data = 'ended'
    const givenUp = event.type === 'checkpoint.aborted' || event.type === 'snapshot.failed'
    if (givenUp && about(event, suspendedBy)) suspendedBy = 0
    for (const effect of effects) {
      if (effect.type === 'openOperators' || effect.type === 'resumeConsuming') {
        if (channels === 0 && data !== 'flowing') return new Wrong('a source goes on after its end')
        consuming = true
      }
      if (['pauseConsuming', 'closeOutputs', 'closeOperators'].includes(effect.type)) consuming = false
      if (effect.type === 'endData') data = 'ending'
      const stops = effect.type === 'forwardBarrier' && effect.params.kind === 'stop-suspend' && data === 'flowing'
      if (stops) suspendedBy = effect.params.checkpointId
    }
    if (consuming && data === 'ending') return new Wrong('it consumes while its data is being ended')
    if (consuming && suspendedBy !== 0) return new Wrong(`it consumes after the barrier of stop ${suspendedBy}`)
    return { consuming, data, suspendedBy }
  })

const endsOnce = watch('INV-ST-8 data ends once', 'flowing', (memory, event, effects) => {
  let data = memory
  if (event.type === 'data.ended' && data === 'ending') data = 'ended'
  for (const effect of effects) {
    if (effect.type === 'endData') {
      if (data !== 'flowing') return new Wrong(`endData while it is ${data}`)
      data = 'ending'
    }
    if (effect.type === 'takeSnapshot' && effect.params.ended !== (data === 'ended')) {
      return new Wrong(`a snapshot says ended: ${effect.params.ended} while the data is ${data}`)
    }
  }
  return data
})

/** In at-least-once nothing else ends a checkpoint whose barriers come: neither an older nor a newer one given up. */
const counted = (n: number, { channels }: SubtaskMachineInput) =>
  watch(`INV-ST-11 checkpoint ${n} is counted`, { here: [] as number[], over: false }, (memory, event, effects) => {
    let { here, over } = memory
    const heard = !issues(effects, 'report') && 'channel' in event && event.channel < channels
    const isBarrier = event.type === 'barrier.received' && about(event, n)
    if (heard && (isBarrier || event.type === 'input.closed')) here = union(here, event.channel)
    if ((event.type === 'cancel.received' || event.type === 'checkpoint.aborted') && about(event, n)) over = true
    for (const effect of effects) {
      if (effect.type === 'takeSnapshot' && effect.params.checkpointId >= n) over = true
      if ((effect.type === 'forwardCancel' || effect.type === 'decline') && about(effect, n)) over = true
    }
    if (isBarrier && heard && !over && here.length === channels) return new Wrong('all barriers came for nothing')
    return { here, over }
  })

/** All of them for a machine with this input, in which checkpoints 1 to `checkpoints` happen. */
export const subtaskInvariants = (input: SubtaskMachineInput, checkpoints: number): readonly SubtaskMonitor[] => {
  const ids = Array.from({ length: checkpoints }, (_, index) => index + 1)
  return [
    snapshotsRise,
    ...(input.mode === 'exactly-once' ? ids.map((n) => aligned(n, input)) : []),
    ...ids.map(oneMarker),
    unblocked(input),
    ...ids.map(oneAnswer),
    nothingAfterClosing,
    finishesCommitted(input),
    pauses(input),
    endsOnce,
    ...ids.map((n) => (input.mode === 'exactly-once' ? recorded(n, input) : counted(n, input))),
  ]
}
