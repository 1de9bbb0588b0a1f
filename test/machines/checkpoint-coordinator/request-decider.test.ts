import { describe, expect, it } from 'vitest'
import { type SnapshotKind, usualTarget } from '../../../src/core/elements.ts'
import { limits } from '../../../src/core/limits.ts'
import {
  admit,
  type CheckpointRequest,
  decide,
  enqueue,
  type Situation,
} from '../../../src/machines/checkpoint-coordinator/request-decider.ts'

const request = (
  name: string,
  kind: SnapshotKind = 'checkpoint',
  origin: CheckpointRequest['origin'] = 'manual',
  at = 0,
): CheckpointRequest => ({ requestId: name, kind, target: usualTarget, origin, at })
const savepoint = (name: string, at = 0) => request(name, 'savepoint', 'manual', at)
const periodic = (name: string, at = 0) => request(name, 'checkpoint', 'periodic', at)
const names = (queue: readonly CheckpointRequest[] | undefined) => queue?.map(({ requestId }) => requestId)

const quiet: Situation = {
  queue: [],
  pendingCheckpoints: 0,
  pendingSavepoints: 0,
  maxConcurrent: 1,
  savepointsMax: 8,
  sharedRoom: false,
  cleaning: 0,
  minPauseMs: 0,
  now: 100,
  lastCompletionAt: undefined,
  tasksAllow: true,
}

describe('the order of the queue', () => {
  it('savepoints, then manual and final, then periodic, each by age and then by arrival', () => {
    const all = [
      periodic('p1', 5),
      request('m2', 'checkpoint', 'manual', 9),
      savepoint('s2', 7),
      periodic('p0', 1),
      request('f1', 'checkpoint', 'final', 2),
      savepoint('s1', 3),
      savepoint('s3', 7),
      request('d', 'stop-drain', 'manual', 4),
    ]
    const queue = all.reduce<CheckpointRequest[]>(enqueue, [])
    expect(names(queue)).toEqual(['s1', 'd', 's2', 's3', 'f1', 'm2', 'p0', 'p1'])
  })
})

describe('a full queue', () => {
  it('refuses the newcomer when nobody periodic waits', () => {
    expect(admit([request('a')], request('b'), 1)).toBeUndefined()
    expect(admit([savepoint('a')], savepoint('b'), 1)).toBeUndefined()
  })

  it('lets the last periodic request go, which may be the newcomer', () => {
    expect(names(admit([periodic('p')], savepoint('s'), 1))).toEqual(['s'])
    expect(names(admit([periodic('p', 1)], periodic('q', 2), 1))).toEqual(['p'])
    expect(names(admit([request('m'), periodic('p')], savepoint('s'), 2))).toEqual(['s', 'm'])
  })

  it('holds a thousand', () => {
    let queue: readonly CheckpointRequest[] = []
    for (let i = 0; i < limits.requestQueueMax; i++) queue = admit(queue, request(`${i}`), limits.requestQueueMax)!
    expect(queue).toHaveLength(1_000)
    expect(admit(queue, request('one more'), limits.requestQueueMax)).toBeUndefined()
  })
})

describe('the decision', () => {
  const type = (situation: Partial<Situation>) => decide({ ...quiet, ...situation }).type

  it('waits for nothing and for room, but not with a savepoint', () => {
    expect(type({})).toBe('wait')
    expect(type({ queue: [request('m')] })).toBe('start')
    expect(type({ queue: [request('m')], pendingCheckpoints: 1 })).toBe('wait')
    expect(type({ queue: [request('m')], pendingCheckpoints: 1, maxConcurrent: 2 })).toBe('start')
    expect(type({ queue: [savepoint('s')], pendingCheckpoints: 1 })).toBe('start')
    expect(type({ queue: [savepoint('s')], pendingCheckpoints: 7 })).toBe('start')
  })

  it('gives savepoints room of their own, of which pending checkpoints take none, nor they of theirs', () => {
    expect(type({ queue: [savepoint('s')], pendingSavepoints: 7, pendingCheckpoints: 9 })).toBe('start')
    expect(type({ queue: [savepoint('s')], pendingSavepoints: 8 })).toBe('wait')
    expect(type({ queue: [request('d', 'stop-drain')], pendingSavepoints: 8 })).toBe('wait')
    for (const origin of ['manual', 'periodic', 'final'] as const) {
      expect(type({ queue: [request('c', 'checkpoint', origin)], pendingSavepoints: 8 })).toBe('start')
    }
  })

  it('takes the first that has room, so that neither kind waits for the other', () => {
    const queue = [savepoint('s1'), savepoint('s2'), request('m'), periodic('p')]
    const next = (situation: Partial<Situation>) => {
      const decision = decide({ ...quiet, queue, ...situation })
      return decision.type === 'wait' ? decision.type : decision.request.requestId
    }
    expect(next({})).toBe('s1')
    expect(next({ pendingSavepoints: 8 })).toBe('m')
    expect(next({ pendingCheckpoints: 1 })).toBe('s1')
    expect(next({ pendingSavepoints: 8, pendingCheckpoints: 1 })).toBe('wait')
  })

  it('keeps the pause with periodic requests only, to the millisecond', () => {
    const pause = { minPauseMs: 50, lastCompletionAt: 60 }
    expect(decide({ ...quiet, ...pause, queue: [periodic('p')] })).toMatchObject({ type: 'too-soon', remainingMs: 10 })
    expect(type({ ...pause, queue: [periodic('p')], now: 109 })).toBe('too-soon')
    expect(type({ ...pause, queue: [periodic('p')], now: 110 })).toBe('start')
    expect(type({ ...pause, queue: [periodic('p')], lastCompletionAt: undefined })).toBe('start')
    expect(type({ ...pause, queue: [request('m')] })).toBe('start')
    expect(type({ ...pause, queue: [savepoint('s')] })).toBe('start')
    expect(type({ ...pause, queue: [request('f', 'checkpoint', 'final')] })).toBe('start')
  })

  it('with shared room, pending savepoints and checkpoints count alike, and the first in the queue goes first', () => {
    const queue = [savepoint('s'), request('m')]
    const shared = { queue, sharedRoom: true, maxConcurrent: 2 }
    expect(decide({ ...quiet, ...shared })).toMatchObject({ type: 'start', request: { requestId: 's' } })
    expect(type({ ...shared, pendingCheckpoints: 1 })).toBe('start')
    expect(type({ ...shared, pendingCheckpoints: 2 })).toBe('wait')
    expect(type({ ...shared, pendingCheckpoints: 1, pendingSavepoints: 1 })).toBe('wait')
    expect(type({ ...shared, pendingSavepoints: 2 })).toBe('wait')
  })

  it('waits with everything while more are being removed than may be pending', () => {
    for (const one of [savepoint('s'), request('m'), request('f', 'checkpoint', 'final')]) {
      expect([1, 2].map((cleaning) => type({ queue: [one], cleaning }))).toEqual(['start', 'wait'])
      expect(type({ queue: [one], cleaning: 2, maxConcurrent: 2 })).toBe('start')
    }
  })

  it('waits rather than drops while another is pending', () => {
    expect(type({ minPauseMs: 50, lastCompletionAt: 60, queue: [periodic('p')], pendingCheckpoints: 1 })).toBe('wait')
  })

  it('refuses when the tasks do not allow one', () => {
    expect(type({ queue: [request('m')], tasksAllow: false })).toBe('refuse')
    expect(type({ queue: [savepoint('s')], tasksAllow: false })).toBe('refuse')
    expect(type({ queue: [request('m')], tasksAllow: false, pendingCheckpoints: 1 })).toBe('wait')
  })
})
