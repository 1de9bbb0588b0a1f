/** Checkpoints from trigger to end: who takes part, what answers mean, how many are pending, what waits. */
import { describe, expect, it } from 'vitest'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import type { CheckpointId, JobId, SubtaskId } from '../../src/core/ids.ts'
import { CheckpointHistory } from '../../src/job/checkpoint-history.ts'
import type { CoordinatorEffect, TaskPlan } from '../../src/machines/checkpoint-coordinator/protocol.ts'
import { a, b, on, stranger } from '../machines/checkpoint-coordinator/coordinator-events.ts'
import {
  announced,
  answers,
  begun,
  CoordinatorScript,
  discarded,
  dropped,
  givenUp,
  intervals,
  of,
  reported,
  tick,
} from './coordinator-script.ts'

const notRunning = 'NOT_ALL_REQUIRED_TASKS_RUNNING'
const request = (name: string) => on.request(name, 'checkpoint')

/** What statistics make of what was announced. */
function statistics(effects: readonly CoordinatorEffect[]) {
  const history = new CheckpointHistory()
  for (const effect of effects) if (effect.type === 'announce') history.add(effect.params)
  return history.stats()
}

/** Three chains of a source and what it feeds; those named have finished. */
const sixTasks = (...finished: readonly string[]): TaskPlan => ({
  tasks: [0, 1, 2].flatMap((chain) => {
    const [source, sink] = [`s/${chain}`, `t/${chain}`] as [SubtaskId, SubtaskId]
    return [
      { subtask: source, predecessors: [], finished: finished.includes(source) },
      { subtask: sink, predecessors: [source], finished: finished.includes(sink) },
    ]
  }),
})

describe('who takes part', () => {
  it('D1 a checkpoint asked for before the subtasks run fails, and nothing is pending or completed', () => {
    const coordinator = new CoordinatorScript()
    expect(answers(coordinator.feed(request('c'), on.request('s', 'savepoint')))).toEqual([
      ['c', notRunning],
      ['s', notRunning],
    ])
    expect(coordinator.pending).toEqual([])
    expect(coordinator.state.main.context.completed).toEqual([])
  })

  it('D2 one asked for after a subtask has finished fails where that is switched off, those of the interval too', () => {
    const coordinator = new CoordinatorScript({ afterTasksFinish: false, intervalMs: 100 })
    const effects = coordinator.feed(on.running(), on.finished(a), request('c'), tick())
    expect([answers(effects), dropped(effects)]).toEqual([[['c', notRunning]], [notRunning]])
    expect(coordinator.pending).toEqual([])
  })

  it('D3 where it is on, it is triggered, and those that have finished count as having acknowledged (3 of 6)', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(1, 0, 0, sixTasks('s/0', 't/0', 's/1')), request('c'))
    // A subtask whose predecessors have finished gets the trigger in their place.
    expect(of(coordinator.said, 'triggerBarrier')[0]?.params.subtasks).toEqual(['t/1', 's/2'])
    expect(statistics(coordinator.said).history[0]).toMatchObject({
      triggered: { subtasks: 6, participants: ['t/1', 's/2', 't/2'] },
      acknowledged: 3,
    })
  })

  it('D4 a subtask that finishes before the trigger reached it aborts the checkpoint, and the others are told', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), request('c'))
    const effects = coordinator.feed(on.finished(a))
    expect(givenUp(effects)).toEqual([[1, 'CHECKPOINT_DECLINED_TASK_CLOSING']])
    expect(of(effects, 'notifyAborted')[0]?.params.subtasks).toEqual([b])
  })

  it.each([
    ['while the last checkpoint is awaited', [request('c'), on.ack(1, a), on.ack(1, b), on.jobEnded()]],
    ['afterwards', [on.jobEnded()]],
  ])('D5 a start that comes with the shutdown, %s, sets no timer and throws nothing', (_, end) => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    coordinator.feed(on.running(), ...end)
    const effects = coordinator.feed(on.running(2))
    expect([intervals(effects), reported(effects), begun(coordinator.feed(tick()))]).toEqual([[], ['unexpected'], []])
  })

  it('D18 the interval triggers nothing until the subtasks run, and then does', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    expect(begun(coordinator.feed(tick()))).toEqual([])
    expect(intervals(coordinator.said)).toEqual([])
    const started = coordinator.feed(on.running(1, 0.25))
    expect(intervals(started)).toEqual([25])
    expect(begun(coordinator.feed(tick(25)))).toEqual([1])
  })
})

describe('answers of subtasks', () => {
  it('D8 one decline aborts the checkpoint and removes what was acknowledged; more of them are harmless', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), request('c'), on.ack(1, a))
    const effects = coordinator.feed(on.decline(1, b))
    expect([coordinator.pending, discarded(effects)]).toEqual([[], [1]])
    const again = coordinator.feed(on.decline(1, b), on.decline(1, a))
    expect(again.map(({ type }) => type)).toEqual(['report', 'report'])
  })

  it('D9 declining one of several leaves the others as they are', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 3 })
    coordinator.feed(on.running(), ...['c1', 'c2', 'c3'].map(request), on.ack(1, a), on.ack(3, a))
    expect(givenUp(coordinator.feed(on.decline(2, a)))).toEqual([[2, 'CHECKPOINT_DECLINED']])
    expect(coordinator.pending).toEqual([1, 3])
    const effects = coordinator.feed(on.ack(1, b), on.stored(1), on.ack(3, b), on.stored(3))
    expect(announced(effects, 'completed').map(({ checkpointId }) => checkpointId)).toEqual([1, 3])
  })

  it('D10 when all have acknowledged, each subtask is told once, under the id; repeats are harmless', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), request('c'), on.ack(1, a))
    expect(reported(coordinator.feed(on.ack(1, a)))).toEqual(['duplicate'])
    coordinator.feed(on.ack(1, b), on.ack(1, b), on.stored(1), on.ack(1, a), on.stored(1))
    expect(of(coordinator.said, 'notifyComplete').map(({ params }) => params)).toEqual([
      { checkpointId: 1, subtasks: [a, b] },
    ])
    expect(of(coordinator.said, 'putManifest')).toHaveLength(1)
    expect(announced(coordinator.said, 'completed')).toHaveLength(1)
  })

  it('D11 two at once complete each for itself, in order', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 2, retained: 2 })
    coordinator.feed(on.running(), request('c1'), request('c2'), on.ack(1, a), on.ack(2, a), on.ack(1, b))
    expect(answers(coordinator.feed(on.stored(1)))).toEqual([['c1', 'chk-1']])
    expect(coordinator.pending).toEqual([2])
    expect(answers(coordinator.feed(on.ack(2, b), on.stored(2)))).toEqual([['c2', 'chk-2']])
    expect(coordinator.state.main.context.completed).toEqual([1, 2])
  })

  it('D12 a newer one that completes first gives the older up: its files go, its later answers are known', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 2 })
    coordinator.feed(on.running(), request('c1'), request('c2'), on.ack(1, a))
    const effects = coordinator.complete(2)
    expect([givenUp(effects), discarded(effects)]).toEqual([[[1, 'CHECKPOINT_SUBSUMED']], [1]])
    expect(reported(coordinator.feed(on.ack(1, b)))).toEqual(['late'])
    expect(reported(coordinator.feed(on.ack(9, b)))).toEqual(['unknown'])
  })

  it('D13 when its time is up, a pending one is aborted, its files go, nothing is kept, nobody told of a completion', () => {
    const coordinator = new CoordinatorScript({ timeoutMs: 700 })
    const begin = coordinator.feed(on.running(), request('c'), on.ack(1, a))
    expect(of(begin, 'timer.set').map(({ params }) => params)).toEqual([{ name: 'timeout/1', delayMs: 700 }])
    const effects = coordinator.feed(on.timer('timeout/1', 700))
    expect([answers(effects), discarded(effects)]).toEqual([[['c', 'CHECKPOINT_EXPIRED']], [1]])
    expect(of(effects, 'notifyAborted')[0]?.params.subtasks).toEqual([a, b])
    expect(of(coordinator.said, 'notifyComplete')).toEqual([])
    expect([coordinator.pending, coordinator.state.main.context.completed]).toEqual([[], []])
  })

  it('D14 what is said of unknown checkpoints, by unknown subtasks or of another attempt is reported, not thrown', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), request('c'))
    const before = coordinator.state
    const foreign = [on.ack(9, a), on.decline(9, a), on.stored(9), on.ack(1, stranger), on.decline(1, stranger)]
    const effects = coordinator.feed(...foreign, on.ack(1, a, 7), on.timer('timeout/9'))
    expect(effects.filter(({ type }) => type !== 'report')).toEqual([])
    expect(effects).toHaveLength(7)
    expect(coordinator.state.value).toEqual(before.value)
  })

  it('D15 answers of strangers and repeats remove nothing; a decline removes what was acknowledged before it', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), request('c'), on.ack(1, a))
    expect(discarded(coordinator.feed(on.ack(1, stranger), on.ack(1, a), on.ack(1, b, 7)))).toEqual([])
    expect(discarded(coordinator.feed(on.decline(1, b)))).toEqual([1])
    // Whoever acknowledges after that has nothing left to remove: the sweep finds what it wrote.
    expect(discarded(coordinator.feed(on.ack(1, b)))).toEqual([])
  })

  it('D15 what a subtask writes after its checkpoint was removed goes with the next sweep', async () => {
    const storage = jobmanagerCheckpointStorage()
    const checkpoints = await storage.open({ id: 'a'.repeat(32) as JobId, name: 'job' })
    const id = 1 as CheckpointId
    await checkpoints.discard(id)
    const writer = checkpoints.openWriter(id, a)
    writer.beginSegment()
    writer.append(new Uint8Array(1))
    writer.endSegment()
    await writer.close()
    expect(await checkpoints.sweep([id])).toEqual([])
    expect(await checkpoints.sweep([])).toHaveLength(1)
    expect(await checkpoints.sweep([])).toEqual([])
  })
})

describe('how many, and what waits', () => {
  it('D6 the end of one does not start the next of the interval, which waited, before the pause is over', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 50, minPauseMs: 50 })
    coordinator.feed(on.running(), tick(50), tick(100))
    expect(coordinator.waiting).toBe(1)
    const effects = coordinator.complete(1, 120)
    expect([begun(effects), dropped(effects)]).toEqual([[], ['MINIMUM_TIME_BETWEEN_CHECKPOINTS']])
    expect(intervals(effects)).toEqual([50])
    expect(begun(coordinator.feed(tick(170)))).toEqual([2])
  })

  it('D7 what a subtask reports of a checkpoint after it has failed reaches its statistics, once', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), request('c'), on.ack(1, a), on.timer('timeout/1'))
    const entry = () => statistics(coordinator.said).history[0]
    expect(entry()).toMatchObject({ acknowledged: 1, end: { type: 'aborted' } })
    const late = coordinator.feed(on.ack(1, b), on.ack(1, b), on.ack(1, a))
    expect(announced(late, 'acknowledged-late')[0]).toMatchObject({ subtask: b, metrics: { syncMs: 0 } })
    expect(entry()).toMatchObject({ acknowledged: 2, end: { type: 'aborted' } })
  })

  it.each([1, 2, 5])(
    'D16 with room for %i exactly so many are pending, and each completion lets one more begin',
    (n) => {
      const coordinator = new CoordinatorScript({ maxConcurrent: n })
      const all = Array.from({ length: n + 4 }, (_, i) => request(`c${i}`))
      expect(begun(coordinator.feed(on.running(), ...all))).toHaveLength(n)
      for (let id = 1; id <= 4; id++) {
        expect(begun(coordinator.complete(id))).toEqual([n + id])
        expect(coordinator.pending).toHaveLength(n)
      }
    },
  )

  it('D17 when the newer of two completes, the older is given up and two new ones begin', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 2 })
    coordinator.feed(on.running(), ...['c1', 'c2', 'c3', 'c4', 'c5'].map(request))
    const effects = coordinator.complete(2)
    expect([givenUp(effects), begun(effects)]).toEqual([[[1, 'CHECKPOINT_SUBSUMED']], [3, 4]])
    expect(coordinator.pending).toEqual([3, 4])
  })

  it('D19 five savepoints at once all complete beside a bound of one checkpoint', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 1 })
    const names = ['s1', 's2', 's3', 's4', 's5']
    const asked = names.map((name) => on.request(name, 'savepoint'))
    expect(begun(coordinator.feed(on.running(), ...asked))).toEqual([1, 2, 3, 4, 5])
    const effects = names.flatMap((_, i) => coordinator.complete(i + 1))
    expect(answers(effects)).toEqual(names.map((name, i) => [name, `savepoint-${i + 1}`]))
  })

  it('D20 a very long pause does not delay a savepoint', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100, minPauseMs: 365 * 24 * 3_600_000 })
    coordinator.feed(on.running(), request('c'))
    coordinator.complete(1, 10)
    expect(begun(coordinator.feed(on.request('s', 'savepoint', 11)))).toEqual([2])
    expect(answers(coordinator.complete(2, 12))).toEqual([['s', 'savepoint-2']])
  })
})
