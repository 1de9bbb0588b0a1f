/** Checkpoints from trigger to end, continued: savepoints, failures of storage, the end of the attempt, statistics. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDir } from '../backends/temporary.ts'
import { countProgram } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { a, b, on } from '../machines/checkpoint-coordinator/coordinator-events.ts'
import { answers, begun, CoordinatorScript, discarded, dropped, givenUp, of, tick } from './coordinator-script.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const finalize = 'FINALIZE_CHECKPOINT_FAILURE'
const suspend = 'CHECKPOINT_COORDINATOR_SUSPEND'
const noRestart = { strategy: 'none' } as const

describe('what is configured', () => {
  it.each(['delete', 'retain-on-failure', 'retain-on-cancellation'] as const)(
    'D21 what is to become of checkpoints at the end, %s, is what the job shows',
    async (retention) => {
      const process = new SimulatedProcess()
      const options = { checkpoint: { intervalMs: 100, retention } }
      const observed = await process.submit(countProgram(new Feed(words).source, [], options))
      expect(observed.job.checkpointing.retention).toBe(retention)
      await process.settle(observed.job.cancel())
    },
  )

  it('D38 a savepoint on disk of a job whose checkpoints are not is refused, and no directory is made for it', async () => {
    const dir = join(temporaryDir(), 'savepoints')
    const process = new SimulatedProcess()
    const program = (savepoint?: { kind: 'filesystem'; dir: string }) =>
      countProgram(new Feed(words).source, [], savepoint === undefined ? {} : { savepoint })
    const incompatible = { code: 'SAVEPOINT_BACKEND_INCOMPATIBLE' }
    await expect(process.submit(program({ kind: 'filesystem', dir }))).rejects.toMatchObject(incompatible)
    const observed = await process.submit(program())
    await observed.is('RUNNING')
    const asked = (async () => observed.job.triggerSavepoint(dir))()
    await expect(process.settle(asked)).rejects.toMatchObject(incompatible)
    expect(existsSync(dir)).toBe(false)
  })
})

describe('savepoints', () => {
  it('D22 one that completes is answered with its path, is no restore point, and tells no subtask', () => {
    const coordinator = new CoordinatorScript({ completed: [4], lastId: 4 })
    coordinator.feed(on.running(), on.request('s', 'savepoint'))
    const effects = coordinator.complete(5)
    expect(answers(effects)).toEqual([['s', 'savepoint-5']])
    expect(of(effects, 'notifyComplete')).toEqual([])
    expect(of(coordinator.feed(on.jobStopping()), 'settled')[0]?.params.latest).toBe(4)
  })

  it('D22 a pending checkpoint is not given up for a savepoint, nor a savepoint for a checkpoint', () => {
    const coordinator = new CoordinatorScript()
    coordinator.feed(on.running(), on.request('c1', 'checkpoint'), on.request('s2', 'savepoint'))
    expect(givenUp(coordinator.complete(2))).toEqual([])
    expect(coordinator.pending).toEqual([1])
    coordinator.feed(on.request('s3', 'savepoint'))
    coordinator.complete(1)
    coordinator.feed(on.request('c4', 'checkpoint'))
    expect(givenUp(coordinator.complete(4))).toEqual([])
    expect(coordinator.pending).toEqual([3])
  })

  it('D23 one of a job with unaligned checkpoints waits for a pending checkpoint, and then starts', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100, unaligned: { alignedTimeoutMs: 10 } })
    coordinator.feed(on.running(), tick())
    expect(begun(coordinator.feed(on.request('s', 'savepoint'), tick()))).toEqual([])
    expect(begun(coordinator.complete(1))).toEqual([2])
    expect(answers(coordinator.complete(2))).toEqual([['s', 'savepoint-2']])
  })

  it('D24 a draining stop that is declined is answered with the cause, and the job fails once', () => {
    const coordinator = new CoordinatorScript()
    const effects = coordinator.feed(on.running(), on.request('r', 'stop-drain'), on.decline(1, b), on.decline(1, a))
    expect(of(effects, 'failJob')).toMatchObject([{ params: { message: expect.stringContaining('b/0: no') } }])
    expect(of(effects, 'reply')).toMatchObject([
      { params: { outcome: { reason: 'CHECKPOINT_DECLINED', message: expect.stringContaining('b/0: no') } } },
    ])
  })

  it('D24 a suspending stop that is declined is answered with the cause, and the job goes on if it tolerates that', () => {
    const coordinator = new CoordinatorScript({ tolerableFailures: 1 })
    const effects = coordinator.feed(on.running(), on.request('r', 'stop-suspend'), on.decline(1, b))
    expect([answers(effects), of(effects, 'failJob')]).toEqual([[['r', 'CHECKPOINT_DECLINED']], []])
    expect(of(effects, 'notifyAborted')[0]?.params.subtasks).toEqual([a, b])
    expect(begun(coordinator.feed(on.request('c', 'checkpoint')))).toEqual([2])
    const intolerant = new CoordinatorScript({ tolerableFailures: 0 })
    const failed = intolerant.feed(on.running(), on.request('r', 'stop-suspend'), on.decline(1, b), on.decline(1, a))
    expect(of(failed, 'failJob')).toHaveLength(1)
  })
})

describe('storage that fails', () => {
  it('D27 at the completion fails the checkpoint with the cause, counts, and is in the statistics', async () => {
    let failures = 2
    const fault = (label: string) =>
      label.includes('store checkpoint') && failures-- > 0 ? new Error('the disk is gone') : undefined
    const process = new SimulatedProcess({ fault })
    const options = { checkpoint: { intervalMs: 100, tolerableFailures: 1 }, restart: noRestart }
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.is('FAILED')
    expect(observed.of('checkpoint-aborted').map(({ reason }) => reason)).toEqual(
      [1, 2].map(() => expect.stringMatching(new RegExp(`^${finalize}: .*the disk is gone`))),
    )
    expect(observed.job.checkpointStats().counts).toMatchObject({ failed: 2, completed: 0, inProgress: 0 })
    expect((await observed.done()).error?.message).toContain('the disk is gone')
  })

  it('D28 so that no manifest can be written fails the request, and leaves no checkpoint', async () => {
    const dir = temporaryDir()
    const fault = (label: string) => (label.includes('store checkpoint') ? new Error('the disk is full') : undefined)
    const process = new SimulatedProcess({ fault })
    const checkpoint = { storage: { kind: 'filesystem' as const, dir }, tolerableFailures: 9 }
    const observed = await process.submit(countProgram(new Feed(words).source, [], { checkpoint }))
    await observed.is('RUNNING')
    await expect(process.settle(observed.job.triggerCheckpoint())).rejects.toMatchObject({
      message: expect.stringContaining('the disk is full'),
    })
    const onDisk = () => readdirSync(join(dir, observed.job.id)).filter((name) => name.startsWith('chk-'))
    await process.until(() => onDisk().length === 0)
    expect(observed.completed).toEqual([])
  })
})

describe('the end of an attempt', () => {
  it('D25 the interval that fires after it makes no checkpoint, and says that it is off', () => {
    const coordinator = new CoordinatorScript({ intervalMs: 100 })
    coordinator.feed(on.running(), on.jobStopping(90))
    const effects = coordinator.feed(tick(100))
    expect([begun(effects), dropped(effects)]).toEqual([[], ['PERIODIC_SCHEDULER_SHUTDOWN']])
  })

  it('D39 by a failing subtask aborts what it has not acknowledged because of it, and the rest as suspended', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 4 })
    coordinator.feed(on.running(), ...['c1', 'c2', 'c3', 'c4'].map((name) => on.request(name, 'checkpoint')))
    coordinator.feed(on.ack(1, a), on.ack(2, b), on.ack(3, a), on.ack(3, b))
    const effects = coordinator.feed(on.jobStopping(0, a))
    expect(givenUp(effects)).toEqual([
      [1, suspend],
      [2, 'TASK_FAILURE'],
      [4, 'TASK_FAILURE'],
    ])
    expect(discarded(effects)).toEqual([1, 2, 4])
    // What all had acknowledged is being stored and completes: it is what the next attempt restores from.
    expect(of(coordinator.feed(on.stored(3)), 'settled')[0]?.params.latest).toBe(3)
  })

  it('D39 names the failing subtask in a whole job', async () => {
    const feed = new Feed(words)
    const before = (word: string) => {
      if (word === 'bad') throw new Error('unlucky')
    }
    const process = new SimulatedProcess({ held: (label) => label.includes('persist') })
    const options = { checkpoint: { intervalMs: 100 }, restart: noRestart }
    const observed = await process.submit(countProgram(feed.source, [], options, { before }))
    await process.until(() => observed.of('checkpoint-triggered').length === 1)
    feed.push('bad')
    await observed.is('FAILED')
    expect(observed.of('checkpoint-aborted').map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^TASK_FAILURE: .*\/0 failed: .*unlucky/),
    ])
  })

  it('D40 for another reason aborts everything pending as suspended, and refuses what waits', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 2 })
    coordinator.feed(on.running(), ...['c1', 'c2', 'c3'].map((name) => on.request(name, 'checkpoint')))
    coordinator.feed(on.request('s', 'savepoint'), on.ack(1, a))
    const effects = coordinator.feed(on.jobStopping())
    expect(givenUp(effects)).toEqual([1, 2, 3].map((id) => [id, suspend]))
    expect(answers(effects).toSorted()).toEqual(['c1', 'c2', 'c3', 's'].map((name) => [name, suspend]))
    expect(coordinator.pending).toEqual([])
  })
})

describe('what is told', () => {
  it('D34 whoever hears that a checkpoint was aborted hears which one is the newest complete', () => {
    const coordinator = new CoordinatorScript({ maxConcurrent: 2 })
    coordinator.feed(on.running(), ...['c1', 'c2', 'c3'].map((name) => on.request(name, 'checkpoint')))
    const latest = () => of(coordinator.said, 'notifyAborted').map(({ params }) => params.latestCompleted)
    coordinator.feed(on.decline(1, a))
    expect(latest()).toEqual([undefined])
    // The one that makes another useless is complete when that is told.
    coordinator.feed(on.request('c4', 'checkpoint'))
    coordinator.complete(3)
    expect(latest()).toEqual([undefined, 3])
    coordinator.feed(on.decline(4, b))
    expect(latest()).toEqual([undefined, 3, 3])
  })

  it('D37 statistics hear of a pending checkpoint with the number of its subtasks, and of a restore', async () => {
    const process = new SimulatedProcess({ held: (label) => label.includes('store checkpoint 2') })
    const options = { parallelism: 3, checkpoint: { intervalMs: 1_000 } }
    const observed = await process.submit(countProgram(new Feed(words).source, [], options))
    await observed.is('RUNNING')
    const path = await process.settle(observed.job.triggerSavepoint())
    await process.until(() => observed.of('checkpoint-triggered').length === 2)
    const subtasks = observed.job.graph.vertices.reduce((sum, { parallelism }) => sum + parallelism, 0)
    const [pending] = observed.job.checkpointStats().history
    expect([pending?.triggered.subtasks, pending?.triggered.periodic, pending?.end]).toEqual([
      subtasks,
      true,
      undefined,
    ])
    expect(subtasks).toBeGreaterThan(3)
    expect(observed.job.checkpointStats().counts).toMatchObject({ inProgress: 1, restored: 0 })
    const again = await process.submit(countProgram(new Feed(words).source, [], options), { fromSavepoint: path })
    expect(again.job.checkpointStats()).toMatchObject({
      counts: { restored: 1 },
      restored: { checkpointId: 1, isSavepoint: true },
    })
  })
})
