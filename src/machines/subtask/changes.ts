/** How the subtask's context changes, one named function per assignment of the chart. */
import {
  beginHandling,
  beginRecording,
  closeChannel,
  completeOf,
  endChannel,
  endRecording,
  giveUp,
  receiveBarrier,
  receiveRecorded,
  rememberAborted,
  timeOut,
} from './barrier-alignment.ts'
import type { BarrierFacts, ChannelIndex } from './protocol.ts'
import { channelIn, checkpointIn, factsIn, type Situation, type SubtaskContext } from './situation.ts'
import { addEntry, inStage, moveTo, removeEntry, type SnapshotStage, unsettledOf } from './snapshot-ledger.ts'

type Change = (situation: Situation) => Partial<SubtaskContext>

/** From now on the barriers of this checkpoint and of older ones are old. */
const begin = (context: SubtaskContext, facts: BarrierFacts, ended: boolean, stage: SnapshotStage) => ({
  barriers: beginHandling(context.barriers, facts.checkpointId),
  snapshots: addEntry(context.snapshots, { facts, ended, stage }),
})

/** The same for a snapshot that does not wait for barriers; `channel` is where one of them came. */
const overtake = (context: SubtaskContext, channel: ChannelIndex | undefined, facts: BarrierFacts, ended: boolean) => {
  const barriers = beginRecording(context.barriers, channel, facts)
  return { barriers, snapshots: addEntry(context.snapshots, { facts: unalignedFacts(facts), ended, stage: 'taking' }) }
}
const unalignedFacts = (facts: BarrierFacts): BarrierFacts => ({ ...facts, alignment: { type: 'unaligned' } })

const move =
  (stage: SnapshotStage): Change =>
  ({ context, event }) => ({ snapshots: moveTo(context.snapshots, checkpointIn(event), stage) })

export const changes = {
  receiveBarrier: ({ context, event }) => ({
    barriers: receiveBarrier(context.barriers, channelIn(event), factsIn(event)),
  }),
  /** The coordinator asks while what finished predecessors sent last is still on its way. */
  receiveTrigger: ({ context, event }) => ({
    barriers: receiveBarrier(context.barriers, undefined, factsIn(event)),
  }),
  receiveRecorded: ({ context, event }) => ({ barriers: receiveRecorded(context.barriers, channelIn(event)) }),
  timeOut: ({ context }) => ({ barriers: timeOut(context.barriers) }),
  giveUp: ({ context, event }) => ({ barriers: giveUp(context.barriers, checkpointIn(event)) }),
  giveUpOldest: ({ context: { barriers } }) => ({
    barriers: giveUp(barriers, barriers.pending[0]!.facts.checkpointId),
  }),
  rememberAborted: ({ context, event }) => ({ barriers: rememberAborted(context.barriers, checkpointIn(event)) }),
  endInput: ({ context, event }) => ({ barriers: endChannel(context.barriers, channelIn(event)) }),
  closeInput: ({ context, event }) => ({ barriers: closeChannel(context.barriers, channelIn(event)) }),

  /** Of the event's checkpoint, before the end of the data; the next one after it. */
  beginSnapshot: ({ context, event }) => begin(context, factsIn(event), false, 'taking'),
  beginEndedSnapshot: ({ context, event }) => begin(context, factsIn(event), true, 'taking'),
  /** Of the checkpoint whose last missing input has closed. */
  beginComplete: ({ context }) => begin(context, completeOf(context.barriers)!.facts, false, 'taking'),
  beginEndedComplete: ({ context }) => begin(context, completeOf(context.barriers)!.facts, true, 'taking'),
  /** Of the event's checkpoint, whose barrier has overtaken what is queued. */
  beginOvertaken: ({ context, event }) => overtake(context, channelIn(event), factsIn(event), false),
  beginEndedOvertaken: ({ context, event }) => overtake(context, channelIn(event), factsIn(event), true),
  beginTriggered: ({ context, event }) => overtake(context, undefined, factsIn(event), false),
  /** Of the checkpoint whose alignment takes too long. */
  beginTimedOut: ({ context }) => overtake(context, undefined, context.barriers.pending[0]!.facts, false),
  beginEndedTimedOut: ({ context }) => overtake(context, undefined, context.barriers.pending[0]!.facts, true),
  awaitDrain: ({ context, event }) => begin(context, factsIn(event), true, 'awaited'),
  beginAwaited: ({ context: { snapshots } }) => ({
    snapshots: moveTo(snapshots, inStage(snapshots, 'awaited')!.facts.checkpointId, 'taking'),
  }),
  markRecording: move('recording'),
  markWriting: move('writing'),
  /** All barriers of the checkpoint that is recorded are there. */
  markRecorded: ({ context: { snapshots } }) => ({
    snapshots: moveTo(snapshots, inStage(snapshots, 'recording')!.facts.checkpointId, 'writing'),
  }),
  abandonRecording: ({ context: { barriers, snapshots } }) => ({
    barriers: endRecording(barriers),
    snapshots: removeEntry(snapshots, inStage(snapshots, 'recording')!.facts.checkpointId),
  }),
  markAcknowledged: move('acknowledged'),
  markCommitting: move('committing'),
  forget: ({ context, event }) => ({ snapshots: removeEntry(context.snapshots, checkpointIn(event)) }),
  forgetTaking: ({ context, event }) => ({
    barriers: endRecording(context.barriers),
    snapshots: removeEntry(context.snapshots, checkpointIn(event)),
  }),
  forgetUnsettled: ({ context: { snapshots } }) => ({
    snapshots: removeEntry(snapshots, unsettledOf(snapshots)!.facts.checkpointId),
  }),
} satisfies Record<string, Change>
