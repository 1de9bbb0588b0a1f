/**
 * What the coordinator knows, as a value, and the pure steps on it. No condition about states stands here: which of
 * these is taken when is the chart's matter.
 */
import { type Alignment, isSavepoint, type SnapshotKind, usualTarget } from '../../core/elements.ts'
import { assert } from '../../core/errors.ts'
import { type CheckpointId, nextCheckpointId, type SubtaskId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import { planCheckpoint, runningSubtasks, runs, withFinished } from './checkpoint-plan.ts'
import { type FailureCounter, isIntolerable, noFailures, withFailure, withSuccess } from './failure-counter.ts'
import type { Conclusion, PendingInput } from './inner-protocol.ts'
import { canBeSubsumed, countsAsCompleted } from './pending-checkpoint.ts'
import type { CoordinatorConfig, CoordinatorEvent, TaskPlan } from './protocol.ts'
import { admit, type CheckpointRequest, type Decision, decide, enqueue, yielding } from './request-decider.ts'
import { retain } from './retention.ts'

export interface CoordinatorInput {
  readonly config: CoordinatorConfig
  readonly restored: { readonly lastId: CheckpointId | 0; readonly completed: readonly CheckpointId[] }
}

export interface CoordinatorContext {
  readonly config: CoordinatorConfig
  readonly lastId: CheckpointId | 0
  /** Restore points that retention keeps, oldest first. */
  readonly completed: readonly CheckpointId[]
  /** What the last completion made superfluous. */
  readonly retired: readonly CheckpointId[]
  readonly attempt: number
  readonly plan: TaskPlan
  /** Running subtasks that have processed all their data, in the order of the plan. */
  readonly ended: readonly SubtaskId[]
  readonly queue: readonly CheckpointRequest[]
  readonly inFlight: readonly {
    readonly id: CheckpointId
    readonly kind: PendingInput['kind']
    /** Triggered when every running subtask had ended: if it completes, all may finish. */
    readonly final: boolean
  }[]
  /** Checkpoints whose files are being removed. */
  readonly cleaning: readonly CheckpointId[]
  /** Of a checkpoint or stop-savepoint: the pause is one between restore points, which no plain savepoint prolongs. */
  readonly lastCompletionAt: number | undefined
  readonly failures: FailureCounter
  /** The delay of the next periodic trigger. */
  readonly nextTriggerMs: number
}

type Of<Type extends CoordinatorEvent['type']> = Extract<CoordinatorEvent, { readonly type: Type }>
type Completed = Extract<Conclusion, { readonly type: 'checkpoint.completed' }>
type Aborted = Extract<Conclusion, { readonly type: 'checkpoint.aborted' }>

export const initialContext = ({ config, restored }: CoordinatorInput): CoordinatorContext => ({
  config,
  lastId: restored.lastId,
  completed: [...restored.completed].sort((a, b) => a - b),
  retired: [],
  attempt: 0,
  plan: { tasks: [] },
  ended: [],
  queue: [],
  inFlight: [],
  cleaning: [],
  lastCompletionAt: undefined,
  failures: noFailures,
  nextTriggerMs: 0,
})

/** Checkpoints are never closer together than the pause, even if the interval is shorter. */
export const effectiveIntervalMs = ({ intervalMs = 0, minPauseMs }: CoordinatorConfig): number =>
  Math.max(intervalMs, minPauseMs)

export function adoptAttempt(context: CoordinatorContext, event: Of<'job.running'>): CoordinatorContext {
  const { minPauseMs } = context.config
  const nextTriggerMs = minPauseMs + Math.floor(event.random * (effectiveIntervalMs(context.config) - minPauseMs))
  return { ...context, attempt: event.attempt, plan: event.plan, ended: [], nextTriggerMs }
}

const allEnded = ({ plan, ended }: CoordinatorContext): boolean =>
  ended.length > 0 && runningSubtasks(plan).every((subtask) => ended.includes(subtask))

/** Do subtasks at the end of their data wait for a checkpoint at all? */
const waitForFinal = ({ config }: CoordinatorContext): boolean =>
  config.afterTasksFinish && config.intervalMs !== undefined

/** Does this say something new about a subtask that runs in this attempt? */
export const isCurrent = (context: CoordinatorContext, event: Of<'subtask.ended' | 'subtask.finished'>): boolean =>
  event.attempt === context.attempt &&
  runs(context.plan, event.subtask) &&
  !(event.type === 'subtask.ended' && context.ended.includes(event.subtask))

export const withEnded = (context: CoordinatorContext, subtask: SubtaskId): CoordinatorContext => ({
  ...context,
  ended: runningSubtasks(context.plan).filter((other) => other === subtask || context.ended.includes(other)),
})

export const withTaskFinished = (context: CoordinatorContext, subtask: SubtaskId): CoordinatorContext => ({
  ...context,
  plan: withFinished(context.plan, subtask),
  ended: context.ended.filter((other) => other !== subtask),
})

/** Does this make a final checkpoint due: is it the one after which all running subtasks have ended? */
export function endsLast(context: CoordinatorContext, event: Of<'subtask.ended' | 'subtask.finished'>): boolean {
  const after =
    event.type === 'subtask.ended' ? withEnded(context, event.subtask) : withTaskFinished(context, event.subtask)
  return waitForFinal(context) && allEnded(after) && !allEnded(context) && !finalUnderWay(context)
}

const finalUnderWay = ({ inFlight, queue }: CoordinatorContext): boolean =>
  inFlight.some(({ final }) => final) || queue.some(({ origin }) => origin === 'final')

export const withRequest = (context: CoordinatorContext, event: Of<'checkpoint.requested'>): CoordinatorContext => ({
  ...context,
  queue: admitted(context, event) ?? context.queue,
})

export const admitted = ({ queue, config }: CoordinatorContext, event: Of<'checkpoint.requested'>) =>
  admit(queue, requestOf(event), config.queueMax)

/** The periodic request that loses its place in the queue to a person's. */
export const evicted = ({ queue, config }: CoordinatorContext): CheckpointRequest | undefined =>
  yielding(queue, config.queueMax)

export const requestOf = ({ requestId, kind, target, at }: Of<'checkpoint.requested'>): CheckpointRequest => ({
  requestId,
  kind,
  target,
  origin: 'manual',
  at,
})

export const ownRequest = (origin: 'periodic' | 'final', at: number): CheckpointRequest => ({
  requestId: undefined,
  kind: 'checkpoint',
  target: usualTarget,
  origin,
  at,
})

export function withOwnRequest(
  context: CoordinatorContext,
  origin: 'periodic' | 'final',
  at: number,
): CoordinatorContext {
  if (context.queue.some((request) => request.origin === origin)) return context
  return { ...context, queue: enqueue(context.queue, ownRequest(origin, at)) }
}

/** At most one request of the timer waits: a burst of checkpoints after a slow one would help nobody. */
export const periodicHasRoom = ({ queue, config }: CoordinatorContext): boolean =>
  queue.length < config.queueMax && !queue.some(({ origin }) => origin === 'periodic')

export const decision = (context: CoordinatorContext, now: number): Decision =>
  decide({
    queue: context.queue,
    pendingCheckpoints: context.inFlight.filter(({ kind }) => !isSavepoint(kind)).length,
    pendingSavepoints: context.inFlight.filter(({ kind }) => isSavepoint(kind)).length,
    maxConcurrent: context.config.maxConcurrent,
    savepointsMax: context.config.savepointsMax,
    sharedRoom: context.config.unaligned !== undefined,
    cleaning: context.cleaning.length,
    minPauseMs: context.config.minPauseMs,
    now,
    lastCompletionAt: context.lastCompletionAt,
    tasksAllow: planCheckpoint(context.plan, context.config.afterTasksFinish) !== undefined,
  })

/** The request that is to start, to be refused or to be dropped now. To be asked only when the decision is not to wait. */
export function nextRequest(context: CoordinatorContext, now: number): CheckpointRequest {
  const next = decision(context, now)
  assert(next.type !== 'wait', 'a request is taken only when one is due')
  return next.request
}

export const withoutNext = (context: CoordinatorContext, now: number): CoordinatorContext => {
  const next = nextRequest(context, now)
  return { ...context, queue: context.queue.filter((request) => request !== next) }
}

/** The next request becomes a pending checkpoint. */
export function withNextBegun(context: CoordinatorContext, now: number): CoordinatorContext {
  const id = nextCheckpointId(context.lastId)
  const { kind } = nextRequest(context, now)
  const begun = { id, kind, final: allEnded(context) && countsAsCompleted(kind) }
  return { ...withoutNext(context, now), lastId: id, inFlight: [...context.inFlight, begun] }
}

/** What the checkpoint that `withNextBegun` would begin starts with. */
export function nextAsPending(context: CoordinatorContext, now: number): PendingInput {
  const { requestId, target, kind, origin } = nextRequest(context, now)
  const { attempt, config } = context
  return {
    id: nextCheckpointId(context.lastId),
    kind,
    alignment: alignmentOf(config, kind),
    periodic: origin === 'periodic',
    timestamp: now,
    attempt,
    requestId,
    target,
    timeoutMs: config.timeoutMs,
    plan: planCheckpoint(context.plan, config.afterTasksFinish)!,
  }
}

/** The barriers of a savepoint overtake nothing: it holds no records that were on their way. */
function alignmentOf({ unaligned }: CoordinatorConfig, kind: SnapshotKind): Alignment | undefined {
  if (unaligned === undefined || isSavepoint(kind)) return undefined
  const { alignedTimeoutMs = 0 } = unaligned
  return alignedTimeoutMs === 0 ? { type: 'unaligned' } : { type: 'aligned-with-timeout', timeoutMs: alignedTimeoutMs }
}

export function withCompleted(context: CoordinatorContext, event: Completed): CoordinatorContext {
  const { checkpointId: id, kind, at } = event
  const kept = countsAsCompleted(kind)
    ? retain(context.completed, id, context.config.retained)
    : { kept: context.completed, retired: [] }
  return {
    ...context,
    completed: kept.kept,
    retired: kept.retired,
    // A plain savepoint lets its checkpoint go as soon as its pointer, which pins it, is published.
    cleaning: [...context.cleaning, ...kept.retired, ...(countsAsCompleted(kind) ? [] : [id])],
    inFlight: context.inFlight.filter((other) => other.id !== id),
    lastCompletionAt: countsAsCompleted(kind) ? at : context.lastCompletionAt,
    failures: isSavepoint(kind) ? context.failures : withSuccess(context.failures, id),
  }
}

export const withAborted = (context: CoordinatorContext, event: Aborted): CoordinatorContext => ({
  ...context,
  cleaning: event.removed ? context.cleaning : [...context.cleaning, event.checkpointId],
  inFlight: context.inFlight.filter((other) => other.id !== event.checkpointId),
  failures: withFailure(context.failures, event.checkpointId, event.reason, event.kind),
})

export const withCleaned = (context: CoordinatorContext, event: Of<'storage.cleaned'>): CoordinatorContext => ({
  ...context,
  cleaning: context.cleaning.filter((id) => !event.checkpointIds.includes(id)),
})

export const isBeingCleaned = ({ cleaning }: CoordinatorContext, event: Of<'storage.cleaned'>): boolean =>
  event.checkpointIds.some((id) => cleaning.includes(id))

/** Pending checkpoints that the completion of `event` makes useless. */
export const subsumedBy = (context: CoordinatorContext, event: Completed): readonly CheckpointId[] =>
  countsAsCompleted(event.kind)
    ? context.inFlight.filter(({ id, kind }) => id < event.checkpointId && canBeSubsumed(kind)).map(({ id }) => id)
    : []

/**
 * What the end of an aborted checkpoint means for the job. `left`: a stop-savepoint failed and its manifest could not be
 * removed, so that only the next process finds out what there is to go on from. `drained`: sources were told to end for good, so there is no
 * way back. `fenced`: another process owns the job's storage. `exceeded`: too many failures in a row. `final`: subtasks
 * at their end still wait for a checkpoint.
 */
export type AbortVerdict = 'left' | 'drained' | 'fenced' | 'exceeded' | 'final' | 'tolerable'

export function verdict(context: CoordinatorContext, event: Aborted): AbortVerdict {
  if (event.code === 'LEASE_LOST') return 'fenced'
  if (event.code === 'SAVEPOINT_NOT_WITHDRAWN') return 'left'
  if (event.kind === 'stop-drain') return 'drained'
  const after = withAborted(context, event)
  if (after.failures !== context.failures && isIntolerable(after.failures, context.config.tolerableFailures)) {
    return 'exceeded'
  }
  return waitForFinal(after) && allEnded(after) && !finalUnderWay(after) ? 'final' : 'tolerable'
}

/** May the job not restart within this process when it fails with this code? */
export const isForGood = (code: string): boolean => code === 'LEASE_LOST' || code === 'SAVEPOINT_NOT_WITHDRAWN'

/** The delay after which a checkpoint is tried again when the one that all subtasks wait for has failed. */
export const retryMs = (context: CoordinatorContext): number =>
  waitForFinal(context) && allEnded(context)
    ? Math.min(effectiveIntervalMs(context.config), limits.finalCheckpointRetryMs)
    : effectiveIntervalMs(context.config)
