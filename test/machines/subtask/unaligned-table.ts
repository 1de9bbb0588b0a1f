/** The subtask's rows for checkpoints that do not wait for their barriers: overtaking, recording, timing out. */
import type { SubtaskEvent } from '../../../src/machines/subtask/protocol.ts'
import { on } from './alphabet.ts'
import { base, fx, row, type SubtaskTable } from './rows.ts'

const recording = [on.deployed, on.ahead(0, 1), on.taken(1)]
const ended = [on.deployed, on.inputEnded(0), on.inputEnded(1), on.dataEnded]
const endedAligning = [on.deployed, on.inputEnded(0), on.timed(0, 1), on.inputEnded(1), on.dataEnded]
const aligning: readonly SubtaskEvent[] = [on.deployed, on.timed(0, 1)]

const overtaking: SubtaskTable = {
  title: 'unaligned, 2 inputs',
  input: base,
  givens: {
    consuming: [on.deployed],
    'overtaking 1': [on.deployed, on.ahead(0, 1)],
    'recording 1': recording,
    'recording 1, 2 aborted early': [on.deployed, on.aborted(2), on.ahead(0, 1), on.taken(1)],
    'recording 1, input 1 ended': [on.deployed, on.ahead(0, 1), on.taken(1), on.inputEnded(0)],
    'recording 2, input 0 closed later': [on.deployed, on.inputEnded(0), on.triggerUnaligned(2), on.taken(2)],
    'triggered 1': [on.deployed, on.triggerUnaligned(1)],
    'recording both': [on.deployed, on.triggerUnaligned(1), on.taken(1)],
    'writing 1': [...recording, on.ahead(1, 1)],
    ended: [...ended],
    'ended, aligning 1': [...endedAligning],
  },
  rows: [
    row('consuming', on.ahead(0, 1), 'alive.running.snapshotting', fx.overtaken(1, 0), fx.take(1)),
    row('consuming', on.triggerUnaligned(1), 'alive.running.snapshotting', fx.take(1)),
    row('overtaking 1', on.taken(1), 'alive.running.recording', fx.ahead(1), fx.record(1, 1)),
    row('overtaking 1', on.failed(1), 'alive.running.consuming', fx.cancel(1), fx.syncFailed(1)),
    row('overtaking 1', on.crashed, 'failed', 'closeOperators', fx.discard(1), fx.status('failed')),
    row('triggered 1', on.taken(1), 'alive.running.recording', fx.ahead(1), fx.record(1, 0, 1)),
    row('recording both', on.inputEnded(0), 'alive.running.recording'),
    row('recording 1', on.ahead(1, 1), 'alive.running.consuming', fx.overtaken(1, 1), fx.persist(1)),
    row('recording 1', on.timed(1, 1), 'alive.running.consuming', fx.overtaken(1, 1), fx.persist(1)),
    row('recording 1', on.barrier(0, 1), 'alive.running.recording', 'report'),
    row('recording 1', on.timedOut(1), 'alive.running.recording', fx.promote(1)),
    row('recording 1', on.ahead(0, 2), 'alive.running.snapshotting', fx.subsumed(1), fx.overtaken(2, 0), fx.take(2)),
    row('recording 1', on.timed(0, 2), 'alive.running.aligning', fx.subsumed(1), fx.block(0)),
    row('recording 1', on.cancel(1, 1), 'alive.running.consuming', fx.onCancel(1)),
    row('recording 1', on.cancel(1, 2), 'alive.running.recording', fx.cancel(2), fx.onCancel(2)),
    row('recording 1', on.aborted(1), 'alive.running.consuming', fx.discard(1), fx.tellAborted(1)),
    row('recording 1', on.aborted(2), 'alive.running.recording', fx.tellAborted(2)),
    row('recording 1', on.trigger(2), 'alive.running.recording', fx.notReady(2)),
    row('recording 1', on.stored(1), 'alive.running.recording'),
    row('recording 1', on.inputEnded(0), 'alive.running.recording'),
    row('recording 1', on.inputEnded(1), 'alive.running.consuming', fx.persist(1)),
    row('recording 1', on.crashed, 'failed', 'closeOperators', fx.discard(1), fx.status('failed')),
    row('recording 1', on.canceled, 'canceled', 'closeOperators', fx.discard(1), fx.status('canceled')),
    row('recording 1, 2 aborted early', on.ahead(0, 2), 'alive.running.recording', fx.cancel(2)),
    row('recording 1, input 1 ended', on.inputEnded(1), 'alive.ending', fx.persist(1), 'pauseConsuming', 'endData'),
    row('recording 2, input 0 closed later', on.inputClosed(0), 'alive.running.recording'),
    row('writing 1', on.stored(1), 'alive.running.consuming', fx.acknowledge(1)),
    row('ended', on.ahead(0, 1), 'alive.ended.snapshotting', fx.overtaken(1, 0), fx.takeEnded(1)),
    row('ended, aligning 1', on.ahead(1, 1), 'alive.ended.aligned', fx.overtaken(1, 1), fx.takeEnded(1)),
    row(
      'ended, aligning 1',
      on.ahead(1, 2),
      'alive.ended.snapshotting',
      'unblockInputs',
      fx.cancel(1),
      fx.subsumed(1),
      fx.overtaken(2, 1),
      fx.takeEnded(2),
    ),
  ],
}

const timingOut: SubtaskTable = {
  title: 'aligned with a timeout, 2 inputs',
  input: base,
  givens: {
    consuming: [on.deployed],
    'consuming, 1 handled': [on.deployed, on.timed(0, 1), on.timed(1, 1), on.taken(1)],
    'aligning 1': aligning,
    'switched 1': [...aligning, on.timedOut(1)],
    'awaiting the ends for 1': [on.deployed, on.triggerTimed(1)],
    'ending while aligning 1': [on.deployed, on.inputEnded(0), on.timed(0, 1), on.inputEnded(1)],
    'ending, 1 timed out': [on.deployed, on.inputEnded(0), on.timed(0, 1), on.inputEnded(1), on.timedOut(1)],
    'ended, aligning 1': [...endedAligning],
  },
  rows: [
    row('consuming', on.timed(0, 1), 'alive.running.aligning', fx.block(0)),
    row('consuming', on.timedOut(1), 'alive.running.consuming', fx.promote(1)),
    row('consuming, 1 handled', on.timedOut(1), 'alive.running.consuming'),
    row('aligning 1', on.timed(1, 1), 'alive.running.aligned', fx.take(1)),
    row('aligning 1', on.ahead(1, 1), 'alive.running.aligned', fx.overtaken(1, 1), fx.take(1)),
    row('aligning 1', on.timedOut(1), 'alive.running.aligned', fx.promote(1), fx.take(1)),
    row('aligning 1', on.timedOut(2), 'alive.running.aligning', fx.promote(2)),
    row(
      'aligning 1',
      on.ahead(1, 2),
      'alive.running.snapshotting',
      'unblockInputs',
      fx.cancel(1),
      fx.subsumed(1),
      fx.overtaken(2, 1),
      fx.take(2),
    ),
    row('switched 1', on.taken(1), 'alive.running.recording', fx.ahead(1), 'unblockInputs', fx.record(1, 1)),
    row('switched 1', on.failed(1), 'alive.running.consuming', fx.cancel(1), 'unblockInputs', fx.syncFailed(1)),
    row('awaiting the ends for 1', on.timedOut(1), 'alive.running.aligned', fx.promote(1), fx.take(1)),
    row('ending while aligning 1', on.timedOut(1), 'alive.ending', fx.promote(1)),
    row(
      'ending, 1 timed out',
      on.dataEnded,
      'alive.ended.aligned',
      'resumeConsuming',
      fx.status('ended'),
      fx.takeEnded(1),
    ),
    row('ended, aligning 1', on.timedOut(1), 'alive.ended.aligned', fx.promote(1), fx.takeEnded(1)),
  ],
}

const threeInputs: SubtaskTable = {
  title: 'unaligned, 3 inputs',
  input: { ...base, channels: 3 },
  givens: {
    'recording 1': recording,
    'recording 1, two closed': [
      ...[on.deployed, on.ahead(0, 1), on.taken(1), on.inputEnded(0), on.inputClosed(0)],
      ...[on.inputEnded(2), on.inputClosed(2)],
    ],
    'switched with one left': [on.deployed, on.timed(0, 1), on.ahead(1, 1)],
  },
  rows: [
    row('recording 1', on.ahead(1, 1), 'alive.running.recording', fx.overtaken(1, 1)),
    row('recording 1, two closed', on.barrier(1, 2), 'alive.running.snapshotting', fx.subsumed(1), fx.take(2)),
    row(
      'switched with one left',
      on.taken(1),
      'alive.running.recording',
      fx.ahead(1),
      'unblockInputs',
      fx.record(1, 2),
    ),
  ],
}

export const unalignedTables: readonly SubtaskTable[] = [overtaking, timingOut, threeInputs]
