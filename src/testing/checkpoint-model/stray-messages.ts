/**
 * Messages that nobody waits for: of strangers, about checkpoints that never were, answers that come twice or to somebody who
 * is over. Each is a fault that may come at any time, and changes nothing that matters.
 */
import { usualTarget } from '../../core/elements.ts'
import type { Fault, Message } from '../explorer/system.ts'
import type { CheckpointModelOptions } from './model-options.ts'

const noCheckpoint = 0
const failure = (restartable: boolean) => ({ code: 'JOB_FAILED', message: 'stray', restartable })

const toSubtask: readonly object[] = [
  ...['state.restored', 'data.ended', 'subtask.canceled', 'source.exhausted'].map((type) => ({ type })),
  { type: 'subtask.crashed', failure: failure(true) },
  ...[
    'alignment.timed-out',
    'snapshot.taken',
    'snapshot.stored',
    'snapshot.failed',
    'commit.done',
    'checkpoint.completed',
    'checkpoint.aborted',
    'checkpoint.triggered',
  ].map((type) => ({
    type,
    checkpointId: noCheckpoint,
    ...(type === 'snapshot.failed' && { failure: failure(true) }),
    ...(type === 'checkpoint.triggered' && { timestamp: 0, kind: 'checkpoint' }),
  })),
]
/** What would be believed of a subtask that is not over, so that it comes only to one that is. */
const onlyToOver: readonly string[] = ['state.restored', 'data.ended', 'subtask.canceled', 'subtask.crashed']

export const isForOver = (event: { readonly type: string }): boolean => onlyToOver.includes(event.type)

const stranger = { subtask: 'stranger', attempt: 0 }
const toCoordinator: readonly object[] = [
  ...[1, 99].map((checkpointId) => ({
    type: 'subtask.acknowledged',
    checkpointId,
    ...stranger,
    state: { operators: [], bytes: 0, finished: false },
    metrics: { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 },
  })),
  {
    type: 'subtask.declined',
    checkpointId: 1,
    ...stranger,
    reason: 'CHECKPOINT_DECLINED',
    message: 'stray',
  },
  { type: 'subtask.ended', ...stranger },
  { type: 'subtask.finished', ...stranger },
  { type: 'timer.fired', name: 'nonsense' },
  { type: 'timer.fired', name: 'timeout/99' },
]

const toJob: readonly object[] = [
  { type: 'cancel.requested' },
  { type: 'suspend.requested' },
  { type: 'job.crashed', failure: failure(true) },
  { type: 'job.crashed', failure: failure(false) },
  { type: 'subtask.reported', subtask: 'task', attempt: 99, status: 'failed' },
  { type: 'job.submitted' },
]

const toSavepoints: readonly object[] = [
  { type: 'disposal.requested', requestId: 'stray' },
  { type: 'savepoint.requested', requestId: 'stray', checkpointPath: '1', target: usualTarget },
  { type: 'pointer.removed' },
].map((event) => ({ type: 'savepoint.stepped', key: 'create 1', event }))

export function strayFaults({ strays }: CheckpointModelOptions): readonly Fault[] {
  const fault = (to: string, message: object, name: string): Fault => ({
    name: `stray ${name} to ${to}`,
    spends: 'strays',
    tells: [{ to, message: message as Message }],
  })
  const nameOf = (message: object): string =>
    Object.values(message)
      .filter((value) => typeof value !== 'object')
      .join(' ')
  return strays.flatMap((to) => {
    if (to === 'coordinator') return toCoordinator.map((message) => fault(to, message, nameOf(message)))
    if (to === 'job') return toJob.map((message, i) => fault(to, message, `${nameOf(message)} (${i + 1})`))
    if (to === 'savepoints') return toSavepoints.map((message, i) => fault(to, message, `step ${i + 1}`))
    return toSubtask.map((event) => fault(to, { type: 'stray', event }, nameOf(event)))
  })
}
