import { describe, expect, it } from 'vitest'
import { usualTarget } from '../../../src/core/elements.ts'
import type { CheckpointId } from '../../../src/core/ids.ts'
import {
  adoptAttempt,
  type CoordinatorContext,
  effectiveIntervalMs,
  initialContext,
  retryMs,
  subsumedBy,
  verdict,
  withEnded,
  withOwnRequest,
} from '../../../src/machines/checkpoint-coordinator/coordinator-context.ts'
import * as say from '../../../src/machines/checkpoint-coordinator/coordinator-effects.ts'
import type { Conclusion } from '../../../src/machines/checkpoint-coordinator/inner-protocol.ts'
import { begin } from '../../../src/machines/checkpoint-coordinator/pending-checkpoint.ts'
import * as sayPending from '../../../src/machines/checkpoint-coordinator/pending-effects.ts'
import { a, b, config, on, twoTasks } from './coordinator-events.ts'

const id = (number: number) => number as CheckpointId
const context: CoordinatorContext = {
  ...initialContext({ config, restored: { lastId: 4 as CheckpointId, completed: [3, 1].map(id) } }),
  plan: twoTasks,
  attempt: 1,
}

describe('a new attempt', () => {
  it('knows of no subtask that it has ended', () => {
    const ended = withEnded(withEnded(context, a), b)
    expect(ended.ended).toEqual([a, b])
    const next = adoptAttempt(ended, { type: 'job.running', attempt: 2, plan: twoTasks, at: 0, random: 0 })
    expect(next).toMatchObject({ attempt: 2, ended: [] })
  })
})

type Aborted = Extract<Conclusion, { type: 'checkpoint.aborted' }>
const aborted = (facts: Partial<Aborted> = {}): Aborted => ({
  type: 'checkpoint.aborted',
  checkpointId: id(4),
  kind: 'checkpoint',
  removed: false,
  at: 0,
  reason: 'CHECKPOINT_EXPIRED',
  code: 'CHECKPOINT_FAILED',
  message: 'It expired.',
  ...facts,
})

describe('what an abort means', () => {
  const allEnded = withEnded(withEnded(context, a), b)
  const lenient = { ...context, config: { ...config, tolerableFailures: 1 } }

  it('fails the job when sources were drained, the lease is lost, or too many failed', () => {
    expect(verdict(context, aborted())).toBe('exceeded')
    expect(verdict(lenient, aborted())).toBe('tolerable')
    expect(verdict(lenient, aborted({ kind: 'stop-drain' }))).toBe('drained')
    expect(verdict(lenient, aborted({ kind: 'stop-suspend' }))).toBe('tolerable')
    expect(verdict(lenient, aborted({ code: 'LEASE_LOST' }))).toBe('fenced')
    expect(verdict(lenient, aborted({ kind: 'stop-drain', code: 'SAVEPOINT_NOT_WITHDRAWN' }))).toBe('left')
  })

  it('asks for another final checkpoint while all wait for one and none is under way', () => {
    const subsumed = aborted({ reason: 'CHECKPOINT_SUBSUMED' })
    expect(verdict(allEnded, subsumed)).toBe('final')
    expect(verdict(withOwnRequest(allEnded, 'final', 0), subsumed)).toBe('tolerable')
    expect(verdict({ ...allEnded, inFlight: [{ id: id(5), kind: 'checkpoint', final: true }] }, subsumed)).toBe(
      'tolerable',
    )
    expect(verdict(withEnded(context, a), subsumed)).toBe('tolerable')
  })

  it('the retry is never later than a second, nor than the interval', () => {
    const slow = { ...config, intervalMs: 9_000 }
    expect([retryMs({ ...allEnded, config: slow }), retryMs({ ...context, config: slow })]).toEqual([1_000, 9_000])
    expect(retryMs(allEnded)).toBe(100)
    expect(effectiveIntervalMs({ ...slow, minPauseMs: 10_000 })).toBe(10_000)
  })

  it('says why the job fails, with the code of the cause', () => {
    const lost = { context, event: aborted({ code: 'LEASE_LOST', message: 'Epoch 4 took over.' }) }
    expect(say.failJob.params(lost)).toEqual({
      code: 'LEASE_LOST',
      message: 'The checkpoint storage of the job belongs to another process now: Epoch 4 took over.',
    })
  })
})

describe('what is asked for and subsumed', () => {
  it('at most one request of the timer waits', () => {
    const once = withOwnRequest(context, 'periodic', 1)
    expect(once.queue).toHaveLength(1)
    expect(withOwnRequest(once, 'periodic', 2)).toBe(once)
    expect(withOwnRequest(once, 'final', 2).queue.map(({ origin }) => origin)).toEqual(['final', 'periodic'])
  })

  it('a completion subsumes older checkpoints, not savepoints, and a plain savepoint subsumes nothing', () => {
    const inFlight = [
      { id: id(5), kind: 'checkpoint', final: false },
      { id: id(6), kind: 'savepoint', final: false },
      { id: id(8), kind: 'checkpoint', final: false },
    ] as const
    const done = (kind: 'checkpoint' | 'savepoint' | 'stop-drain') =>
      subsumedBy(
        { ...context, inFlight },
        { type: 'checkpoint.completed', checkpointId: id(7), kind, coversEnd: false, at: 0 },
      )
    expect([done('checkpoint'), done('stop-drain'), done('savepoint')]).toEqual([[5], [5], []])
  })

  it('restore points are kept in the order of their ids', () => {
    expect(context.completed).toEqual([1, 3])
  })
})

describe('what a report says', () => {
  const what = (event: Parameters<typeof say.report.params>[0]['event']) => say.report.params({ context, event }).what
  it('late about what is over, unknown about what never was, unexpected else', () => {
    expect([what(on.ack(4, a)), what(on.stored(1)), what(on.timer('timeout/2'))]).toEqual(['late', 'late', 'late'])
    expect([what(on.ack(5, a)), what(on.published(9))]).toEqual(['unknown', 'unknown'])
    expect([what(on.timer('interval')), what(on.ended(a))]).toEqual(['unexpected', 'unexpected'])
  })
})

describe('why a checkpoint was given up', () => {
  const pending = begin({
    id: id(3),
    kind: 'savepoint',
    alignment: undefined,
    periodic: false,
    timestamp: 0,
    attempt: 1,
    requestId: 'r',
    target: usualTarget,
    timeoutMs: 500,
    plan: { trigger: [a], wait: [a, b], finished: [] },
  })
  const at = { type: 'timer.fired', name: 'timeout', at: 0 } as const

  it('names the savepoint, who is missing and how long it was waited for', () => {
    expect(sayPending.expired.params({ context: pending, event: at }).message).toBe(
      'Savepoint 3 expired: after 500 ms, no acknowledgement from a/0, b/0.',
    )
  })

  it('keeps the code of the store, else says that the checkpoint failed', () => {
    const event = {
      type: 'manifest.failed',
      checkpointId: id(3),
      code: 'STORAGE_FULL',
      message: 'No room.',
      at: 0,
    } as const
    expect(sayPending.notStored.params({ context: pending, event })).toEqual({
      reason: 'FINALIZE_CHECKPOINT_FAILURE',
      code: 'STORAGE_FULL',
      message: 'Savepoint 3 could not be stored: No room.',
    })
    expect(sayPending.subsumed.params({ context: pending, event: at }).code).toBe('CHECKPOINT_FAILED')
  })
})
