/** Every edge of the subtask's chart, one row each. Read `protocol.ts` first; the longest tables have their own files. */
import { describe, expect, it } from 'vitest'
import { subtaskMachine } from '../../../src/machines/subtask/machine.ts'
import type { SubtaskEffect } from '../../../src/machines/subtask/protocol.ts'
import { machineSystem, tableTest } from '../../../src/testing/machine-harness.ts'
import { on } from './alphabet.ts'
import { atTheEnd } from './ended-table.ts'
import { base, fx, row, type SubtaskTable } from './rows.ts'
import { running } from './running-table.ts'
import { unalignedTables } from './unaligned-table.ts'

const ended = [on.deployed, on.inputEnded(0), on.inputEnded(1), on.dataEnded]

const tables: readonly SubtaskTable[] = [
  running,
  atTheEnd,
  ...unalignedTables,
  {
    title: 'at-least-once, 2 inputs',
    input: { ...base, mode: 'at-least-once' },
    givens: {
      'counting nothing': [on.deployed],
      'counting 1': [on.deployed, on.barrier(0, 1)],
      'counting 1, snapshotting 2': [on.deployed, on.barrier(0, 1), on.barrier(0, 2), on.barrier(1, 2)],
      'counting 2, which is given up, then 1': [on.deployed, on.cancel(0, 2), on.barrier(0, 1)],
      'counting 1, input 1 ended': [on.deployed, on.barrier(0, 1), on.inputEnded(1)],
      ended: [...ended],
      'ended, counting 1': [on.deployed, on.barrier(0, 1), on.inputEnded(0), on.inputEnded(1), on.dataEnded],
      'ended, counting 1, snapshotting 2': [
        on.deployed,
        on.barrier(0, 1),
        on.inputEnded(0),
        on.inputEnded(1),
        on.dataEnded,
        on.trigger(2, 'stop-suspend'),
      ],
    },
    rows: [
      row('counting nothing', on.barrier(0, 1), 'alive.running.consuming'),
      row('counting nothing', on.trigger(1), 'alive.running.consuming'),
      row('counting 1', on.aborted(1), 'alive.running.consuming', fx.cancel(1), fx.tellAborted(1)),
      row(
        'counting 1, snapshotting 2',
        on.failed(2),
        'alive.running.consuming',
        fx.cancel(2),
        fx.syncFailed(2),
        fx.cancel(1),
        fx.subsumed(1),
      ),
      row('counting 2, which is given up, then 1', on.barrier(1, 1), 'alive.running.snapshotting', fx.take(1)),
      row('counting 1, input 1 ended', on.inputClosed(1), 'alive.running.snapshotting', fx.take(1)),
      row('ended', on.barrier(0, 1), 'alive.ended.waiting'),
      row('ended, counting 1', on.inputClosed(1), 'alive.ended.snapshotting', fx.takeEnded(1)),
      row(
        'ended, counting 1, snapshotting 2',
        on.taken(2),
        'alive.ended.waiting',
        fx.barrier(2),
        fx.persist(2),
        fx.cancel(1),
        fx.subsumed(1),
      ),
    ],
  },
  {
    title: 'exactly-once, 3 inputs',
    input: { ...base, channels: 3 },
    givens: {
      'aligning 1': [on.deployed, on.barrier(0, 1)],
      'aligning 1, input 1 ended': [on.deployed, on.barrier(0, 1), on.inputEnded(1)],
      'ended, aligning 1': [
        on.deployed,
        on.inputEnded(0),
        on.barrier(0, 1),
        on.inputEnded(1),
        on.inputEnded(2),
        on.dataEnded,
      ],
    },
    rows: [
      row('aligning 1', on.barrier(1, 1), 'alive.running.aligning', fx.block(1)),
      row('aligning 1, input 1 ended', on.inputClosed(1), 'alive.running.aligning'),
      row('ended, aligning 1', on.barrier(1, 1), 'alive.ended.aligning', fx.block(1)),
      row('ended, aligning 1', on.inputClosed(1), 'alive.ended.aligning'),
    ],
  },
  {
    title: 'a source',
    input: { ...base, channels: 0 },
    givens: {
      polling: [on.deployed],
      'snapshotting 1': [on.deployed, on.trigger(1)],
      ending: [on.deployed, on.exhausted],
      'draining 1': [on.deployed, on.trigger(1, 'stop-drain')],
      suspended: [on.deployed, on.trigger(1, 'stop-suspend'), on.taken(1)],
    },
    rows: [
      row('polling', on.trigger(1), 'alive.running.snapshotting', fx.take(1)),
      row('polling', on.trigger(1, 'stop-drain'), 'alive.draining', 'pauseConsuming', 'endData'),
      row('snapshotting 1', on.taken(1), 'alive.running.consuming', fx.barrier(1), fx.persist(1)),
      row('draining 1', on.aborted(1), 'alive.ending', fx.cancel(1), fx.tellAborted(1)),
      row('draining 1', on.trigger(2), 'alive.draining', fx.notReady(2)),
      row('polling', on.exhausted, 'alive.ending', 'pauseConsuming', 'endData'),
      row('ending', on.dataEnded, 'alive.ended.waiting', fx.status('ended')),
      row('draining 1', on.dataEnded, 'alive.ended.snapshotting', fx.status('ended'), fx.takeEnded(1)),
      row('suspended', on.trigger(2), 'alive.suspended', fx.notReady(2)),
    ],
  },
  {
    title: 'a source without checkpoints',
    input: { ...base, channels: 0, checkpointing: false },
    givens: {
      ending: [on.deployed, on.exhausted],
    },
    rows: [row('ending', on.dataEnded, 'finished', 'closeOutputs', fx.status('finished'))],
  },
  {
    title: 'restoring',
    input: { ...base, restoring: true },
    givens: {
      created: [],
      restoring: [on.deployed],
    },
    rows: [
      row('created', on.deployed, 'restoring', 'restoreState', fx.status('restoring')),
      row('restoring', on.restored, 'alive.running.consuming', 'openOperators', fx.status('running')),
      row('restoring', on.trigger(1), 'restoring', fx.notReady(1)),
      row('restoring', on.aborted(1), 'restoring'),
    ],
  },
  {
    title: 'without checkpoints',
    input: { ...base, checkpointing: false },
    givens: {
      'ended, input 0 closed': [on.deployed, on.inputEnded(0), on.inputClosed(0), on.inputEnded(1), on.dataEnded],
      'closing, writing 1': [
        on.deployed,
        on.barrier(0, 1, 'savepoint'),
        on.barrier(1, 1, 'savepoint'),
        on.taken(1),
        on.inputEnded(0),
        on.inputClosed(0),
        on.inputEnded(1),
        on.dataEnded,
        on.inputClosed(1),
      ],
    },
    rows: [
      row('ended, input 0 closed', on.inputClosed(1), 'finished', 'closeOutputs', fx.status('finished')),
      row('closing, writing 1', on.trigger(2, 'stop-drain'), 'alive.closing', fx.closing(2)),
    ],
  },
  {
    title: 'finished before the restore',
    input: { ...base, restoredFinished: true },
    givens: {
      created: [],
      endingAgain: [on.deployed],
    },
    rows: [
      row('created', on.deployed, 'endingAgain', 'endData'),
      row('endingAgain', on.dataEnded, 'finished', 'closeOutputs', fx.status('finished')),
      row('endingAgain', on.trigger(1), 'endingAgain', fx.closing(1)),
    ],
  },
]

describe('the chart of a subtask', () => {
  const uncovered: (readonly string[])[] = []
  for (const { title, input, givens, rows } of tables) {
    const table = tableTest(machineSystem<typeof subtaskMachine, SubtaskEffect>(subtaskMachine, input), givens, rows)
    describe(title, () => {
      for (const { title: name, run } of table.cases) it(name, run)
    })
    uncovered.push(table.uncovered())
  }

  it('has a row for every edge', () => {
    expect(uncovered.reduce((left, edges) => left.filter((edge) => edges.includes(edge)))).toEqual([])
  })
})
