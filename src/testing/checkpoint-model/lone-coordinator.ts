/** Both charts of the coordinator alone: see `lone-chart.ts`. */
import { type SnapshotKind, usualTarget } from '../../core/elements.ts'
import type { SubtaskId } from '../../core/ids.ts'
import type { PlainCoordinatorState } from '../../machines/checkpoint-coordinator/coordinator.ts'
import type { CoordinatorConfig, CoordinatorEvent } from '../../machines/checkpoint-coordinator/protocol.ts'
import type { ChartCoverage } from '../explorer/chart-coverage.ts'
import type { SystemModel } from '../explorer/system.ts'
import { type LoneSetting, loneSystem } from './lone-chart.ts'
import { coordinatorWatchers } from './lone-watchers.ts'
import { quietCoordinator } from './model-options.ts'
import type { ProtocolCharts } from './protocol-parts.ts'
import { SteppedCoordinator } from './stepped-chart.ts'
import { idOf } from './topology.ts'

interface Input {
  readonly config: CoordinatorConfig
  /** The highest id that the world waits for. */
  readonly ids: number
}

const at = 0
const attempt = 1
const [one, other] = ['one', 'other'] as unknown as readonly [SubtaskId, SubtaskId]
const metrics = { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 } as const
const code = 'STORAGE_FAILED'

const running: CoordinatorEvent = {
  type: 'job.running',
  attempt,
  plan: {
    tasks: [
      { subtask: one, predecessors: [], finished: false },
      { subtask: other, predecessors: [one], finished: false },
    ],
  },
  at,
  random: 0,
}
const stopping = (failedSubtask?: SubtaskId): CoordinatorEvent => ({
  type: 'job.stopping',
  at,
  message: 'stopped',
  failedSubtask,
})
const ended: CoordinatorEvent = { type: 'job.ended', at }
const timer = (name: string): CoordinatorEvent => ({ type: 'timer.fired', name, at })
const request = (requestId: string, kind: SnapshotKind): CoordinatorEvent => ({
  type: 'checkpoint.requested',
  requestId,
  kind,
  target: usualTarget,
  at,
})
const cleaned = (id: number, failed?: string): CoordinatorEvent => ({
  type: 'storage.cleaned',
  checkpointIds: [idOf(id)],
  kept: [],
  failed,
  at,
})
const end = (
  type: 'subtask.ended' | 'subtask.finished',
  subtask: SubtaskId,
  inAttempt = attempt,
): CoordinatorEvent => ({
  type,
  subtask,
  attempt: inAttempt,
  at,
})

/** What subtasks say of a checkpoint. */
const answers = (id: number, finished = false): readonly CoordinatorEvent[] => [
  ...[one, other].map(
    (subtask): CoordinatorEvent => ({
      type: 'subtask.acknowledged',
      checkpointId: idOf(id),
      subtask,
      attempt,
      state: { operators: [], bytes: 0, finished },
      metrics,
      at,
    }),
  ),
  {
    type: 'subtask.declined',
    checkpointId: idOf(id),
    subtask: other,
    attempt,
    reason: 'CHECKPOINT_DECLINED',
    message: 'declined',
    at,
  },
]
/** What the disk says of it. */
const outcomes = (id: number): readonly CoordinatorEvent[] => [
  { type: 'manifest.stored', checkpointId: idOf(id), path: `${id}`, at },
  { type: 'manifest.failed', checkpointId: idOf(id), code, message: 'failed', at },
]
const publications = (id: number): readonly CoordinatorEvent[] => [
  { type: 'savepoint.published', checkpointId: idOf(id), path: `${id}`, at },
  { type: 'savepoint.failed', checkpointId: idOf(id), code, message: 'failed', at },
]
const about = (id: number): readonly CoordinatorEvent[] => [...answers(id), ...outcomes(id), timer(`timeout/${id}`)]

const strange: readonly CoordinatorEvent[] = [
  ...answers(1).map((event) => ({ ...event, subtask: 'stranger' as SubtaskId }) as CoordinatorEvent),
  ...answers(99),
  end('subtask.ended', 'stranger' as SubtaskId),
  end('subtask.finished', one, 7),
  timer('nonsense'),
  cleaned(99),
]

const setting = (
  name: string,
  config: Partial<CoordinatorConfig>,
  ids: number,
  says: readonly CoordinatorEvent[],
  once: readonly CoordinatorEvent[] = [],
): LoneSetting<Input, CoordinatorEvent> => ({
  name,
  input: { config: { ...quietCoordinator, ...config }, ids },
  says: [running, ...says],
  once,
})

const ends: readonly CoordinatorEvent[] = [stopping(), stopping(one), ended]
const interval = timer('interval')

export const loneCoordinatorSettings = [
  setting('two checkpoints at a time', { maxConcurrent: 2, tolerableFailures: 1 }, 2, [
    ...ends,
    interval,
    ...about(1),
    ...about(2),
    cleaned(1),
    end('subtask.finished', one),
  ]),
  setting('strangers', { tolerableFailures: 0 }, 1, [...ends, interval, ...about(1), ...strange, cleaned(1)]),
  ...(['savepoint', 'stop-drain', 'stop-suspend'] as const).map((kind) =>
    setting(
      `a ${kind} alone`,
      {},
      1,
      [
        ...ends,
        interval,
        ...about(1),
        ...publications(1),
        cleaned(1),
        cleaned(1, 'failed'),
        end('subtask.finished', one),
      ],
      [request('first', kind)],
    ),
  ),
  setting(
    'a stop beside checkpoints',
    { tolerableFailures: 1, maxConcurrent: 2 },
    2,
    [
      interval,
      ...[1, 2].flatMap((id) => [...answers(id), ...outcomes(id), ...publications(id)]),
      ...[cleaned(1), cleaned(2), cleaned(2, 'failed')],
    ],
    [request('first', 'stop-suspend'), request('second', 'checkpoint')],
  ),
  setting(
    'a stop beside a checkpoint that is one failure too many',
    { tolerableFailures: 0 },
    2,
    [interval, ...answers(1).slice(2), ...answers(2), ...outcomes(2), ...publications(2), cleaned(2, 'failed')],
    [request('first', 'stop-suspend')],
  ),
  setting(
    'a pause, and room for one request',
    { minPauseMs: 1, queueMax: 1 },
    2,
    [...ends, interval, ...answers(1), ...outcomes(1), ...publications(1)],
    [request('first', 'savepoint'), request('second', 'checkpoint'), request('third', 'checkpoint')],
  ),
  setting(
    'subtasks end and finish',
    { tolerableFailures: 0, afterTasksFinish: true },
    2,
    [
      stopping(),
      interval,
      ...[1, 2].flatMap((id) => [...answers(id, true), ...outcomes(id)]),
      ...[one, other].flatMap((subtask) => [end('subtask.ended', subtask), end('subtask.finished', subtask)]),
    ],
    [request('first', 'checkpoint')],
  ),
  setting(
    'subtasks finish for good',
    { intervalMs: undefined, afterTasksFinish: false },
    1,
    [
      ...ends,
      interval,
      ...about(1),
      ...[one, other].flatMap((subtask) => [end('subtask.ended', subtask), end('subtask.finished', subtask)]),
    ],
    [request('first', 'savepoint')],
  ),
] as const

export function loneCoordinator(
  charts: Pick<ProtocolCharts, 'main' | 'pending'>,
  coverage: ChartCoverage,
): SystemModel {
  const coordinator = new SteppedCoordinator(charts, coverage)
  type State = { readonly charts: PlainCoordinatorState; readonly ids: number }
  return loneSystem<Input, State, CoordinatorEvent>(
    'coordinator',
    loneCoordinatorSettings,
    {
      start({ config, ids }) {
        const { state, effects } = coordinator.start({ config, restored: { lastId: 0, completed: [] } })
        return { state: { charts: state, ids }, effects }
      },
      step({ charts, ids }, event) {
        const { state, effects } = coordinator.step(charts, event)
        return state.main.context.lastId > ids ? undefined : { state: { charts: state, ids }, effects }
      },
    },
    coordinatorWatchers,
  )
}
