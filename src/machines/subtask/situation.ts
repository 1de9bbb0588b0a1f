/**
 * What the subtask's chart knows besides its state, and the questions that its guards ask of it.
 *
 * Each question is one named predicate of (context, event); none throws. The answers come from the two values below.
 */
import { type Alignment, isStop } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import {
  aligningOf,
  allClosed,
  allEnded,
  type BarrierAlignment,
  type BarrierOutcome,
  barrierOutcome,
  type CancelOutcome,
  canClose,
  cancelOutcome,
  canEnd,
  closeChannel,
  completeOf,
  endChannel,
  hopelessOf,
  initialAlignment,
  isOver,
  pendingOf,
  unrecordedOf,
} from './barrier-alignment.ts'
import type { BarrierFacts, ChannelIndex, SubtaskEvent, SubtaskMachineInput } from './protocol.ts'
import { entryOf, isAt, type SnapshotLedger, type SnapshotStage, unsettledOf } from './snapshot-ledger.ts'

export interface SubtaskContext {
  readonly task: SubtaskMachineInput
  readonly barriers: BarrierAlignment
  readonly snapshots: SnapshotLedger
}

export interface Situation {
  readonly context: SubtaskContext
  readonly event: SubtaskEvent
}

export const initialContext = (task: SubtaskMachineInput): SubtaskContext => ({
  task,
  barriers: initialAlignment(task),
  snapshots: [],
})

const noChannel: ChannelIndex = -1
const noCheckpoint = 0 as CheckpointId

export const channelIn = (event: SubtaskEvent): ChannelIndex => ('channel' in event ? event.channel : noChannel)
export const checkpointIn = (event: SubtaskEvent): CheckpointId =>
  'checkpointId' in event ? event.checkpointId : noCheckpoint
export function factsIn(event: SubtaskEvent): BarrierFacts {
  const checkpointId = checkpointIn(event)
  const timestamp = 'timestamp' in event ? event.timestamp : 0
  const kind = 'kind' in event ? event.kind : 'checkpoint'
  const alignment = alignmentIn(event)
  return alignment === undefined ? { checkpointId, timestamp, kind } : { checkpointId, timestamp, kind, alignment }
}
const alignmentIn = (event: SubtaskEvent): Alignment | undefined => ('alignment' in event ? event.alignment : undefined)

const barrierIs =
  (...outcomes: readonly BarrierOutcome[]) =>
  (situation: Situation): boolean =>
    outcomes.includes(outcomeOf(situation))

/** The last answer: a chart asks for each outcome by a guard of its own, all of them about one event. */
let answer: Answer | undefined

interface Answer {
  readonly barriers: BarrierAlignment
  readonly event: SubtaskEvent
  readonly outcome: BarrierOutcome
}

function outcomeOf({ context: { barriers }, event }: Situation): BarrierOutcome {
  if (answer?.barriers !== barriers || answer.event !== event) {
    answer = { barriers, event, outcome: barrierOutcome(barriers, channelIn(event), checkpointIn(event)) }
  }
  return answer.outcome
}

const cancelIs =
  (outcome: CancelOutcome) =>
  ({ context, event }: Situation): boolean =>
    cancelOutcome(context.barriers, channelIn(event), checkpointIn(event)) === outcome

const snapshotIs =
  (stage: SnapshotStage) =>
  ({ context, event }: Situation): boolean =>
    isAt(context.snapshots, checkpointIn(event), stage)

/** The snapshot after which the subtask is suspended: of a stop-suspend, before the end of its data. */
const isSuspension = ({ context, event }: Situation): boolean => {
  const entry = entryOf(context.snapshots, checkpointIn(event))
  return entry !== undefined && entry.facts.kind === 'stop-suspend' && !entry.ended
}

const exactlyOnce = ({ context }: Situation): boolean => context.task.mode === 'exactly-once'
/** A savepoint never overtakes: it must be readable without what was on its way. */
const isUnaligned = ({ kind, alignment }: BarrierFacts): boolean =>
  kind === 'checkpoint' && alignment?.type === 'unaligned'
const overtakes = ({ context, event }: Situation): boolean =>
  context.task.mode === 'exactly-once' && 'alignment' in event && isUnaligned(event)
const isPending = ({ context, event }: Situation): boolean =>
  pendingOf(context.barriers, checkpointIn(event)) !== undefined
const isNewTrigger = ({ context, event }: Situation): boolean => {
  const id = checkpointIn(event)
  const aligning = aligningOf(context.barriers)?.facts.checkpointId ?? 0
  return id > aligning && !isOver(context.barriers, id)
}
/** Records may still come, though all predecessors have finished: what they sent last is on its way. */
const anyOpen = ({ context }: Situation): boolean => context.barriers.channels.includes('open')
const timesOutAligning = ({ context, event }: Situation): boolean => {
  const facts = aligningOf(context.barriers)?.facts
  return facts?.checkpointId === checkpointIn(event) && facts.alignment?.type === 'aligned-with-timeout'
}
const wasAborted = ({ context, event }: Situation): boolean => context.barriers.aborted.includes(checkpointIn(event))
const inputEnds = ({ context, event }: Situation): boolean => canEnd(context.barriers, channelIn(event))
const inputCloses = ({ context, event }: Situation): boolean => canClose(context.barriers, channelIn(event))

export const questions = {
  restoredFinished: ({ context }: Situation) => context.task.restoredFinished,
  hasState: ({ context }: Situation) => context.task.restoring,
  /** Without checkpoints: its inputs have closed, and no stop-savepoint covers its end. */
  nothingToWaitFor: ({ context }: Situation) =>
    !context.task.checkpointing &&
    allClosed(context.barriers) &&
    !context.snapshots.some(({ ended, facts }) => ended && isStop(facts.kind)),
  isSource: ({ context }: Situation) => context.task.channels === 0,

  barrierFirst: (s: Situation) => exactlyOnce(s) && barrierIs('first')(s),
  barrierCounts: (s: Situation) => !exactlyOnce(s) && barrierIs('first', 'joined')(s),
  barrierJoins: barrierIs('joined'),
  barrierLast: barrierIs('last'),
  barrierSupersedes: barrierIs('superseding'),
  barrierOvertakes: (s: Situation) => overtakes(s) && barrierIs('first', 'last')(s),
  barrierSwitches: (s: Situation) => overtakes(s) && barrierIs('joined', 'last')(s),
  barrierOvertakesNewer: (s: Situation) => overtakes(s) && barrierIs('superseding')(s),
  barrierRecords: barrierIs('recorded'),
  barrierRecordsLast: barrierIs('recorded-last'),
  barrierOld: barrierIs('old'),
  barrierAborted: barrierIs('aborted'),

  cancelsAligning: cancelIs('aligning'),
  cancelsRecording: cancelIs('recording'),
  cancelSupersedes: cancelIs('superseding'),
  cancelNew: cancelIs('new'),
  cancelOld: cancelIs('old'),

  inputEnds,
  inputEndRecordsLast: (s: Situation) =>
    inputEnds(s) && endChannel(s.context.barriers, channelIn(s.event)).recording === undefined,
  lastInputEnds: (s: Situation) => inputEnds(s) && allEnded(endChannel(s.context.barriers, channelIn(s.event))),
  inputCloses,
  inputCompletes: (s: Situation) =>
    inputCloses(s) && completeOf(closeChannel(s.context.barriers, channelIn(s.event))) !== undefined,

  countHopeless: ({ context }: Situation) => hopelessOf(context.barriers) !== undefined,
  countComplete: ({ context }: Situation) => completeOf(context.barriers) !== undefined,
  stillAligning: ({ context }: Situation) => aligningOf(context.barriers) !== undefined,
  alignmentTimedOut: ({ context }: Situation) => {
    const aligning = aligningOf(context.barriers)
    return aligning !== undefined && isUnaligned(aligning.facts)
  },
  anyPending: ({ context }: Situation) => context.barriers.pending.length > 0,

  triggerAborted: (s: Situation) => isNewTrigger(s) && wasAborted(s),
  triggerDrains: (s: Situation) => isNewTrigger(s) && factsIn(s.event).kind === 'stop-drain',
  triggerOvertakes: (s: Situation) => isNewTrigger(s) && overtakes(s) && anyOpen(s),
  triggerCounts: (s: Situation) => isNewTrigger(s) && !exactlyOnce(s) && anyOpen(s),
  triggerAligns: (s: Situation) => isNewTrigger(s) && anyOpen(s),
  triggerNew: isNewTrigger,

  snapshotTaking: snapshotIs('taking'),
  /** The snapshot is taken, and what was on its way is not yet recorded. */
  recordingTaking: (s: Situation) => snapshotIs('taking')(s) && unrecordedOf(s.context.barriers).length > 0,
  snapshotRecording: snapshotIs('recording'),
  snapshotWriting: snapshotIs('writing'),
  snapshotAwaited: snapshotIs('awaited'),
  snapshotAcknowledged: snapshotIs('acknowledged'),
  snapshotCommitting: snapshotIs('committing'),
  suspensionTaking: (s: Situation) => snapshotIs('taking')(s) && isSuspension(s),
  suspensionWriting: (s: Situation) => snapshotIs('writing')(s) && isSuspension(s),
  suspensionAcknowledged: (s: Situation) => snapshotIs('acknowledged')(s) && isSuspension(s),
  endAcknowledged: (s: Situation) =>
    snapshotIs('acknowledged')(s) && entryOf(s.context.snapshots, checkpointIn(s.event))?.ended === true,
  allSettled: ({ context }: Situation) => unsettledOf(context.snapshots) === undefined,
  anyUnsettled: ({ context }: Situation) => unsettledOf(context.snapshots) !== undefined,

  abortsPending: isPending,
  abortsAligning: (s: Situation) => exactlyOnce(s) && isPending(s),
  abortsFuture: ({ context, event }: Situation) => !isOver(context.barriers, checkpointIn(event)),

  timesOutAligning,
  /** Its barrier is queued, or a barrier of it has still to come on an input that is recorded. */
  timesOutQueued: ({ context, event }: Situation) =>
    context.barriers.recording?.facts.checkpointId === checkpointIn(event) ||
    !isOver(context.barriers, checkpointIn(event)),
}
