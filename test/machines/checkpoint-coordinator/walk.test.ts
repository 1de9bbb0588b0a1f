import { describe, expect, it } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { describeChart } from '../../../src/machines/chart-edges.ts'
import { stepCoordinator } from '../../../src/machines/checkpoint-coordinator/coordinator.ts'
import { coordinatorMachine } from '../../../src/machines/checkpoint-coordinator/machine.ts'
import { pendingMachine } from '../../../src/machines/checkpoint-coordinator/pending-machine.ts'
import type {
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorEvent,
} from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import { walk } from '../../../src/testing/machine-harness.ts'
import { a, b, on, stranger } from './coordinator-events.ts'
import { invariants } from './coordinator-invariants.ts'
import { type Watched, watchedCoordinator } from './watched-coordinator.ts'

interface Scene {
  readonly title: string
  readonly config: Partial<CoordinatorConfig>
  readonly ids: number
  readonly attempts: number
  readonly events: readonly CoordinatorEvent[]
}

const life = [on.jobStopping(0, a), on.jobEnded()]
const about = (id: number) => [on.ack(id, a), on.ack(id, b), on.stored(id), on.notStored(id), on.timer(`timeout/${id}`)]
const foreign = [on.ack(1, stranger), on.ack(1, a, 7), on.decline(1, stranger), on.ack(9, a), on.timer('nonsense')]

const removed = [on.cleaned(1), on.cleaned(2), on.cleaned(9)]
const published = (id: number) => [on.published(id), on.notPublished(id)]

const scenes: Scene[] = [
  {
    title: 'two checkpoints at once, failing while storing, a second attempt',
    config: { maxConcurrent: 2, tolerableFailures: 1 },
    ids: 2,
    attempts: 2,
    events: [...life, on.timer('interval'), ...about(1), ...about(2), on.decline(2, b), ...removed, ...foreign],
  },
  {
    title: 'a savepoint beside a periodic checkpoint',
    config: {},
    ids: 2,
    attempts: 1,
    events: [
      ...life,
      on.timer('interval'),
      on.request('r1', 'savepoint'),
      ...about(1),
      ...about(2),
      ...published(1),
      ...published(2),
    ],
  },
  {
    title: 'unaligned checkpoints that share their room with savepoints',
    config: { unaligned: { alignedTimeoutMs: 50 }, queueMax: 3, tolerableFailures: 9 },
    ids: 3,
    attempts: 1,
    events: [
      on.jobStopping(),
      on.timer('interval'),
      on.request('r1', 'savepoint'),
      on.request('r2', 'checkpoint'),
      on.ack(1, a),
      on.ack(1, b),
      on.stored(1),
      on.published(1),
      ...[1, 2, 3].map((id) => on.decline(id, a)),
      on.cleaned(1, 2),
    ],
  },
  ...(['stop-drain', 'stop-suspend'] as const).map((kind) => ({
    title: `a ${kind} beside a periodic checkpoint`,
    config: {},
    ids: 2,
    attempts: 1,
    events: [
      ...life,
      on.timer('interval'),
      on.request('r1', kind),
      ...about(1),
      ...about(2),
      ...published(1),
      ...published(2),
      ...[on.cleaned(1), on.cleaned(2), on.notCleaned(1), on.notCleaned(2), on.kept(1), on.kept(2)],
    ],
  })),
  {
    title: 'requests that wait, are refused and are lost',
    config: { intervalMs: undefined, queueMax: 1 },
    ids: 1,
    attempts: 1,
    events: [
      on.jobStopping(),
      ...['r1', 'r2', 'r3'].map((id) => on.request(id, 'checkpoint')),
      on.request('s', 'stop-suspend'),
      on.ack(1, a),
      on.ack(1, b),
      on.stored(1),
      on.decline(1, a),
    ],
  },
  {
    title: 'savepoints without end beside checkpoints',
    config: { savepointsMax: 1, queueMax: 3, tolerableFailures: 9 },
    ids: 3,
    attempts: 1,
    events: [
      on.timer('interval'),
      on.cleaned(1, 2),
      ...[on.request('r', 'checkpoint'), on.request('stop', 'stop-suspend')],
      ...[on.request('s1', 'savepoint'), on.request('s2', 'savepoint')],
      ...[1, 2, 3].map((id) => on.decline(id, a)),
    ],
  },
  {
    title: 'subtasks that end and finish',
    config: { tolerableFailures: 1 },
    ids: 2,
    attempts: 1,
    events: [
      on.jobStopping(),
      on.timer('interval'),
      ...[a, b].flatMap((subtask) => [on.ended(subtask), on.finished(subtask)]),
      ...[1, 2].flatMap((id) => [on.ack(id, a, 1, true), on.ack(id, b, 1, true), on.stored(id)]),
      on.notStored(1),
      on.ack(1, b),
      on.ended(a, 7),
      on.finished(stranger),
    ],
  },
]

/** Requests have an id of their own, so each is made once; attempts and checkpoints are few. */
const alphabetOf = (scene: Scene) => {
  const running = [on.running(1), on.running(2)]
  return ({ coordinator, witness: { asked } }: Watched) => {
    const { attempt } = coordinator.main.context
    const events = scene.events.filter(
      (event) => event.type !== 'checkpoint.requested' || !asked.includes(event.requestId),
    )
    return [running[Math.min(attempt, scene.attempts - 1)]!, ...events]
  }
}

const within = (scene: Scene) => (watched: Watched) => watched.coordinator.main.context.lastId <= scene.ids

describe('every state of the coordinator', () => {
  const names = new Set<string>()
  const effects = new Set<string>()

  for (const scene of scenes) {
    it(scene.title, () => {
      const report = walk(watchedCoordinator(scene.config), alphabetOf(scene), invariants, { within: within(scene) })
      expect(report.states).toBeGreaterThan(100)
      for (const name of report.names) for (const part of name.split(' + ')) names.add(part)
      for (const effect of report.effects) effects.add(effect)
    })
  }

  it('was reached in one of the scenes, and every effect was issued', () => {
    const resting = (machine: AnyStateMachine) =>
      describeChart(machine)
        .states.filter(({ type, path }) => type === 'atomic' && !path.endsWith('choosing'))
        .map(({ path }) => path)
    expect([...names].sort()).toEqual([...resting(coordinatorMachine), ...resting(pendingMachine)].sort())
    expect([...effects].sort()).toEqual([...allEffects].sort())
  })
})

const allEffects: readonly CoordinatorEffect['type'][] = [
  'announce',
  'discard',
  'failJob',
  'notifyAborted',
  'notifyComplete',
  'publishSavepoint',
  'putManifest',
  'reply',
  'report',
  'retire',
  'settled',
  'timer.clear',
  'timer.set',
  'triggerBarrier',
]

type Effects = readonly CoordinatorEffect[]

describe('a broken coordinator is caught', () => {
  const canaries: readonly {
    readonly title: string
    readonly caught: string
    readonly shortest: number
    readonly breakIt: (event: CoordinatorEvent, effects: Effects) => Effects
  }[] = [
    {
      title: 'a late acknowledgement discards',
      caught: 'invCC5nothingStoredIsDiscarded',
      shortest: 4,
      breakIt: (event, effects) =>
        event.type === 'subtask.acknowledged' &&
        effects.some((one) => one.type === 'report' && one.params.what === 'late')
          ? [...effects, { type: 'discard', params: { checkpointId: event.checkpointId } }]
          : effects,
    },
    {
      title: 'the expiry of a checkpoint that is complete stays set',
      caught: 'invCC3quietMeansEmpty',
      shortest: 3,
      breakIt: (_, effects) => effects.filter((one) => one.type !== 'timer.clear' || one.params.name === 'interval'),
    },
    {
      title: 'the job is told that all has settled while a manifest is being stored',
      caught: 'invCC8settledOnce',
      shortest: 5,
      breakIt: (event, effects) =>
        event.type === 'job.stopping' && !effects.some(({ type }) => type === 'settled' || type === 'report')
          ? [...effects, { type: 'settled', params: { latest: undefined } }]
          : effects,
    },
    {
      title: 'the files of an expired checkpoint are left, and are counted as being removed for ever',
      caught: 'invCC15cleaningHoldsBack',
      shortest: 3,
      breakIt: (event, effects) =>
        event.type === 'timer.fired' && event.name.startsWith('timeout/')
          ? effects.filter(({ type }) => type !== 'discard')
          : effects,
    },
    {
      title: 'a savepoint is forgotten when the job stops',
      caught: 'invCC6answeredOnce',
      shortest: 3,
      breakIt: (event, effects) =>
        event.type === 'job.stopping' ? effects.filter((one) => one.type !== 'reply') : effects,
    },
  ]
  for (const { title, caught, shortest, breakIt } of canaries) {
    it(title, () => {
      const scene = scenes[1]!
      const broken = watchedCoordinator(scene.config, (state, event) => {
        const { snapshot, effects } = stepCoordinator(state, event)
        return { snapshot, effects: breakIt(event, effects) }
      })
      const run = () => walk(broken, alphabetOf(scene), invariants, { within: within(scene) })
      expect(run).toThrow(new RegExp(`^${caught}: .*\nShortest path, ${shortest} steps:\n  { given: 'inactive'`))
    })
  }
})
