/** Both charts together: order across checkpoints, concurrency, pauses, restoring. */
import { describe, expect, it } from 'vitest'
import type { CheckpointId } from '../../../src/core/ids.ts'
import {
  coordinatorInitial,
  plainCoordinatorState,
  restoreCoordinatorState,
  stepCoordinator,
} from '../../../src/machines/checkpoint-coordinator/coordinator.ts'
import type {
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorEvent,
} from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import { a, b, config, on, twoTasks } from './coordinator-events.ts'

/** Feeds events and keeps what was ordered. */
function run(overrides: Partial<CoordinatorConfig> = {}, lastId = 0, completed: readonly number[] = []) {
  const restored = { lastId: lastId as CheckpointId | 0, completed: completed as CheckpointId[] }
  let { snapshot } = coordinatorInitial({ ...config, ...overrides }, restored)
  return {
    feed(...events: readonly CoordinatorEvent[]): readonly CoordinatorEffect[] {
      return events.flatMap((event) => {
        const stepped = stepCoordinator(snapshot, event)
        snapshot = stepped.snapshot
        return stepped.effects
      })
    },
    get state() {
      return snapshot
    },
  }
}

const complete = (id: number, at = 0) => [on.ack(id, a, 1, false, at), on.ack(id, b, 1, false, at), on.stored(id, at)]
const of = <Type extends CoordinatorEffect['type']>(effects: readonly CoordinatorEffect[], type: Type) =>
  effects.filter((effect): effect is Extract<CoordinatorEffect, { readonly type: Type }> => effect.type === type)
const triggered = (effects: readonly CoordinatorEffect[]) =>
  of(effects, 'triggerBarrier').map(({ params }) => params.checkpointId)
const delays = (effects: readonly CoordinatorEffect[]) =>
  of(effects, 'timer.set')
    .filter(({ params }) => params.name === 'interval')
    .map(({ params }) => params.delayMs)
const outcomes = (effects: readonly CoordinatorEffect[]) =>
  of(effects, 'reply').map(({ params: { requestId, outcome } }) => [
    requestId,
    outcome.type === 'completed' ? outcome.path : outcome.reason,
  ])

describe('triggering', () => {
  it('ids go on after a restore, across attempts too', () => {
    const { feed } = run({}, 41)
    expect(triggered(feed(on.running(1), on.timer('interval')))).toEqual([42])
    expect(triggered(feed(on.jobStopping(), on.running(2), on.timer('interval')))).toEqual([43])
  })

  it('the first comes after a random delay between pause and interval, the next after the interval', () => {
    const first = (random: number, overrides: Partial<CoordinatorConfig> = {}) =>
      delays(run(overrides).feed(on.running(1, random)))
    expect(first(0)).toEqual([0])
    expect(first(0.999)).toEqual([99])
    expect(first(0.5, { minPauseMs: 40 })).toEqual([70])
    expect(first(0.5, { minPauseMs: 400 })).toEqual([400])
    expect(delays(run({ minPauseMs: 400 }).feed(on.running(), on.timer('interval')))).toEqual([400, 400])
    expect(first(0.5, { intervalMs: undefined })).toEqual([])
  })

  for (const maxConcurrent of [1, 2, 5]) {
    it(`with room for ${maxConcurrent} exactly so many are pending, and each completion admits one`, () => {
      const { feed } = run({ maxConcurrent, intervalMs: undefined, queueMax: 100 })
      const requests = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => on.request(`r${n}`, 'checkpoint'))
      expect(triggered(feed(on.running(), ...requests))).toHaveLength(maxConcurrent)
      expect(triggered(feed(...complete(1)))).toEqual([maxConcurrent + 1])
    })
  }

  it('five savepoints at once all complete, each answered with its pointer, and none is a restore point', () => {
    const { feed } = run({ intervalMs: undefined })
    const names = ['s1', 's2', 's3', 's4', 's5']
    expect(triggered(feed(on.running(), ...names.map((name) => on.request(name, 'savepoint'))))).toHaveLength(5)
    const effects = names.flatMap((_, i) => feed(...complete(i + 1), on.published(i + 1)))
    expect(outcomes(effects)).toEqual(names.map((name, i) => [name, `savepoint-${i + 1}`]))
    expect(of(effects, 'notifyComplete')).toEqual([])
    expect(of(feed(on.jobStopping()), 'settled')[0]!.params.latest).toBeUndefined()
  })

  it('savepoints beyond their bound wait and start one by one in the order in which they came', () => {
    const { feed } = run({ intervalMs: undefined, savepointsMax: 2, queueMax: 9 })
    const names = ['s1', 's2', 's3', 's4', 's5']
    expect(triggered(feed(on.running(), ...names.map((name) => on.request(name, 'savepoint'))))).toEqual([1, 2])
    const effects = names.flatMap((_, i) => feed(...complete(i + 1), on.published(i + 1), on.cleaned(i + 1)))
    expect(triggered(effects)).toEqual([3, 4, 5])
    expect(outcomes(effects)).toEqual(names.map((name, i) => [name, `savepoint-${i + 1}`]))
  })

  it.each([
    ['periodic', () => [on.timer('interval')]],
    ['manual', () => [on.request('m', 'checkpoint')]],
    ['final', () => [on.ended(a), on.ended(b)]],
  ])('a %s checkpoint starts though clients always ask for another savepoint', (_, ask) => {
    const { feed } = run({ savepointsMax: 2, queueMax: 99 })
    const clients = ['c1', 'c2', 'c3', 'c4'].map((name) => on.request(name, 'savepoint'))
    expect(triggered(feed(on.running(), ...clients))).toEqual([1, 2])
    expect(triggered(feed(...ask()))).toEqual([3])
    // Nor does one that has to wait for the checkpoint before it: each savepoint that ends lets the next one in only.
    feed(on.request('m2', 'checkpoint'))
    expect(triggered(feed(...complete(1), on.published(1), on.request('c5', 'savepoint')))).toEqual([4])
    expect(triggered(feed(...complete(3)))).toEqual([5])
  })

  it('savepoints do not prolong the pause before a periodic checkpoint', () => {
    const { feed } = run({ minPauseMs: 60 })
    feed(on.running(), on.timer('interval', 60), ...complete(1, 70), on.request('s', 'savepoint', 80))
    feed(...complete(2, 159), on.published(2, 159))
    expect(triggered(feed(on.timer('interval', 160)))).toEqual([3])
  })

  it('a pause after a completion delays the next periodic one by what is left of it', () => {
    const { feed } = run({ minPauseMs: 60 })
    feed(on.running(), on.timer('interval', 60), ...complete(1, 150))
    const dropped = feed(on.timer('interval', 160))
    expect(triggered(dropped)).toEqual([])
    expect(delays(dropped)).toEqual([100, 50])
    expect(triggered(feed(on.timer('interval', 210)))).toEqual([2])
  })
})

describe('order', () => {
  it('the newer completes first: the older is subsumed, then two new ones start in the order of their ids', () => {
    const { feed } = run({ maxConcurrent: 2, intervalMs: undefined, queueMax: 9 })
    feed(on.running(), ...[1, 2, 3, 4].map((n) => on.request(`r${n}`, 'checkpoint')))
    const effects = feed(...complete(2))
    expect(outcomes(effects)).toEqual([
      ['r2', 'chk-2'],
      ['r1', 'CHECKPOINT_SUBSUMED'],
    ])
    expect(triggered(effects)).toEqual([3, 4])
    expect(feed(on.ack(1, a))).toMatchObject([
      { type: 'announce', params: { type: 'acknowledged-late', checkpointId: 1, subtask: a } },
      { type: 'report', params: { what: 'late', event: 'subtask.acknowledged' } },
    ])
  })

  it('with unaligned checkpoints a savepoint waits for a place, goes before checkpoints, and is aligned itself', () => {
    const { feed } = run({ unaligned: { alignedTimeoutMs: 50 }, queueMax: 9 })
    const first = feed(on.running(), on.timer('interval'), on.request('c', 'checkpoint'), on.request('s', 'savepoint'))
    const second = feed(...complete(1))
    const third = feed(...complete(2), on.published(2))
    expect([first, second, third].map((effects) => of(effects, 'triggerBarrier')[0]?.params)).toMatchObject([
      { checkpointId: 1, kind: 'checkpoint', alignment: { type: 'aligned-with-timeout', timeoutMs: 50 } },
      { checkpointId: 2, kind: 'savepoint', alignment: undefined },
      { checkpointId: 3, kind: 'checkpoint' },
    ])
  })

  it('nothing starts while more checkpoints than may be pending are being removed, not even a savepoint', () => {
    const { feed } = run({ tolerableFailures: 9 })
    feed(on.running(), on.timer('interval'), on.decline(1, a), on.timer('interval'))
    expect(triggered(feed(on.decline(2, a), on.timer('interval'), on.request('s', 'savepoint')))).toEqual([])
    expect(triggered(feed(on.cleaned(2)))).toEqual([3, 4])
  })

  it('a manifest that is being written when a newer one completes is let go once it is stored', () => {
    const { feed } = run({ maxConcurrent: 2 })
    feed(on.running(), on.timer('interval'), on.timer('interval'), on.ack(1, a), on.ack(1, b))
    expect(of(feed(...complete(2)), 'discard')).toEqual([])
    const effects = feed(on.stored(1))
    expect(of(effects, 'retire')[0]!.params.checkpointIds).toEqual([1])
    expect(of(feed(on.jobStopping()), 'settled')[0]!.params.latest).toBe(2)
  })

  it('a stop-savepoint notifies only once it is published, and is the newest restore point', () => {
    const { feed } = run({}, 0)
    feed(on.running(), on.request('r', 'stop-drain'))
    expect(of(feed(...complete(1)), 'notifyComplete')).toEqual([])
    expect(of(feed(on.published(1)), 'notifyComplete')[0]!.params.subtasks).toEqual([a, b])
    expect(of(feed(on.jobStopping()), 'settled')[0]!.params.latest).toBe(1)
  })

  it('a draining stop that fails fails the job once; a suspending one lets it go on', () => {
    const stop = (kind: 'stop-drain' | 'stop-suspend') => {
      const { feed } = run()
      return feed(on.running(), on.request('r', kind), on.decline(1, b), on.decline(1, a))
    }
    expect(of(stop('stop-drain'), 'failJob')).toHaveLength(1)
    expect(of(stop('stop-suspend'), 'notifyAborted')[0]!.params.subtasks).toEqual([a, b])
  })
})

describe('the end of all data', () => {
  const bothEnded = [on.running(), on.ended(a), on.ended(b)]
  const covered = [on.ack(1, a, 1, true), on.ack(1, b, 1, true), on.stored(1)]

  it('triggers a final checkpoint at once, and nothing after it', () => {
    const { feed } = run({ minPauseMs: 1_000 })
    expect(triggered(feed(...bothEnded))).toEqual([1])
    const effects = feed(...covered)
    expect(of(effects, 'timer.clear').map(({ params }) => params.name)).toContain('interval')
    expect(triggered(feed(on.timer('interval'), on.request('r', 'savepoint')))).toEqual([])
  })

  it('waits for one that is pending, unless that turns out to cover the end', () => {
    const pending = [on.running(), on.timer('interval'), on.ended(a), on.ended(b)]
    const early = run()
    expect(triggered(early.feed(...pending))).toEqual([1])
    expect(triggered(early.feed(...complete(1)))).toEqual([2])
    const covering = run()
    covering.feed(...pending)
    expect(triggered(covering.feed(...covered))).toEqual([])
  })

  it('is tried again after a second at the latest', () => {
    const retry = (intervalMs: number) => {
      const { feed } = run({ intervalMs, tolerableFailures: 1 })
      feed(...bothEnded)
      const delay = delays(feed(on.decline(1, a)))
      return [delay, triggered(feed(on.timer('interval')))]
    }
    expect(retry(60_000)).toEqual([[1_000], [2]])
    expect(retry(200)).toEqual([[200], [2]])
  })

  it('nobody waits for it without an interval or when that is switched off', () => {
    expect(triggered(run({ intervalMs: undefined }).feed(...bothEnded))).toEqual([])
    expect(triggered(run({ afterTasksFinish: false }).feed(...bothEnded))).toEqual([])
  })

  it('sources that a stop has drained say that they have ended, which asks for no final checkpoint', () => {
    const { feed } = run({ tolerableFailures: 9 })
    feed(on.running(), on.request('r', 'stop-drain'))
    expect(triggered(feed(on.ended(a), on.ended(b)))).toEqual([])
    expect(triggered(feed(on.decline(1, b), on.timer('interval')))).toEqual([])
  })

  it('subtasks that had finished before the restored snapshot take no part', () => {
    const [source, ...rest] = twoTasks.tasks
    const plan = { tasks: [{ ...source!, finished: true }, ...rest] }
    const { feed } = run()
    const effects = feed(on.running(1, 0, 0, plan), on.timer('interval'), on.ack(1, b))
    expect(of(effects, 'triggerBarrier')[0]!.params.subtasks).toEqual([b])
    expect(of(effects, 'putManifest')[0]!.params.finished).toEqual([a])
  })
})

describe('its state as plain data', () => {
  it('survives JSON and goes on as if nothing had happened', () => {
    const live = run({ maxConcurrent: 2 })
    live.feed(on.running(), on.timer('interval'), on.timer('interval'), on.ack(1, a), on.ack(2, b), on.ack(2, a))
    const restored = restoreCoordinatorState(JSON.parse(JSON.stringify(plainCoordinatorState(live.state))))
    expect(restored.value).toEqual(live.state.value)
    for (const event of [
      on.stored(2),
      on.timer('timeout/1'),
      on.ack(1, b),
      on.jobStopping(),
      on.request('r', 'savepoint'),
    ]) {
      expect(stepCoordinator(restored, event).effects).toEqual(stepCoordinator(live.state, event).effects)
    }
  })
})
