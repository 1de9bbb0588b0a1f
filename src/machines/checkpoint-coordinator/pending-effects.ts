/**
 * What the effects of a pending checkpoint's chart say: each constant is an effect's name with the function that reads
 * its parameters off the context, as the earlier actions of the same edge left it. No condition stands here.
 */
import type { Abortion, PendingEffect, PendingEvent } from './inner-protocol.ts'
import {
  abortion,
  bytes,
  coversEnd,
  inFlightBytes,
  missing,
  type PendingCheckpoint,
  states,
  writtenBytes,
} from './pending-checkpoint.ts'

export type Params<Type extends PendingEffect['type']> = Extract<PendingEffect, { readonly type: Type }>['params']

interface Args {
  readonly context: PendingCheckpoint
  readonly event: PendingEvent
}
type Of<Type extends PendingEvent['type']> = Extract<PendingEvent, { readonly type: Type }>
interface On<Type extends PendingEvent['type']> {
  readonly context: PendingCheckpoint
  readonly event: Of<Type>
}

const whyNot = ({ context }: Args): Abortion =>
  context.abortion ?? abortion('TRIGGER_CHECKPOINT_FAILURE', `Checkpoint ${context.id} was given up.`)

const as = <Type extends PendingEffect['type'], A extends Args>(type: Type, params: (args: A) => Params<Type>) =>
  ({ type, params }) as const

export const announceTriggered = as('announce', ({ context }: Args) => ({
  type: 'triggered',
  checkpointId: context.id,
  kind: context.kind,
  at: context.timestamp,
  periodic: context.periodic,
  subtasks: context.participants.length + context.finished.length,
  participants: context.participants.map(({ subtask }) => subtask),
}))

export const triggerBarrier = as('triggerBarrier', ({ context }: Args) => ({
  checkpointId: context.id,
  timestamp: context.timestamp,
  kind: context.kind,
  alignment: context.alignment,
  subtasks: context.trigger,
}))

export const announceAcknowledged = as('announce', ({ context, event }: On<'subtask.acknowledged'>) => ({
  type: 'acknowledged',
  checkpointId: context.id,
  subtask: event.subtask,
  metrics: event.metrics,
  at: event.at,
}))

export const putManifest = as('putManifest', ({ context }: Args) => ({
  checkpointId: context.id,
  timestamp: context.timestamp,
  kind: context.kind,
  states: states(context),
  finished: context.finished,
}))

export const publishSavepoint = as('publishSavepoint', ({ context }: Args) => ({
  checkpointId: context.id,
  target: context.target,
}))

export const notifyComplete = as('notifyComplete', ({ context }: Args) => ({
  checkpointId: context.id,
  subtasks: context.running,
}))

export const notifyAborted = as('notifyAborted', (args: Args) => ({
  checkpointId: args.context.id,
  reason: whyNot(args).reason,
  subtasks: args.context.running,
}))

export const discard = as('discard', ({ context }: Args) => ({ checkpointId: context.id }))

/** Lets go of what this checkpoint stored. A pin of its savepoint may keep it, and the answer says so. */
export const retireOwn = as('retire', ({ context }: Args) => ({ checkpointIds: [context.id] }))

export const answerCompleted = as('answer', ({ context }: Args) => ({
  requestId: context.requestId,
  outcome: { type: 'completed', checkpointId: context.id, path: context.path },
}))

export const answerFailed = as('answer', (args: Args) => ({
  requestId: args.context.requestId,
  outcome: { type: 'failed', ...whyNot(args) },
}))

export const announceCompleted = as('announce', ({ context, event }: Args) => ({
  type: 'completed',
  checkpointId: context.id,
  kind: context.kind,
  at: event.at,
  durationMs: event.at - context.timestamp,
  bytes: bytes(context),
  ...(writtenBytes(context) < bytes(context) && { writtenBytes: writtenBytes(context) }),
  ...(inFlightBytes(context) > 0 && { inFlightBytes: inFlightBytes(context) }),
  path: context.path,
}))

export const announceAborted = as('announce', (args: Args) => ({
  type: 'aborted',
  checkpointId: args.context.id,
  kind: args.context.kind,
  at: args.event.at,
  reason: whyNot(args).reason,
  message: whyNot(args).message,
}))

export const concludeCompleted = as('conclude', ({ context, event }: Args) => ({
  type: 'checkpoint.completed',
  checkpointId: context.id,
  kind: context.kind,
  coversEnd: coversEnd(context),
  at: event.at,
}))

export const concludeAborted = as('conclude', (args: Args) => ({
  type: 'checkpoint.aborted',
  checkpointId: args.context.id,
  kind: args.context.kind,
  removed: args.event.type === 'storage.cleaned',
  at: args.event.at,
  ...whyNot(args),
}))

export const report = (what: string) => as('report', ({ event }: Args) => ({ what, event: event.type }))

// Why a checkpoint is given up, one sentence each, by the event that ends it.

const because = <A extends Args>(params: (args: A) => Abortion) => ({ type: 'giveUp', params }) as const
const named = ({ id, kind }: PendingCheckpoint) => `${kind === 'checkpoint' ? 'Checkpoint' : 'Savepoint'} ${id}`

export const expired = because(({ context }: Args) =>
  abortion(
    'CHECKPOINT_EXPIRED',
    `${named(context)} expired: after ${context.timeoutMs} ms, no acknowledgement from ${missing(context).join(', ')}.`,
  ),
)

export const declined = because(({ context, event }: On<'subtask.declined'>) =>
  abortion(event.reason, `${named(context)} was declined by ${event.subtask}: ${event.message}`),
)

export const left = because(({ context, event }: On<'subtask.finished'>) =>
  abortion(
    'CHECKPOINT_DECLINED_TASK_CLOSING',
    `${named(context)} cannot complete: ${event.subtask} finished without acknowledging it.`,
  ),
)

export const subsumed = because(({ context }: Args) =>
  abortion('CHECKPOINT_SUBSUMED', `${named(context)} is of no use any more: a newer one is complete.`),
)

export const suspended = because(({ context, event }: On<'job.stopping'>) =>
  abortion(
    'CHECKPOINT_COORDINATOR_SUSPEND',
    `${named(context)} was given up, the job stopped running: ${event.message}`,
  ),
)

export const taskFailed = because(({ context, event }: On<'job.stopping'>) =>
  abortion('TASK_FAILURE', `${named(context)} was given up, ${event.failedSubtask} failed: ${event.message}`),
)

export const shutDown = because(({ context }: Args) =>
  abortion('CHECKPOINT_COORDINATOR_SHUTDOWN', `${named(context)} was given up: the job has ended.`),
)

export const notStored = because(({ context, event }: On<'manifest.failed'>) =>
  abortion('FINALIZE_CHECKPOINT_FAILURE', `${named(context)} could not be stored: ${event.message}`, event.code),
)

export const notPublished = because(({ context, event }: On<'savepoint.failed'>) =>
  abortion('FINALIZE_CHECKPOINT_FAILURE', `${named(context)} could not be published: ${event.message}`, event.code),
)

const keptByPin = 'the pin of the savepoint was not taken back and keeps them.'

export const notWithdrawn = because(({ context, event }: On<'storage.cleaned'>) =>
  abortion(
    'FINALIZE_CHECKPOINT_FAILURE',
    `${whyNot({ context, event }).message} Its files could not be removed either: ${event.failed ?? keptByPin}`,
    'SAVEPOINT_NOT_WITHDRAWN',
  ),
)
