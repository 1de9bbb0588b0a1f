/** Rows of the pending checkpoint's table while it collects acknowledgements. */
import type { PendingEvent } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import type { Row } from '../../../src/testing/machine-harness.ts'
import { a, b, on, stranger } from './coordinator-events.ts'
import {
  ackA,
  ackB,
  end,
  finished,
  jobEnded,
  jobStopping,
  pending,
  reported,
  stale,
  stored,
  subsumed,
  suspend,
  timeout,
  told,
} from './pending-words.ts'

export const acks: Row<PendingEvent>[] = [
  {
    given: 'collecting',
    event: ackA,
    condition: 'another',
    next: 'collecting',
    effects: [{ type: 'announce', params: { type: 'acknowledged', subtask: a } }],
  },
  {
    given: 'one acknowledged',
    event: ackB,
    condition: 'last',
    next: 'storing',
    effects: [
      { type: 'timer.clear', params: { name: 'timeout' } },
      'announce',
      { type: 'putManifest', params: { states: [{ subtask: a }, { subtask: b }], finished: [stranger] } },
    ],
  },
  { given: 'one acknowledged', event: ackA, condition: 'repeated', next: 'collecting', effects: reported('duplicate') },
  {
    given: 'collecting',
    event: pending(on.ack(1, stranger)),
    condition: 'a stranger',
    next: 'collecting',
    effects: reported('unknown'),
  },
  {
    given: 'collecting',
    event: pending(on.ack(1, a, 7)),
    condition: 'another attempt',
    next: 'collecting',
    effects: reported('unknown'),
  },
]

export const abortsWhileCollecting: Row<PendingEvent>[] = [
  {
    given: 'one acknowledged',
    event: pending(on.decline(1, a)),
    condition: 'takes part',
    next: 'aborted',
    effects: ['timer.clear', told('CHECKPOINT_DECLINED'), 'discard', ...end('aborted', 'CHECKPOINT_DECLINED')],
  },
  {
    given: 'collecting',
    event: pending(on.decline(1, stranger)),
    condition: 'a stranger',
    next: 'collecting',
    effects: reported('unknown'),
  },
  {
    given: 'one acknowledged',
    event: finished,
    condition: 'had not acknowledged',
    next: 'aborted',
    effects: [
      'timer.clear',
      told('CHECKPOINT_DECLINED_TASK_CLOSING', [a]),
      'discard',
      ...end('aborted', 'CHECKPOINT_DECLINED_TASK_CLOSING'),
    ],
  },
  { given: 'one acknowledged', event: pending(on.finished(a)), next: 'collecting', effects: [] },
  {
    given: 'collecting',
    event: subsumed,
    next: 'aborted',
    effects: ['timer.clear', told('CHECKPOINT_SUBSUMED'), 'discard', ...end('aborted', 'CHECKPOINT_SUBSUMED')],
  },
  {
    given: 'one acknowledged',
    event: jobStopping,
    next: 'aborted',
    effects: ['timer.clear', 'discard', ...end('aborted', suspend)],
  },
  {
    given: 'one acknowledged',
    event: pending(on.jobStopping(0, b)),
    condition: 'had not acknowledged',
    next: 'aborted',
    effects: ['timer.clear', 'discard', ...end('aborted', 'TASK_FAILURE')],
  },
  {
    given: 'one acknowledged',
    event: pending(on.jobStopping(0, a)),
    condition: 'had acknowledged',
    next: 'aborted',
    effects: ['timer.clear', 'discard', ...end('aborted', suspend)],
  },
  {
    given: 'collecting',
    event: jobEnded,
    next: 'aborted',
    effects: ['timer.clear', 'discard', ...end('aborted', 'CHECKPOINT_COORDINATOR_SHUTDOWN')],
  },
  {
    given: 'one acknowledged',
    event: timeout,
    next: 'aborted',
    effects: [told('CHECKPOINT_EXPIRED'), 'discard', ...end('aborted', 'CHECKPOINT_EXPIRED')],
  },
  { given: 'collecting', event: stale, next: 'collecting', effects: reported('unexpected') },
  { given: 'collecting', event: stored, next: 'collecting', effects: reported('unexpected') },
]
