/**
 * What the effects of the coordinator's chart say: each constant is an effect's name with the function that reads its
 * parameters off the context. No condition stands here but the choice of a sentence.
 */
import {
  type CoordinatorContext,
  evicted,
  nextAsPending,
  nextRequest,
  ownRequest,
  requestOf,
  subsumedBy,
  verdict,
} from './coordinator-context.ts'
import type { Abortion, MainEffect, MainEvent } from './inner-protocol.ts'
import { abortion } from './pending-checkpoint.ts'
import type { CheckpointFailureReason } from './protocol.ts'
import { newest } from './retention.ts'

export type MainParams<Type extends MainEffect['type']> = Extract<MainEffect, { readonly type: Type }>['params']

interface Args {
  readonly context: CoordinatorContext
  readonly event: MainEvent
}
interface On<Type extends MainEvent['type']> {
  readonly context: CoordinatorContext
  readonly event: Extract<MainEvent, { readonly type: Type }>
}

const as = <Type extends MainEffect['type'], A extends Args>(type: Type, params: (args: A) => MainParams<Type>) =>
  ({ type, params }) as const

export const begin = as('begin', ({ context, event }: Args) => nextAsPending(context, event.at))

const refusal = (reason: CheckpointFailureReason, message: string, code?: string): Abortion =>
  abortion(reason, message, code)

export const notRunning = refusal(
  'NOT_ALL_REQUIRED_TASKS_RUNNING',
  'The job is not running, so no checkpoint or savepoint can be taken.',
  'JOB_NOT_RUNNING',
)
export const someFinished = refusal(
  'NOT_ALL_REQUIRED_TASKS_RUNNING',
  'Some tasks of the job have finished, so no checkpoint or savepoint can be taken.',
)
export const tooSoon = refusal(
  'MINIMUM_TIME_BETWEEN_CHECKPOINTS',
  'The last checkpoint has completed too recently; the next one is tried when the pause is over.',
)
export const notScheduled = refusal('PERIODIC_SCHEDULER_SHUTDOWN', 'No checkpoints are taken periodically now.')
export const tooMany = refusal('TOO_MANY_CHECKPOINT_REQUESTS', 'Too many checkpoint requests are waiting already.')
export const stopping = refusal('CHECKPOINT_COORDINATOR_SUSPEND', 'The job is being stopped with a savepoint.')
export const suspended = refusal('CHECKPOINT_COORDINATOR_SUSPEND', 'The job stopped running before this was begun.')
export const shutDown = refusal(
  'CHECKPOINT_COORDINATOR_SHUTDOWN',
  'The job has ended, so no checkpoint or savepoint can be taken.',
  'JOB_NOT_RUNNING',
)

export const refuseThis = (why: Abortion) =>
  as('refuse', ({ event }: On<'checkpoint.requested'>) => ({ requests: [requestOf(event)], why, at: event.at }))

export const refuseEvicted = as('refuse', ({ context, event }: On<'checkpoint.requested'>) => ({
  requests: [evicted(context)].filter((request) => request !== undefined),
  why: tooMany,
  at: event.at,
}))

export const refusePeriodic = (why: Abortion) =>
  as('refuse', ({ event }: Args) => ({ requests: [ownRequest('periodic', event.at)], why, at: event.at }))

export const refuseNext = (why: Abortion) =>
  as('refuse', ({ context, event }: Args) => ({ requests: [nextRequest(context, event.at)], why, at: event.at }))

export const refuseQueue = (why: Abortion) =>
  as('refuse', ({ context, event }: Args) => ({ requests: context.queue, why, at: event.at }))

export const tellAll = as('tell', ({ context, event }: On<'job.stopping' | 'job.ended' | 'subtask.finished'>) => ({
  checkpointIds: context.inFlight.map(({ id }) => id),
  event,
}))

export const subsumeOlder = as('tell', ({ context, event }: On<'checkpoint.completed'>) => ({
  checkpointIds: subsumedBy(context, event),
  event: { type: 'checkpoint.subsumed', by: event.checkpointId, at: event.at },
}))

export const retireOld = as('retire', ({ context }: Args) => ({ checkpointIds: context.retired }))

export const announceLate = as('announce', ({ event }: On<'subtask.acknowledged'>) => ({
  type: 'acknowledged-late',
  checkpointId: event.checkpointId,
  subtask: event.subtask,
  metrics: event.metrics,
  at: event.at,
}))

export const settled = as('settled', ({ context }: Args) => ({ latest: newest(context.completed) }))

const whyJobFails = {
  left: 'Stopping with a savepoint failed and has left files from which this job would be resumed, so it ends here',
  drained: 'Stopping with a savepoint failed after the sources were told to end, so the job cannot go on',
  fenced: 'The checkpoint storage of the job belongs to another process now',
  exceeded: 'More checkpoints failed in a row than are tolerated',
  final: '',
  tolerable: '',
} as const

export const failJob = as('failJob', ({ context, event }: On<'checkpoint.aborted'>) => ({
  code: event.code,
  message: `${whyJobFails[verdict(context, event)]}: ${event.message}`,
}))

/** `late`: about a checkpoint that is over. `unknown`: about one that never was. */
export const report = as('report', ({ context, event }: Args) => {
  const id = 'checkpointId' in event ? event.checkpointId : undefined
  const timeout = event.type === 'timer.fired' && event.name.startsWith('timeout/')
  const what =
    timeout || (id !== undefined && id <= context.lastId) ? 'late' : id === undefined ? 'unexpected' : 'unknown'
  return { what, event: event.type }
})
