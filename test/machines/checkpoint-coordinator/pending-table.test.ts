/** Each row of the pending checkpoint's table in `docs/protocols/checkpoint.md`, in its order. */
import { describe, expect, it } from 'vitest'
import type { SnapshotKind } from '../../../src/core/elements.ts'
import type { PendingEffect, PendingEvent } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import { pendingMachine } from '../../../src/machines/checkpoint-coordinator/pending-machine.ts'
import { type Stepped, start } from '../../../src/machines/step.ts'
import { machineSystem, type Row, tableTest } from '../../../src/testing/machine-harness.ts'
import { abortsWhileCollecting, acks } from './collecting-rows.ts'
import { a, b, on } from './coordinator-events.ts'
import {
  ackB,
  end,
  finished,
  givens,
  inputOf,
  jobEnded,
  jobStopping,
  kept,
  notPublished,
  notRemoved,
  notStored,
  pending,
  published,
  removed,
  reported,
  stored,
  subsumed,
  told,
} from './pending-words.ts'

const failed = 'FINALIZE_CHECKPOINT_FAILURE'
const whileStoring: Row<PendingEvent>[] = [
  {
    given: 'storing',
    event: notStored,
    next: 'aborted',
    effects: [
      told(failed),
      'discard',
      { type: 'answer', params: { outcome: { type: 'failed', reason: failed, code: 'STORAGE_FULL' } } },
      ...end('aborted', failed).slice(1),
    ],
  },
  { given: 'storing', event: subsumed, next: 'storingWhileSubsumed', effects: [] },
  { given: 'storing', event: finished, next: 'storing', effects: [] },
  { given: 'storing', event: jobStopping, next: 'storingWhileFailing', effects: [] },
  { given: 'storing', event: jobEnded, next: 'storingWhileFailing', effects: [] },
  {
    given: 'storingWhileSubsumed',
    event: stored,
    next: 'aborted',
    effects: [
      told('CHECKPOINT_SUBSUMED'),
      { type: 'retire', params: { checkpointIds: [1] } },
      ...end('aborted', 'CHECKPOINT_SUBSUMED'),
    ],
  },
  {
    given: 'storingWhileSubsumed',
    event: notStored,
    next: 'aborted',
    effects: [told('CHECKPOINT_SUBSUMED'), 'discard', ...end('aborted', 'CHECKPOINT_SUBSUMED')],
  },
  { given: 'storingWhileSubsumed', event: finished, next: 'storingWhileSubsumed', effects: [] },
  { given: 'storingWhileSubsumed', event: jobStopping, next: 'storingWhileFailing', effects: [] },
  { given: 'storingWhileSubsumed', event: jobEnded, next: 'storingWhileFailing', effects: [] },
  { given: 'storingWhileFailing', event: notStored, next: 'aborted', effects: ['discard', ...end('aborted', failed)] },
]

const late = (given: keyof typeof givens): Row<PendingEvent>[] => [
  { given, event: ackB, next: given, effects: reported('late') },
  { given, event: pending(on.decline(1, b)), next: given, effects: reported('late') },
]

const checkpoints: Row<PendingEvent>[] = [
  {
    given: 'storing',
    event: stored,
    condition: 'a checkpoint',
    next: 'completed',
    effects: [
      { type: 'notifyComplete', params: { subtasks: [a, b] } },
      { type: 'answer', params: { outcome: { type: 'completed', path: 'chk-1' } } },
      { type: 'announce', params: { type: 'completed', durationMs: 7, bytes: 10 } },
      'conclude',
    ],
  },
  {
    given: 'storingWhileFailing',
    event: stored,
    condition: 'a checkpoint',
    next: 'completed',
    effects: end('completed'),
  },
  { given: 'completed', event: stored, condition: 'again', next: 'completed', effects: reported('unexpected') },
]

const savepoints: Row<PendingEvent>[] = [
  {
    given: 'storing',
    event: stored,
    condition: 'a savepoint',
    next: 'publishing',
    effects: [
      { type: 'publishSavepoint', params: { checkpointId: 1, target: { directory: 'dir', format: 'pointer' } } },
    ],
  },
  {
    given: 'publishing',
    event: notPublished,
    next: 'aborted',
    effects: [told(failed), 'retire', ...end('aborted', failed)],
  },
  { given: 'publishing', event: finished, next: 'publishing', effects: [] },
  { given: 'publishing', event: jobStopping, next: 'publishingWhileFailing', effects: [] },
  { given: 'publishing', event: jobEnded, next: 'publishingWhileFailing', effects: [] },
  {
    given: 'storingWhileFailing',
    event: stored,
    condition: 'a savepoint',
    next: 'publishingWhileFailing',
    effects: ['publishSavepoint'],
  },
  {
    given: 'publishingWhileFailing',
    event: notPublished,
    next: 'aborted',
    effects: ['retire', ...end('aborted', failed)],
  },
]

const plain: Row<PendingEvent>[] = ['publishing', 'publishingWhileFailing'].map((given) => ({
  given,
  event: published,
  condition: 'a plain savepoint',
  next: 'completed',
  effects: [
    { type: 'retire', params: { checkpointIds: [1] } },
    { type: 'answer', params: { outcome: { type: 'completed', path: 'savepoint-1' } } },
    'announce',
    'conclude',
  ],
}))

const stops: Row<PendingEvent>[] = [
  {
    given: 'publishing',
    event: published,
    condition: 'a stop-savepoint',
    next: 'completed',
    effects: [{ type: 'notifyComplete', params: { subtasks: [a, b] } }, ...end('completed')],
  },
  {
    given: 'publishingWhileFailing',
    event: published,
    condition: 'a stop-savepoint',
    next: 'completed',
    effects: end('completed'),
  },
]

/** A stop-savepoint that cannot be published is a restore point until it is gone. */
const withdrawn: Row<PendingEvent>[] = [
  {
    given: 'publishing',
    event: notPublished,
    condition: 'a stop-savepoint',
    next: 'withdrawing',
    effects: [{ type: 'retire', params: { checkpointIds: [1] } }],
  },
  { given: 'withdrawing', event: removed, next: 'aborted', effects: [told(failed), ...end('aborted', failed)] },
  ...[notRemoved, kept].map((event) => ({
    given: 'withdrawing',
    event,
    next: 'aborted',
    effects: [
      { type: 'answer', params: { outcome: { type: 'failed', code: 'SAVEPOINT_NOT_WITHDRAWN' } } },
      { type: 'announce', params: { type: 'aborted', reason: failed } },
      { type: 'conclude', params: { type: 'checkpoint.aborted', removed: true } },
    ],
  })),
  { given: 'withdrawing', event: finished, next: 'withdrawing', effects: [] },
  { given: 'withdrawing', event: jobStopping, next: 'withdrawingWhileFailing', effects: [] },
  { given: 'withdrawing', event: jobEnded, next: 'withdrawingWhileFailing', effects: [] },
  {
    given: 'publishingWhileFailing',
    event: notPublished,
    condition: 'a stop-savepoint',
    next: 'withdrawingWhileFailing',
    effects: [{ type: 'retire', params: { checkpointIds: [1] } }],
  },
  { given: 'withdrawingWhileFailing', event: removed, next: 'aborted', effects: end('aborted', failed) },
  ...[notRemoved, kept].map((event) => ({
    given: 'withdrawingWhileFailing',
    event,
    next: 'aborted',
    effects: [
      { type: 'answer', params: { outcome: { type: 'failed', code: 'SAVEPOINT_NOT_WITHDRAWN' } } },
      ...end('aborted', failed).slice(1),
    ],
  })),
]

const tableOf = (kind: SnapshotKind, rows: readonly Row<PendingEvent>[]) =>
  tableTest(machineSystem<typeof pendingMachine, PendingEffect>(pendingMachine, inputOf(kind)), givens, rows)

const tables = {
  checkpoint: tableOf('checkpoint', [
    ...acks,
    ...abortsWhileCollecting,
    ...whileStoring,
    ...late('storing'),
    ...late('storingWhileSubsumed'),
    ...late('storingWhileFailing'),
    ...checkpoints,
  ]),
  savepoint: tableOf('savepoint', [...savepoints, ...late('publishing'), ...late('publishingWhileFailing'), ...plain]),
  'stop-suspend': tableOf('stop-suspend', [
    ...stops,
    ...withdrawn,
    ...late('withdrawing'),
    ...late('withdrawingWhileFailing'),
  ]),
}

for (const [kind, { cases }] of Object.entries(tables)) {
  describe(`a pending ${kind}`, () => {
    for (const { title, run } of cases) it(title, run)
  })
}

describe('the pending table', () => {
  it('begins with the trigger to the sources and its timeout', () => {
    const first: Stepped<unknown, PendingEffect> = start(pendingMachine, inputOf('checkpoint'))
    expect(first.effects).toEqual([
      {
        type: 'announce',
        params: {
          type: 'triggered',
          checkpointId: 1,
          kind: 'checkpoint',
          at: 0,
          periodic: false,
          subtasks: 3,
          participants: [a, b],
        },
      },
      {
        type: 'triggerBarrier',
        params: { checkpointId: 1, timestamp: 0, kind: 'checkpoint', alignment: undefined, subtasks: [a] },
      },
      { type: 'timer.set', params: { name: 'timeout', delayMs: 1_000 } },
    ])
  })

  it('has a row for every edge of the chart', () => {
    const left = Object.values(tables).map((table) => new Set(table.uncovered()))
    expect([...left[0]!].filter((edge) => left.every((set) => set.has(edge)))).toEqual([])
  })
})
