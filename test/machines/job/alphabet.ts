/** Every event a job of two subtasks can hear in three attempts: strangers, repeats, old attempts, stale timers too. */
import type { CheckpointId, SubtaskId } from '../../../src/core/ids.ts'
import type { JobEvent, JobMachineInput, RestartStrategy } from '../../../src/machines/job/protocol.ts'
import type { Failure, SubtaskStatus } from '../../../src/machines/subtask/protocol.ts'

export const subtasks = ['a'.repeat(32), 'b'.repeat(32)].map((vertex) => `${vertex}/0` as SubtaskId)
export const id = (checkpoint: number): CheckpointId => checkpoint as CheckpointId
export const failure: Failure = { code: 'SINK_FAILED', message: 'the sink is away', restartable: true }
export const fatal: Failure = { code: 'LEASE_LOST', message: 'another process took over', restartable: false }

export const jobOf = (restart: RestartStrategy): JobMachineInput => ({ restart, subtasks, firstAttempt: 1 })

const at = 5_000

export const on = {
  submitted: { type: 'job.submitted', at } as const,
  reported: (subtask: number, status: SubtaskStatus, attempt = 1): JobEvent => ({
    type: 'subtask.reported',
    subtask: subtasks[subtask] ?? ('stranger/0' as SubtaskId),
    attempt,
    status,
    ...(status === 'failed' && { failure }),
    at,
    random: 0.5,
  }),
  failedFatally: (subtask: number, attempt = 1): JobEvent => ({
    type: 'subtask.reported',
    subtask: subtasks[subtask]!,
    attempt,
    status: 'failed',
    failure: fatal,
    at,
    random: 0.5,
  }),
  crashed: { type: 'job.crashed', failure, at, random: 0.5 } as const,
  crashedFatally: { type: 'job.crashed', failure: fatal, at, random: 0.5 } as const,
  settled: (latest?: number): JobEvent => ({
    type: 'checkpoints.settled',
    latest: latest === undefined ? undefined : id(latest),
    at,
  }),
  cancel: { type: 'cancel.requested', at } as const,
  suspend: { type: 'suspend.requested', at } as const,
  released: { type: 'job.released', at } as const,
  timer: (name = 'restart-delay'): JobEvent => ({ type: 'timer.fired', name, at }),
}

const all: readonly SubtaskStatus[] = ['running', 'ended', 'finished', 'canceled', 'failed']

export function alphabet(attempts: number, statuses: readonly SubtaskStatus[] = all): readonly JobEvent[] {
  const events: JobEvent[] = [on.submitted, on.crashed, on.crashedFatally, on.settled(), on.settled(7)]
  events.push(on.cancel, on.suspend, on.released, on.timer(), on.timer('another'))
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const subtask of [0, 1]) events.push(...statuses.map((status) => on.reported(subtask, status, attempt)))
    events.push(on.failedFatally(1, attempt))
  }
  return [...events, on.reported(2, 'failed')]
}
