/** How the subtask's context changes, one named function per assignment of the chart. */
import {
  beginHandling,
  closeChannel,
  completeOf,
  endChannel,
  giveUp,
  receiveBarrier,
  rememberAborted,
} from './barrier-alignment.ts'
import type { BarrierFacts } from './protocol.ts'
import { channelIn, checkpointIn, factsIn, type Situation, type SubtaskContext } from './situation.ts'
import { addEntry, inStage, moveTo, removeEntry, type SnapshotStage, unsettledOf } from './snapshot-ledger.ts'

type Change = (situation: Situation) => Partial<SubtaskContext>

/** From now on the barriers of this checkpoint and of older ones are old. */
const begin = (context: SubtaskContext, facts: BarrierFacts, ended: boolean, stage: SnapshotStage) => ({
  barriers: beginHandling(context.barriers, facts.checkpointId),
  snapshots: addEntry(context.snapshots, { facts, ended, stage }),
})

const move =
  (stage: SnapshotStage): Change =>
  ({ context, event }) => ({ snapshots: moveTo(context.snapshots, checkpointIn(event), stage) })

export const changes = {
  receiveBarrier: ({ context, event }) => ({
    barriers: receiveBarrier(context.barriers, channelIn(event), factsIn(event)),
  }),
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
  awaitDrain: ({ context, event }) => begin(context, factsIn(event), true, 'awaited'),
  beginAwaited: ({ context: { snapshots } }) => ({
    snapshots: moveTo(snapshots, inStage(snapshots, 'awaited')!.facts.checkpointId, 'taking'),
  }),
  markWriting: move('writing'),
  markAcknowledged: move('acknowledged'),
  markCommitting: move('committing'),
  forget: ({ context, event }) => ({ snapshots: removeEntry(context.snapshots, checkpointIn(event)) }),
  forgetUnsettled: ({ context: { snapshots } }) => ({
    snapshots: removeEntry(snapshots, unsettledOf(snapshots)!.facts.checkpointId),
  }),
} satisfies Record<string, Change>
