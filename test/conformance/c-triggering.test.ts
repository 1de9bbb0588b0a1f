/** When checkpoints begin, and what happens to those that cannot. */
import { describe, expect, it } from 'vitest'
import { countProgram } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { a, b, on } from '../machines/checkpoint-coordinator/coordinator-events.ts'
import {
  announced,
  answers,
  begun,
  CoordinatorScript,
  dropped,
  givenUp,
  intervals,
  of,
  reported,
  tick,
} from './coordinator-script.ts'

const suspend = 'CHECKPOINT_COORDINATOR_SUSPEND'
const shutDown = 'CHECKPOINT_COORDINATOR_SHUTDOWN'

describe('the interval', () => {
  it('C1 triggers with rising ids and times; stopping ends it, and a new start goes on above', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    coordinator.feed(on.running(1, 0.5))
    for (const id of [1, 2, 3]) {
      coordinator.feed(tick(id * 100))
      coordinator.complete(id, id * 100 + 10)
    }
    const triggered = () => announced(coordinator.said, 'triggered').map(({ checkpointId, at }) => [checkpointId, at])
    expect(triggered()).toEqual([1, 2, 3].map((id) => [id, id * 100]))
    expect(of(coordinator.feed(on.jobStopping(310)), 'timer.clear')).toEqual([
      { type: 'timer.clear', params: { name: 'interval' } },
    ])
    expect(begun(coordinator.feed(tick(400)))).toEqual([])
    coordinator.feed(on.running(2, 0.5, 500), tick(550))
    expect(triggered().at(-1)).toEqual([4, 550])
  })

  it('C1 triggers a whole job in this way, across a restart of it', async () => {
    let failures = 1
    const feed = new Feed(['a', 'b'])
    const before = (word: string) => {
      if (word === 'bad' && failures-- > 0) throw new Error('unlucky')
    }
    const process = new SimulatedProcess()
    const options = {
      checkpoint: { intervalMs: 100 },
      restart: { strategy: 'fixed-delay', attempts: 1, delayMs: 50 },
    } as const
    const observed = await process.submit(countProgram(feed.source, [], options, { before }))
    await observed.completes(2)
    feed.push('bad')
    await process.until(() => observed.of('restarting').length === 1)
    await observed.completes(2)
    const triggered = observed.of('checkpoint-triggered')
    const ids = triggered.map(({ checkpointId }) => checkpointId)
    expect(ids).toEqual(ids.map((_, i) => i + 1))
    const times = triggered.map(({ timestamp }) => timestamp)
    expect(times).toEqual(times.toSorted((x, y) => x - y))
  })

  it('C2 waits for the pause after a completion, though it is shorter itself', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 10, minPauseMs: 500 })
    expect(intervals(coordinator.feed(on.running(1, 0.5)))).toEqual([500])
    coordinator.feed(tick(500))
    coordinator.complete(1, 700)
    expect(begun(coordinator.feed(tick(1_000), tick(1_199)))).toEqual([])
    expect(begun(coordinator.feed(tick(1_200)))).toEqual([2])
  })

  it('C2 does not wait longer because of a plain savepoint', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 10, minPauseMs: 500 })
    coordinator.feed(on.running(), tick(500))
    coordinator.complete(1, 600)
    coordinator.feed(on.request('s', 'savepoint', 700))
    coordinator.complete(2, 1_000)
    expect(begun(coordinator.feed(tick(1_099)))).toEqual([])
    expect(begun(coordinator.feed(tick(1_100)))).toEqual([3])
  })

  it('C3 is refused by name while it is off, and a person is served all the same', () => {
    const coordinator = new CoordinatorScript({ intervalMs: undefined })
    const effects = coordinator.feed(on.running(), tick(5))
    expect([begun(effects), dropped(effects)]).toEqual([[], ['PERIODIC_SCHEDULER_SHUTDOWN']])
    expect(begun(coordinator.feed(on.request('c', 'checkpoint')))).toEqual([1])
  })

  it('C12 is set once, though the start is told twice', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    expect(intervals(coordinator.feed(on.running(1, 0.5)))).toEqual([50])
    const again = coordinator.feed(on.running(1, 0.5))
    expect([intervals(again), reported(again)]).toEqual([[], ['unexpected']])
  })
})

describe('requests that meet one another or an end', () => {
  it('C4 what is triggered when the job ends for good fails with the reason of the shutdown', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), on.request('c', 'checkpoint'))
    expect(answers(coordinator.feed(on.jobEnded()))).toEqual([['c', shutDown]])
    expect(coordinator.pending).toEqual([])
    expect(answers(coordinator.feed(on.request('late', 'checkpoint')))).toEqual([['late', shutDown]])
  })

  it('C5 a request right behind another is triggered too: after it if there is room for one, with it if for two', () => {
    for (const maxConcurrent of [1, 2]) {
      const coordinator = new CoordinatorScript({ maxConcurrent })
      const asked = [on.request('c1', 'checkpoint'), on.request('c2', 'checkpoint')]
      const first = begun(coordinator.feed(on.running(), ...asked))
      expect(first).toEqual(maxConcurrent === 1 ? [1] : [1, 2])
      expect([...answers(coordinator.complete(1)), ...answers(coordinator.complete(2))]).toEqual([
        ['c1', 'chk-1'],
        ['c2', 'chk-2'],
      ])
    }
  })

  it('C6 when the first of three fails, the other two are carried out in their turn', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), ...['c1', 'c2', 'c3'].map((name) => on.request(name, 'checkpoint')))
    const effects = coordinator.feed(on.decline(1, a))
    expect([answers(effects), begun(effects)]).toEqual([[['c1', 'CHECKPOINT_DECLINED']], [2]])
    expect([...answers(coordinator.complete(2)), ...answers(coordinator.complete(3))]).toEqual([
      ['c2', 'chk-2'],
      ['c3', 'chk-3'],
    ])
  })

  it.each([
    ['the attempt ends', on.jobStopping(), suspend],
    ['the job ends for good', on.jobEnded(), shutDown],
  ])('C7 requests that wait are refused when %s, those of the interval as well', (_, end, reason) => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    coordinator.feed(on.running(), tick(), on.request('c', 'checkpoint'), tick())
    expect(coordinator.waiting).toBe(2)
    const effects = coordinator.feed(end)
    expect([answers(effects), dropped(effects)]).toEqual([[['c', reason]], [reason]])
    expect(coordinator.waiting).toBe(0)
  })

  it.each([
    ['a subtask cannot begin it', [on.decline(1, a)], 'CHECKPOINT_DECLINED'],
    ['its manifest cannot be stored', [on.ack(1, a), on.ack(1, b), on.notStored(1)], 'FINALIZE_CHECKPOINT_FAILURE'],
  ])('C8 when %s, nothing of it stays pending, and the next one works', (_, events, reason) => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), on.request('c1', 'checkpoint'))
    expect(givenUp(coordinator.feed(...events))).toEqual([[1, reason]])
    expect(coordinator.pending).toEqual([])
    coordinator.feed(on.request('c2', 'checkpoint'))
    expect(answers(coordinator.complete(2))).toEqual([['c2', 'chk-2']])
  })
})

describe('what subtasks and storage have to do with it', () => {
  it.each([
    ['nothing is said, barriers stay in line', undefined, undefined],
    ['unaligned checkpoints have no time-out, they overtake', { alignedTimeoutMs: undefined }, { type: 'unaligned' }],
    ['their time-out is nothing, they overtake', { alignedTimeoutMs: 0 }, { type: 'unaligned' }],
    [
      'their time-out is 30 ms, they may overtake after so long',
      { alignedTimeoutMs: 30 },
      { type: 'aligned-with-timeout', timeoutMs: 30 },
    ],
  ] as const)('C10 where %s; those of savepoints never overtake', (_, unaligned, expected) => {
    const coordinator = new CoordinatorScript({ unaligned, maxConcurrent: 9 })
    const kinds = ['checkpoint', 'savepoint', 'stop-drain'] as const
    const effects = coordinator.feed(on.running(), ...kinds.map((kind) => on.request(kind, kind)))
    expect(of(effects, 'triggerBarrier').map(({ params }) => [params.kind, params.alignment])).toEqual([
      ['checkpoint', expected],
      ['savepoint', undefined],
      ['stop-drain', undefined],
    ])
  })

  it.each([
    ['exactly-once', true],
    ['at-least-once', false],
  ] as const)(
    'C10 every subtask of an %s job knows whether to hold inputs back for a barrier: %s',
    async (mode, holds) => {
      let blocked = 0
      const process = new SimulatedProcess({
        seed: 5,
        tap: ({ effects }) => {
          blocked += effects.filter(({ type }) => type === 'blockInput').length
        },
      })
      const options = { parallelism: 3, checkpoint: { intervalMs: 10, mode } }
      const observed = await process.submit(countProgram(new Feed(['a', 'b', 'c']).source, [], options))
      await observed.completes(5)
      expect(blocked > 0).toBe(holds)
    },
  )

  it('C11 storage that is slow to remove holds back the next checkpoint of a running job', async () => {
    let slow = true
    const process = new SimulatedProcess({ held: (label) => slow && label.includes('clean') })
    const checkpoint = { intervalMs: 100 }
    const observed = await process.submit(countProgram(new Feed(['a']).source, [], { checkpoint }))
    // The second and the third completion each let one go; with two being removed nothing begins.
    await observed.completes(3)
    await process.pass(1_000)
    expect(observed.of('checkpoint-triggered')).toHaveLength(3)
    slow = false
    await observed.completes(2)
    expect(observed.completed).toEqual([1, 2, 3, 4, 5])
  })
})
