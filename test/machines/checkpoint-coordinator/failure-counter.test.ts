import { describe, expect, it } from 'vitest'
import type { CheckpointId } from '../../../src/core/ids.ts'
import {
  countsAsFailure,
  isIntolerable,
  noFailures,
  withFailure,
  withSuccess,
  withVerdictPassed,
} from '../../../src/machines/checkpoint-coordinator/failure-counter.ts'
import type { CheckpointFailureReason } from '../../../src/machines/checkpoint-coordinator/protocol.ts'

const id = (number: number) => number as CheckpointId
const failed = (counter: typeof noFailures, number: number, reason: CheckpointFailureReason = 'CHECKPOINT_EXPIRED') =>
  withFailure(counter, id(number), reason, 'checkpoint')

describe('failures in a row', () => {
  it('begins anew once the job fails for them, and still knows the newest success', () => {
    const passed = withVerdictPassed(failed(failed(withSuccess(noFailures, id(2)), 3), 4))
    expect(passed).toEqual({ inARow: 0, newestSuccess: 2, counted: [] })
  })

  it('two are tolerated, the third distinct one is not; what does not count in between changes nothing', () => {
    let counter = failed(failed(noFailures, 1), 2)
    counter = failed(failed(counter, 3, 'CHECKPOINT_SUBSUMED'), 4, 'CHECKPOINT_DECLINED_TASK_NOT_READY')
    expect(isIntolerable(counter, 2)).toBe(false)
    expect(isIntolerable(failed(counter, 5), 2)).toBe(true)
  })

  it('one id counts once', () => {
    expect(failed(failed(noFailures, 1), 1).inARow).toBe(1)
  })

  it('a success resets, and older failures are forgotten', () => {
    const counter = withSuccess(failed(failed(noFailures, 1), 3), id(2))
    expect(counter.inARow).toBe(0)
    expect(failed(counter, 2).inARow).toBe(0)
    expect(failed(counter, 4).inARow).toBe(1)
    expect(withSuccess(failed(counter, 4), id(1)).inARow).toBe(1)
  })
})

describe('what counts', () => {
  const reasons: CheckpointFailureReason[] = [
    'CHECKPOINT_DECLINED',
    'CHECKPOINT_DECLINED_TASK_NOT_READY',
    'CHECKPOINT_DECLINED_TASK_CLOSING',
    'CHECKPOINT_DECLINED_SUBSUMED',
    'CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER',
    'CHECKPOINT_ASYNC_EXCEPTION',
    'PERIODIC_SCHEDULER_SHUTDOWN',
    'TOO_MANY_CHECKPOINT_REQUESTS',
    'MINIMUM_TIME_BETWEEN_CHECKPOINTS',
    'NOT_ALL_REQUIRED_TASKS_RUNNING',
    'IO_EXCEPTION',
    'CHECKPOINT_EXPIRED',
    'CHECKPOINT_SUBSUMED',
    'CHECKPOINT_COORDINATOR_SHUTDOWN',
    'CHECKPOINT_COORDINATOR_SUSPEND',
    'TASK_FAILURE',
    'FINALIZE_CHECKPOINT_FAILURE',
    'TRIGGER_CHECKPOINT_FAILURE',
  ]

  it('of a checkpoint: declines for their own sake, expiry, and failures to read or write', () => {
    expect(reasons.filter((reason) => countsAsFailure(reason, 'checkpoint'))).toEqual([
      'CHECKPOINT_DECLINED',
      'CHECKPOINT_ASYNC_EXCEPTION',
      'IO_EXCEPTION',
      'CHECKPOINT_EXPIRED',
      'FINALIZE_CHECKPOINT_FAILURE',
    ])
  })

  it('of a savepoint: only what its subtasks report', () => {
    for (const kind of ['savepoint', 'stop-suspend', 'stop-drain'] as const) {
      expect(reasons.filter((reason) => countsAsFailure(reason, kind))).toEqual([
        'CHECKPOINT_DECLINED',
        'CHECKPOINT_ASYNC_EXCEPTION',
      ])
    }
  })
})
