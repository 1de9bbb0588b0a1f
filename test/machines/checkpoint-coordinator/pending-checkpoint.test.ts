import { describe, expect, it } from 'vitest'
import { usualTarget } from '../../../src/core/elements.ts'
import type { CheckpointId } from '../../../src/core/ids.ts'
import {
  acknowledge,
  begin,
  bytes,
  canBeSubsumed,
  countsAsCompleted,
  coversEnd,
  leavesUnacknowledged,
  missing,
  states,
  takesPart,
  withoutSubtask,
} from '../../../src/machines/checkpoint-coordinator/pending-checkpoint.ts'
import { a, b, state, stranger } from './coordinator-events.ts'

const pending = begin({
  id: 3 as CheckpointId,
  kind: 'checkpoint',
  alignment: undefined,
  periodic: false,
  timestamp: 0,
  attempt: 2,
  requestId: undefined,
  target: usualTarget,
  timeoutMs: 10,
  plan: { trigger: [a], wait: [a, b], finished: [] },
})
const ack = (subtask = a, attempt = 2, finished = false) => ({ subtask, attempt, state: state(finished) })

describe('an acknowledgement', () => {
  const one = acknowledge(pending, ack()).next
  const both = acknowledge(one, ack(b)).next

  it('of one of several is a success', () => {
    expect(acknowledge(pending, ack()).outcome).toBe('success')
    expect(missing(one)).toEqual([b])
    expect(states(one)).toEqual([{ subtask: a, state: state() }])
  })

  it('of the last one is the last, whatever the order', () => {
    expect(acknowledge(one, ack(b)).outcome).toBe('last')
    const reversed = acknowledge(acknowledge(pending, ack(b)).next, ack())
    expect(reversed.outcome).toBe('last')
    expect(reversed.next).toEqual(both)
    expect(bytes(both)).toBe(10)
  })

  it('that is repeated, late, foreign or of another attempt changes nothing', () => {
    expect(acknowledge(one, ack())).toEqual({ outcome: 'duplicate', next: one })
    expect(acknowledge(both, ack())).toEqual({ outcome: 'late', next: both })
    expect(acknowledge(pending, ack(stranger))).toEqual({ outcome: 'unknown', next: pending })
    expect(acknowledge(pending, ack(a, 1))).toEqual({ outcome: 'unknown', next: pending })
    expect(acknowledge(one, ack()).next).toBe(one)
  })

  it('covers the end only when all had reached it', () => {
    const ended = acknowledge(pending, ack(a, 2, true)).next
    expect(coversEnd(ended)).toBe(false)
    expect(coversEnd(acknowledge(ended, ack(b)).next)).toBe(false)
    expect(coversEnd(acknowledge(ended, ack(b, 2, true)).next)).toBe(true)
  })

  it('keeps a checkpoint alive when its subtask leaves', () => {
    expect(leavesUnacknowledged(one, { subtask: b, attempt: 2 })).toBe(true)
    expect(leavesUnacknowledged(one, { subtask: a, attempt: 2 })).toBe(false)
    expect(leavesUnacknowledged(one, { subtask: b, attempt: 1 })).toBe(false)
    expect(withoutSubtask(one, a).running).toEqual([b])
    expect(withoutSubtask(one, a).participants).toEqual(one.participants)
  })
})

describe('kinds', () => {
  it('only a checkpoint can be subsumed, all but a plain savepoint count as restore points', () => {
    const kinds = ['checkpoint', 'savepoint', 'stop-suspend', 'stop-drain'] as const
    expect(kinds.map(canBeSubsumed)).toEqual([true, false, false, false])
    expect(kinds.map(countsAsCompleted)).toEqual([true, false, true, true])
  })

  it('a decline counts from a participant of this attempt', () => {
    expect(takesPart(pending, { subtask: a, attempt: 2 })).toBe(true)
    expect(takesPart(pending, { subtask: a, attempt: 1 })).toBe(false)
    expect(takesPart(pending, { subtask: stranger, attempt: 2 })).toBe(false)
  })
})
