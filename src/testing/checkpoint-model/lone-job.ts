/** The chart of a job alone: see `lone-chart.ts`. */
import type { SubtaskId } from '../../core/ids.ts'
import type { JobEffect, JobEvent, JobMachineInput, RestartStrategy } from '../../machines/job/protocol.ts'
import type { SubtaskStatus } from '../../machines/subtask/protocol.ts'
import type { ChartCoverage } from '../explorer/chart-coverage.ts'
import type { SystemModel } from '../explorer/system.ts'
import { type LoneSetting, loneSystem } from './lone-chart.ts'
import { jobWatchers } from './lone-watchers.ts'
import type { ProtocolCharts } from './protocol-parts.ts'
import { SteppedChart } from './stepped-chart.ts'
import { idOf } from './topology.ts'

type Setting = LoneSetting<JobMachineInput, JobEvent>

const at = 0
const failure = (restartable: boolean) => ({ code: 'JOB_FAILED', message: 'failed', restartable }) as const
const subtasks = ['one', 'other'] as unknown as readonly SubtaskId[]
const statuses: readonly SubtaskStatus[] = ['running', 'ended', 'finished', 'canceled', 'failed']

/** In attempts 0 and so on. */
function words(attempts: number, stranger: boolean): readonly JobEvent[] {
  const events: JobEvent[] = [
    { type: 'job.submitted', at },
    ...[true, false].map((kind): JobEvent => ({ type: 'job.crashed', failure: failure(kind), at, random: 0 })),
    { type: 'checkpoints.settled', latest: idOf(1), at },
    { type: 'cancel.requested', at },
    { type: 'suspend.requested', at },
    { type: 'job.released', at },
    { type: 'timer.fired', name: 'restart-delay', at },
  ]
  const who = stranger ? [...subtasks, 'stranger' as SubtaskId] : subtasks
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const subtask of who) {
      for (const status of statuses) {
        const report = { type: 'subtask.reported', subtask, attempt, status, at, random: 0 } as const
        events.push(status === 'failed' ? { ...report, failure: failure(true) } : report)
        if (status === 'failed') events.push({ ...report, failure: failure(false) })
      }
    }
  }
  return events
}

const setting = (name: string, restart: RestartStrategy, attempts: number): Setting => ({
  name,
  input: { restart, subtasks, firstAttempt: 0 },
  says: words(attempts, attempts === 1),
})

export const loneJobSettings: readonly Setting[] = [
  setting('without restarts', { strategy: 'none' }, 1),
  setting('with a restart', { strategy: 'fixed-delay', attempts: 1, delayMs: 1 }, 2),
]

export function loneJob({ job }: Pick<ProtocolCharts, 'job'>, coverage: ChartCoverage): SystemModel {
  const chart = new SteppedChart<ProtocolCharts['job'], JobEffect>('job', job, coverage)
  return loneSystem('job', loneJobSettings, chart, jobWatchers)
}
