/** The job's effects with their parameters, as the chart names them. No decision is made here. */
import { assert } from '../../core/errors.ts'
import { effect } from '../step.ts'
import { type JobContext, restartDelayMs, type Situation } from './job-context.ts'
import type { JobEffect, JobEvent, JobStatus } from './protocol.ts'

type ParamsOf<Type extends JobEffect['type']> = Extract<JobEffect, { type: Type }>['params']

/** Declared for the chart's `setup`: names with typed parameters, which do nothing here. */
export const effects = {
  deploy: effect<ParamsOf<'deploy'>>(),
  startCheckpoints: effect<ParamsOf<'startCheckpoints'>>(),
  tellEnd: effect<ParamsOf<'tellEnd'>>(),
  stopCheckpoints: effect<ParamsOf<'stopCheckpoints'>>(),
  cancelSubtasks: effect<ParamsOf<'cancelSubtasks'>>(),
  reportStatus: effect<ParamsOf<'reportStatus'>>(),
  reportRestart: effect<ParamsOf<'reportRestart'>>(),
  release: effect<ParamsOf<'release'>>(),
  complete: effect<ParamsOf<'complete'>>(),
  report: effect<ParamsOf<'report'>>(),
}

export const deploy = {
  type: 'deploy',
  params: ({ context }: Situation) => ({ attempt: context.attempt, latest: context.latest }),
} as const
export const startCheckpoints = {
  type: 'startCheckpoints',
  params: ({ context }: Situation) => ({
    attempt: context.attempt,
    finished: context.input.subtasks.filter((_, i) => context.statuses[i] === 'finished'),
    ended: context.input.subtasks.filter((_, i) => context.statuses[i] === 'ended'),
  }),
} as const
export const tellEnd = (status: 'ended' | 'finished') =>
  ({
    type: 'tellEnd',
    params: ({ context, event }: { context: JobContext; event: Extract<JobEvent, { type: 'subtask.reported' }> }) => ({
      subtask: event.subtask,
      attempt: context.attempt,
      status,
    }),
  }) as const
export const stopCheckpoints = (message: string) =>
  ({ type: 'stopCheckpoints', params: { message, failedSubtask: undefined } }) as const
export const stopCheckpointsFailing = {
  type: 'stopCheckpoints',
  params: ({ context, event }: Situation) => ({
    message: `The job fails: ${context.failure?.message ?? 'no reason given'}`,
    failedSubtask: event.type === 'subtask.reported' ? event.subtask : undefined,
  }),
} as const
export const cancelSubtasks = {
  type: 'cancelSubtasks',
  params: ({ context }: Situation) => ({ attempt: context.attempt }),
} as const

export const reportStatus = (status: JobStatus) =>
  ({ type: 'reportStatus', params: ({ event }: Situation) => ({ status, at: event.at }) }) as const
/** The same with the failure that is the reason. */
export const reportFailing = (status: 'FAILING' | 'RESTARTING' | 'FAILED') =>
  ({
    type: 'reportStatus',
    params: ({ context, event }: Situation) => ({
      status,
      at: event.at,
      ...(context.failure !== undefined && { failure: context.failure }),
    }),
  }) as const
export const reportRestart = {
  type: 'reportRestart',
  params: ({ context }: Situation) => {
    assert(context.failure !== undefined, 'a job restarts because of a failure')
    return { attempt: context.attempt + 1, delayMs: restartDelayMs(context), failure: context.failure }
  },
} as const

export const release = (status: JobStatus) => ({ type: 'release', params: { status } }) as const
export const complete = (status: JobStatus) => ({ type: 'complete', params: { status } }) as const
export const completeFailed = {
  type: 'complete',
  params: ({ context }: Situation) => ({
    status: 'FAILED' as const,
    ...(context.failure !== undefined && { failure: context.failure }),
  }),
} as const

export const reportUnexpected = {
  type: 'report',
  params: ({ event }: Situation) => ({ what: 'unexpected', event: event.type }),
} as const
