/** Which of the waiting requests is next, and which are turned away. */
import { describe, expect, it } from 'vitest'
import { limits } from '../../src/core/limits.ts'
import { a, on } from '../machines/checkpoint-coordinator/coordinator-events.ts'
import { answers, begun, CoordinatorScript, dropped, givenUp, intervals, of, tick } from './coordinator-script.ts'

const kinds = (effects: Parameters<typeof begun>[0]) => of(effects, 'triggerBarrier').map(({ params }) => params.kind)
const unaligned = { alignedTimeoutMs: undefined }
const tooMany = 'TOO_MANY_CHECKPOINT_REQUESTS'

describe('room', () => {
  it('B1 a savepoint starts although as many checkpoints are pending as may be', () => {
    const coordinator = new CoordinatorScript()
    expect(begun(coordinator.feed(on.running(), on.request('c', 'checkpoint')))).toEqual([1])
    expect(kinds(coordinator.feed(on.request('s', 'savepoint')))).toEqual(['savepoint'])
    expect(coordinator.pending).toEqual([1, 2])
  })

  it.each([
    ['completes', (coordinator: CoordinatorScript) => coordinator.complete(1)],
    ['is aborted', (coordinator: CoordinatorScript) => coordinator.feed(on.decline(1, a))],
  ])('B2 a checkpoint at the bound waits, and starts when one that is pending %s', (_, end) => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), on.request('c1', 'checkpoint'))
    expect(begun(coordinator.feed(on.request('c2', 'checkpoint')))).toEqual([])
    expect(coordinator.waiting).toBe(1)
    expect(begun(end(coordinator))).toEqual([2])
    expect(coordinator.waiting).toBe(0)
  })

  it('B3 a savepoint of a job with unaligned checkpoints waits at the same bound, and starts when there is room', () => {
    const coordinator = new CoordinatorScript({ unaligned })
    coordinator.feed(on.running(), on.request('c', 'checkpoint'))
    expect(begun(coordinator.feed(on.request('s', 'savepoint')))).toEqual([])
    expect(kinds(coordinator.complete(1))).toEqual(['savepoint'])
    expect(begun(coordinator.feed(on.request('c2', 'checkpoint')))).toEqual([])
    expect(begun(coordinator.complete(2))).toEqual([3])
  })

  it.each(['checkpoint', 'savepoint'] as const)(
    'B4 a %s waits while more old checkpoints than may be pending are being removed, until one of them is gone',
    (kind) => {
      const coordinator = new CoordinatorScript({ slowToClean: true })
      coordinator.feed(on.running(), on.request('c1', 'checkpoint'), on.decline(1, a))
      expect(begun(coordinator.feed(on.request('c2', 'checkpoint')))).toEqual([2])
      coordinator.feed(on.decline(2, a))
      expect(begun(coordinator.feed(on.request('r', kind)))).toEqual([])
      expect(kinds(coordinator.feed(on.cleaned(1)))).toEqual([kind])
    },
  )
})

/** Two removals under way hold everything back; the end of one lets what waits go, in its order. */
function heldBack(story: ConstructorParameters<typeof CoordinatorScript>[0]) {
  const coordinator = new CoordinatorScript({ slowToClean: true, intervalMs: 100, ...story })
  coordinator.feed(on.running(), ...['x', 'y'].map((name) => on.request(name, 'checkpoint')), on.decline(1, a))
  coordinator.feed(on.decline(2, a))
  expect(coordinator.pending).toEqual([])
  return coordinator
}

describe('order', () => {
  it('B5 what a person asked for goes before what the interval asked for, though that came first', () => {
    const coordinator = heldBack({})
    coordinator.feed(tick(), on.request('person', 'checkpoint'), on.cleaned(1))
    expect(answers(coordinator.complete(3))).toEqual([['person', 'chk-3']])
    expect(answers(coordinator.complete(4))).toEqual([])
  })

  it('B6 a savepoint goes before a checkpoint, though that came first', () => {
    const coordinator = heldBack({})
    const asked = [on.request('c', 'checkpoint'), on.request('s', 'savepoint')]
    expect(kinds(coordinator.feed(...asked, on.cleaned(1)))).toEqual(['savepoint', 'checkpoint'])
  })

  it('B7 both orders hold for savepoints that share their room with checkpoints', () => {
    const coordinator = heldBack({ unaligned })
    coordinator.feed(tick(), on.request('c', 'checkpoint'), on.request('s', 'savepoint'), on.cleaned(1))
    expect(answers(coordinator.complete(3))).toEqual([['s', 'savepoint-3']])
    coordinator.feed(on.cleaned(2, 3))
    expect(answers(coordinator.complete(4))).toEqual([['c', 'chk-4']])
    expect(answers(coordinator.complete(5))).toEqual([])
  })
})

describe('the bound of the queue', () => {
  it('B8 a second request of the interval is refused by name while one waits: more than one would help nobody', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    expect(dropped(coordinator.feed(on.running(), tick(100), tick(200)))).toEqual([])
    expect(dropped(coordinator.feed(tick(300)))).toEqual([tooMany])
    expect(coordinator.waiting).toBe(1)
  })

  it('B8 a queue full of what people asked for refuses the next of the interval, and of a person, by name', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    const names = Array.from({ length: limits.requestQueueMax + 1 }, (_, i) => `c${i}`)
    coordinator.feed(on.running(), ...names.map((name) => on.request(name, 'checkpoint')))
    expect(coordinator.waiting).toBe(1_000)
    expect(dropped(coordinator.feed(tick()))).toEqual([tooMany])
    expect(answers(coordinator.feed(on.request('one more', 'checkpoint')))).toEqual([['one more', tooMany]])
    expect(coordinator.waiting).toBe(1_000)
  })

  it('B9 in a queue of one place, taken by the interval, a savepoint takes that place, and the interval is told', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100, unaligned, queueMax: 1 })
    coordinator.feed(on.running(), tick(), tick())
    expect(coordinator.waiting).toBe(1)
    expect(dropped(coordinator.feed(on.request('s', 'savepoint')))).toEqual([tooMany])
    expect(kinds(coordinator.complete(1))).toEqual(['savepoint'])
    expect(coordinator.waiting).toBe(0)
  })
})

describe('the pause', () => {
  it.each([
    ['with room of its own', undefined],
    ['that shares its room with checkpoints', unaligned],
  ])('B10 a savepoint %s does not wait for it', (_, config) => {
    const coordinator = new CoordinatorScript({ minPauseMs: 1_000_000, unaligned: config })
    coordinator.feed(on.running(), on.request('c', 'checkpoint'))
    coordinator.complete(1, 10)
    expect(kinds(coordinator.feed(on.request('s', 'savepoint', 11)))).toEqual(['savepoint'])
    coordinator.complete(2, 12)
    expect(kinds(coordinator.feed(on.request('stop', 'stop-suspend', 13)))).toEqual(['stop-suspend'])
  })

  it('B11 a checkpoint of the interval is dropped inside it, by name, and tried when it is over', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100, minPauseMs: 60 })
    coordinator.feed(on.running(), tick(60))
    coordinator.complete(1, 150)
    const effects = coordinator.feed(tick(160))
    expect([begun(effects), dropped(effects)]).toEqual([[], ['MINIMUM_TIME_BETWEEN_CHECKPOINTS']])
    expect(intervals(effects).at(-1)).toBe(50)
    expect([coordinator.waiting, givenUp(effects)]).toEqual([0, []])
    expect(begun(coordinator.feed(tick(210)))).toEqual([2])
  })

  it('B11 one that a person asked for inside it starts at once', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100, minPauseMs: 60 })
    coordinator.feed(on.running(), tick(60))
    coordinator.complete(1, 150)
    expect(begun(coordinator.feed(on.request('c', 'checkpoint', 160)))).toEqual([2])
  })
})
