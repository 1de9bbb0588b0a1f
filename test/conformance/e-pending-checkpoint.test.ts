/** One pending checkpoint: what completes it, what aborts it, and what is told and removed then. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildManifest } from '../../src/actors/build-manifest.ts'
import type { CheckpointId, JobId, SubtaskId } from '../../src/core/ids.ts'
import { CheckpointHistory } from '../../src/job/checkpoint-history.ts'
import type { CheckpointFailureReason, CoordinatorEvent } from '../../src/machines/checkpoint-coordinator/protocol.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { graph, operator, subtask, vertex } from '../deployment/graphs.ts'
import { handle } from '../deployment/snapshots.ts'
import { countProgram } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { a, b, on } from '../machines/checkpoint-coordinator/coordinator-events.ts'
import {
  answers,
  begun,
  CoordinatorScript,
  discarded,
  dropped,
  givenUp,
  of,
  reported,
  type Story,
  tick,
} from './coordinator-script.ts'

const acknowledged = [on.ack(1, a), on.ack(1, b)]
const declined = (reason: Extract<CoordinatorEvent, { type: 'subtask.declined' }>['reason']) =>
  [{ ...on.decline(1, b), reason }] as CoordinatorEvent[]

/** Every reason for which a checkpoint that is pending is given up, and how it comes about. */
const ways: readonly (readonly [CheckpointFailureReason, readonly CoordinatorEvent[]])[] = [
  ['CHECKPOINT_DECLINED', declined('CHECKPOINT_DECLINED')],
  ['CHECKPOINT_DECLINED_TASK_NOT_READY', declined('CHECKPOINT_DECLINED_TASK_NOT_READY')],
  ['CHECKPOINT_DECLINED_TASK_CLOSING', declined('CHECKPOINT_DECLINED_TASK_CLOSING')],
  ['CHECKPOINT_DECLINED_TASK_CLOSING', [on.finished(b)]],
  ['CHECKPOINT_DECLINED_SUBSUMED', declined('CHECKPOINT_DECLINED_SUBSUMED')],
  ['CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER', declined('CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER')],
  ['CHECKPOINT_ASYNC_EXCEPTION', declined('CHECKPOINT_ASYNC_EXCEPTION')],
  ['CHECKPOINT_EXPIRED', [on.timer('timeout/1')]],
  ['CHECKPOINT_SUBSUMED', [on.request('newer', 'checkpoint'), on.ack(2, a), on.ack(2, b), on.stored(2)]],
  ['CHECKPOINT_COORDINATOR_SUSPEND', [on.jobStopping()]],
  ['CHECKPOINT_COORDINATOR_SHUTDOWN', [on.jobEnded()]],
  ['TASK_FAILURE', [on.jobStopping(0, b)]],
  ['FINALIZE_CHECKPOINT_FAILURE', [...acknowledged, on.notStored(1)]],
]

const story = { maxConcurrent: 2, intervalMs: 100 }
const pendingOne = (kind: 'checkpoint' | 'savepoint' | 'stop-drain' = 'checkpoint', config: Story = story) => {
  const coordinator = new CoordinatorScript(config)
  coordinator.feed(on.running(), on.request('asked', kind), on.ack(1, a))
  return coordinator
}

describe('a newer checkpoint that completes', () => {
  it.each([
    ['with room of its own', undefined],
    ['that shares its room', { alignedTimeoutMs: undefined }],
  ])('E1 does not give up a savepoint %s', (_, unaligned) => {
    const coordinator = pendingOne('savepoint', { ...story, unaligned })
    coordinator.feed(on.request('newer', 'checkpoint'))
    expect(givenUp(coordinator.complete(2))).toEqual([])
    expect(coordinator.pending).toEqual([1])
    expect(answers(coordinator.complete(1))).toEqual([['asked', 'savepoint-1']])
  })

  it('E1 does not give up a savepoint, though it is a stop-savepoint itself; nothing newer begins beside a stop', () => {
    const coordinator = pendingOne('savepoint')
    coordinator.feed(on.request('stop', 'stop-suspend'), on.request('newer', 'checkpoint'), tick())
    expect(coordinator.pending).toEqual([1, 2])
    expect(givenUp(coordinator.complete(2))).toEqual([])
    expect(answers(coordinator.complete(1))).toEqual([['asked', 'savepoint-1']])
  })
})

describe('whoever asked for a checkpoint', () => {
  it.each(ways)('E2 is answered when it is aborted with %s', (reason, events) => {
    const answered = answers(pendingOne().feed(...events)).filter(([name]) => name === 'asked')
    expect(answered).toEqual([['asked', reason]])
  })

  it.each([
    ['NOT_ALL_REQUIRED_TASKS_RUNNING', [], on.request('r', 'checkpoint')],
    [
      'TOO_MANY_CHECKPOINT_REQUESTS',
      ['x', 'y', 'z'].map((n) => on.request(n, 'checkpoint')),
      on.request('r', 'checkpoint'),
    ],
  ] as const)('E2 is answered when it is refused before it begins, with %s', (reason, before, asked) => {
    const coordinator = new CoordinatorScript({ queueMax: 2 })
    if (before.length > 0) coordinator.feed(on.running(), ...before)
    expect(answers(coordinator.feed(asked))).toEqual([['r', reason]])
  })

  it.each([
    ['PERIODIC_SCHEDULER_SHUTDOWN', [on.jobStopping(), tick()]],
    ['TOO_MANY_CHECKPOINT_REQUESTS', [tick(), tick(), tick()]],
    ['MINIMUM_TIME_BETWEEN_CHECKPOINTS', [on.request('c', 'checkpoint'), ...acknowledged, on.stored(1, 50), tick(60)]],
  ] as const)('E2 is nobody where the interval did: %s is announced', (reason, events) => {
    const coordinator = new CoordinatorScript({ intervalMs: 100, minPauseMs: 20 })
    expect(dropped(coordinator.feed(on.running(), ...events))).toEqual([reason])
  })

  it('E2 is answered when it completes', () => {
    const coordinator = pendingOne()
    expect(answers(coordinator.feed(on.ack(1, b)))).toEqual([])
    expect(answers(coordinator.feed(on.stored(1)))).toEqual([['asked', 'chk-1']])
  })
})

describe('completing', () => {
  it('E3 never happens while an acknowledgement is missing, whatever storage says', () => {
    const coordinator = pendingOne()
    const effects = coordinator.feed(on.stored(1), on.notStored(1), on.published(1))
    expect(reported(effects)).toEqual(['unexpected', 'unexpected', 'unexpected'])
    expect(of(coordinator.said, 'putManifest')).toEqual([])
    expect(coordinator.pending).toEqual([1])
  })

  it('E6 takes a subtask without state like the others; one with state has an entry in the manifest', () => {
    const job = graph([vertex(1, 2)])
    const none = { operators: [], bytes: 0, finished: false }
    const some = { ...none, operators: [{ operatorId: operator(1).id, keyed: [], operator: handle('f') }] }
    const { operators } = buildManifest(
      { job: { id: 'a'.repeat(32) as JobId, name: 'job' }, graph: job },
      {
        checkpointId: 1 as CheckpointId,
        timestamp: 0,
        kind: 'checkpoint',
        finished: [],
        states: [none, some].map((state, index) => ({ subtask: subtask(1, index), state })),
      },
    )
    expect(operators[0]?.subtasks).toEqual([
      { index: 0, finished: false, keyed: [], operator: undefined },
      { index: 1, finished: false, keyed: [], operator: handle('f') },
    ])
    // The coordinator does not look at what a subtask acknowledges: nothing counts as well.
    const coordinator = pendingOne()
    const [put] = of(coordinator.feed({ ...on.ack(1, b), state: none } as CoordinatorEvent), 'putManifest')
    expect(put?.params.states.map(({ state }) => state.bytes)).toEqual([5, 0])
  })

  it('E9 waits for the last of three, whatever their order', () => {
    const subtasks = ['x/0', 'x/1', 'y/0'] as SubtaskId[]
    const plan = { tasks: subtasks.map((id) => ({ subtask: id, predecessors: [], finished: false })) }
    for (const order of [subtasks, subtasks.toReversed(), [subtasks[1]!, subtasks[2]!, subtasks[0]!]]) {
      const coordinator = new CoordinatorScript()
      coordinator.feed(on.running(1, 0, 0, plan), on.request('c', 'checkpoint'))
      const puts = order.map((id) => of(coordinator.feed(on.ack(1, id)), 'putManifest').length)
      expect(puts).toEqual([0, 0, 1])
    }
  })
})

describe('an abort', () => {
  it.each(ways)('E4 with %s removes what was acknowledged exactly once, and holds nobody up', (_, events) => {
    const coordinator = pendingOne()
    coordinator.feed(
      ...events,
      on.timer('timeout/1'),
      on.decline(1, a),
      on.notStored(1),
      on.jobStopping(),
      on.jobEnded(),
    )
    expect(discarded(coordinator.said).filter((id) => id === 1)).toEqual([1])
  })

  it('E4 does not wait for the removal: the next checkpoint begins at once', () => {
    const coordinator = new CoordinatorScript({ slowToClean: true })
    coordinator.feed(on.running(), on.request('c1', 'checkpoint'), on.request('c2', 'checkpoint'))
    expect(begun(coordinator.feed(on.decline(1, a)))).toEqual([2])
  })

  it('E10 is survived by no file: what a subtask was still writing it removes when it is done', async () => {
    let slow = true
    const dir = temporaryDir()
    const process = new SimulatedProcess({ held: (label) => slow && label.includes('persist') })
    const checkpoint = { intervalMs: 1_000, timeoutMs: 500, tolerableFailures: 9, storage: { kind: 'filesystem', dir } }
    const program = countProgram(new Feed(['a', 'b']).source, [], { checkpoint } as JobOptions)
    const observed = await process.submit(program)
    await process.until(() => observed.of('checkpoint-aborted').length === 1)
    slow = false
    await observed.completes(1)
    const left = () => {
      const given = join(dir, observed.job.id, 'chk-1')
      return existsSync(given) ? readdirSync(given) : []
    }
    await process.until(() => left().length === 0)
    expect(observed.completed).toEqual([2])
  })

  it.each(ways)('E5 with %s is in the statistics, under its reason, beside what was acknowledged', (reason, events) => {
    const coordinator = pendingOne()
    coordinator.feed(...events)
    const history = new CheckpointHistory()
    for (const { params } of of(coordinator.said, 'announce')) history.add(params)
    const entry = history.stats().history.find(({ triggered }) => triggered.checkpointId === 1)
    const bothHad = events.some((event) => acknowledged.includes(event))
    expect(entry).toMatchObject({ acknowledged: bothHad ? 2 : 1, end: { type: 'aborted', reason } })
    expect(history.stats().counts.failed).toBe(1)
  })

  it.each(ways)('E7 with %s leaves no time-out set, and one that fires all the same changes nothing', (_, events) => {
    const coordinator = pendingOne()
    coordinator.feed(...events)
    const name = 'timeout/1'
    const fired = events.some((event) => event.type === 'timer.fired' && event.name === name)
    const cleared = of(coordinator.said, 'timer.clear').filter(({ params }) => params.name === name)
    expect(cleared).toHaveLength(fired ? 0 : 1)
    const again = coordinator.feed(on.timer(name))
    expect(again.map(({ type }) => type)).toEqual(['report'])
    expect(of(coordinator.said, 'timer.set').filter(({ params }) => params.name === name)).toHaveLength(1)
  })
})
