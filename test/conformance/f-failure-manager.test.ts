/** Which failures count, and when they fail the job. */
import { describe, expect, it } from 'vitest'
import type { SnapshotKind } from '../../src/core/elements.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import {
  isIntolerable,
  noFailures,
  withFailure,
  withSuccess,
} from '../../src/machines/checkpoint-coordinator/failure-counter.ts'
import type { CheckpointFailureReason, CoordinatorEvent } from '../../src/machines/checkpoint-coordinator/protocol.ts'
import { a, b, on } from '../machines/checkpoint-coordinator/coordinator-events.ts'
import { begun, CoordinatorScript, givenUp, of } from './coordinator-script.ts'

const id = (n: number) => n as CheckpointId
const request = (name: string) => on.request(name, 'checkpoint')

/** Every reason, and whether it counts: of a checkpoint, and of a savepoint. */
const reasons: Readonly<Record<CheckpointFailureReason, readonly [boolean, boolean]>> = {
  CHECKPOINT_DECLINED: [true, true],
  CHECKPOINT_ASYNC_EXCEPTION: [true, true],
  CHECKPOINT_EXPIRED: [true, false],
  FINALIZE_CHECKPOINT_FAILURE: [true, false],
  IO_EXCEPTION: [true, false],
  CHECKPOINT_DECLINED_TASK_NOT_READY: [false, false],
  CHECKPOINT_DECLINED_TASK_CLOSING: [false, false],
  CHECKPOINT_DECLINED_SUBSUMED: [false, false],
  CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER: [false, false],
  PERIODIC_SCHEDULER_SHUTDOWN: [false, false],
  TOO_MANY_CHECKPOINT_REQUESTS: [false, false],
  MINIMUM_TIME_BETWEEN_CHECKPOINTS: [false, false],
  NOT_ALL_REQUIRED_TASKS_RUNNING: [false, false],
  CHECKPOINT_SUBSUMED: [false, false],
  CHECKPOINT_COORDINATOR_SHUTDOWN: [false, false],
  CHECKPOINT_COORDINATOR_SUSPEND: [false, false],
  TASK_FAILURE: [false, false],
  TRIGGER_CHECKPOINT_FAILURE: [false, false],
}
const all = Object.entries(reasons) as [CheckpointFailureReason, readonly [boolean, boolean]][]

describe('failures in a row', () => {
  it('F1 those of checkpoints that are not newer than the last success do not count', () => {
    const coordinator = new CoordinatorScript({ tolerableFailures: 0, maxConcurrent: 2 })
    coordinator.feed(on.running(), request('c1'), request('c2'), on.ack(1, a), on.ack(1, b))
    coordinator.complete(2)
    // The older one is being stored when the newer completes; that it then fails harms nobody.
    expect(of(coordinator.feed(on.notStored(1)), 'failJob')).toEqual([])
    const after = withSuccess(noFailures, id(5))
    expect(withFailure(after, id(5), 'CHECKPOINT_EXPIRED', 'checkpoint').inARow).toBe(0)
    expect(withFailure(after, id(4), 'CHECKPOINT_EXPIRED', 'checkpoint').inARow).toBe(0)
    expect(withFailure(after, id(6), 'CHECKPOINT_EXPIRED', 'checkpoint').inARow).toBe(1)
  })

  it('F2 with two tolerated the third fails the job, once; those in between that do not count are passed over', () => {
    const coordinator = new CoordinatorScript({ tolerableFailures: 2, timeoutMs: 10 })
    coordinator.feed(on.running())
    const fail = (event: (n: number) => CoordinatorEvent) => {
      const [n = 0] = begun(coordinator.feed(request('c')))
      return of(coordinator.feed(event(n)), 'failJob').length
    }
    const expires = (n: number) => on.timer(`timeout/${n}`)
    const notReady = (n: number) =>
      ({ ...on.decline(n, a), reason: 'CHECKPOINT_DECLINED_TASK_NOT_READY' }) as CoordinatorEvent
    expect([expires, notReady, expires, notReady, expires].map(fail)).toEqual([0, 0, 0, 0, 1])
    expect(of(coordinator.feed(request('late'), expires(9)), 'failJob')).toEqual([])
  })

  it('F2 the job that has failed for them may fail as often again in its next attempt', () => {
    const coordinator = new CoordinatorScript({ tolerableFailures: 1 })
    const fails = (first: number) =>
      [first, first + 1].map((n) => of(coordinator.feed(request('c'), on.decline(n, a)), 'failJob').length)
    coordinator.feed(on.running())
    expect(fails(1)).toEqual([0, 1])
    coordinator.feed(on.jobStopping(), on.running(2))
    const again = [3, 4].map(
      (n) =>
        of(coordinator.feed(request('c'), { ...on.decline(n, a), attempt: 2 } as CoordinatorEvent), 'failJob').length,
    )
    expect(again).toEqual([0, 1])
  })

  it('F3 a success begins the count anew', () => {
    const coordinator = new CoordinatorScript({ tolerableFailures: 1 })
    coordinator.feed(on.running(), request('c1'), on.decline(1, a), request('c2'))
    coordinator.complete(2)
    expect(of(coordinator.feed(request('c3'), on.decline(3, a)), 'failJob')).toEqual([])
    expect(of(coordinator.feed(request('c4'), on.decline(4, a)), 'failJob')).toHaveLength(1)
  })

  it('F3 a savepoint that completes does not', () => {
    const coordinator = new CoordinatorScript({ tolerableFailures: 1 })
    coordinator.feed(on.running(), request('c1'), on.decline(1, a), on.request('s', 'savepoint'))
    coordinator.complete(2)
    expect(of(coordinator.feed(request('c3'), on.decline(3, a)), 'failJob')).toHaveLength(1)
  })

  it('F4 one checkpoint counts once, however often it fails', () => {
    const once = withFailure(noFailures, id(1), 'CHECKPOINT_DECLINED', 'checkpoint')
    const twice = withFailure(once, id(1), 'CHECKPOINT_EXPIRED', 'checkpoint')
    expect([once.inARow, twice.inARow]).toEqual([1, 1])
    const coordinator = new CoordinatorScript({ tolerableFailures: 1 })
    const effects = coordinator.feed(
      on.running(),
      request('c'),
      on.decline(1, a),
      on.decline(1, b),
      on.timer('timeout/1'),
    )
    expect(of(effects, 'failJob')).toEqual([])
    expect(coordinator.state.main.context.failures.inARow).toBe(1)
  })
})

describe('what counts', () => {
  it.each(all)(
    'F5 with none tolerated, %s fails the job if it counts, else not',
    (reason, [ofCheckpoint, ofSavepoint]) => {
      const fails = (kind: SnapshotKind) => isIntolerable(withFailure(noFailures, id(1), reason, kind), 0)
      expect([fails('checkpoint'), fails('savepoint'), fails('stop-suspend')]).toEqual([
        ofCheckpoint,
        ofSavepoint,
        ofSavepoint,
      ])
    },
  )

  it.each(all.filter(([reason]) => reason.startsWith('CHECKPOINT_DECLINED') || reason.endsWith('ASYNC_EXCEPTION')))(
    'F5 with none tolerated, a subtask that declines with %s fails the job if that counts',
    (reason, [counts]) => {
      const coordinator = new CoordinatorScript({ tolerableFailures: 0 })
      const decline = { ...on.decline(1, a), reason } as CoordinatorEvent
      const effects = coordinator.feed(on.running(), request('c'), decline)
      expect(givenUp(effects)).toEqual([[1, reason]])
      expect(of(effects, 'failJob')).toHaveLength(counts ? 1 : 0)
    },
  )

  const both = [on.ack(1, a), on.ack(1, b)]
  it.each([
    ['expires', [on.timer('timeout/1')]],
    ['cannot be stored', [...both, on.notStored(1)]],
    ['cannot be published', [...both, on.stored(1), on.notPublished(1)]],
  ])('F6 a savepoint that %s never fails the job; a checkpoint would', (_, events) => {
    const run = (kind: SnapshotKind) => {
      const coordinator = new CoordinatorScript({ tolerableFailures: 0 })
      return of(coordinator.feed(on.running(), on.request('r', kind), ...events), 'failJob').length
    }
    expect(run('savepoint')).toBe(0)
    if (!events.some(({ type }) => type === 'savepoint.failed')) expect(run('checkpoint')).toBe(1)
  })
})
