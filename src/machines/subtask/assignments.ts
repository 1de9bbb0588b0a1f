/** The changes of the subtask's context as actions of the chart, under the same names. */
import { assign } from 'xstate'
import { changes } from './changes.ts'
import type { SubtaskEvent } from './protocol.ts'
import type { Situation, SubtaskContext } from './situation.ts'

const assigned = (change: (situation: Situation) => Partial<SubtaskContext>) =>
  assign<SubtaskContext, SubtaskEvent, undefined, SubtaskEvent, never>(change)

export const assignments = {
  receiveBarrier: assigned(changes.receiveBarrier),
  receiveTrigger: assigned(changes.receiveTrigger),
  receiveRecorded: assigned(changes.receiveRecorded),
  timeOut: assigned(changes.timeOut),
  giveUp: assigned(changes.giveUp),
  giveUpOldest: assigned(changes.giveUpOldest),
  rememberAborted: assigned(changes.rememberAborted),
  endInput: assigned(changes.endInput),
  closeInput: assigned(changes.closeInput),
  beginSnapshot: assigned(changes.beginSnapshot),
  beginEndedSnapshot: assigned(changes.beginEndedSnapshot),
  beginComplete: assigned(changes.beginComplete),
  beginEndedComplete: assigned(changes.beginEndedComplete),
  beginOvertaken: assigned(changes.beginOvertaken),
  beginEndedOvertaken: assigned(changes.beginEndedOvertaken),
  beginTriggered: assigned(changes.beginTriggered),
  beginTimedOut: assigned(changes.beginTimedOut),
  beginEndedTimedOut: assigned(changes.beginEndedTimedOut),
  awaitDrain: assigned(changes.awaitDrain),
  beginAwaited: assigned(changes.beginAwaited),
  markRecording: assigned(changes.markRecording),
  markRecorded: assigned(changes.markRecorded),
  abandonRecording: assigned(changes.abandonRecording),
  markWriting: assigned(changes.markWriting),
  markAcknowledged: assigned(changes.markAcknowledged),
  markCommitting: assigned(changes.markCommitting),
  forget: assigned(changes.forget),
  forgetTaking: assigned(changes.forgetTaking),
  forgetUnsettled: assigned(changes.forgetUnsettled),
}
