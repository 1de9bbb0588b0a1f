/**
 * Given the waiting requests and what is going on: start this one, drop this one, refuse this one, or wait.
 *
 * Pure; the queue belongs to the coordinator's context. Requests are served savepoints first, then those of a person
 * (or of the end of all data) before periodic ones, then by age. Only a periodic request waits for the pause, by being
 * dropped.
 *
 * Checkpoints and savepoints have room of their own, and the first request that has room starts. So neither kind can
 * keep the other waiting: pending savepoints take no place from checkpoints, and a savepoint that waits for a place lets
 * the checkpoints behind it pass. Flink counts savepoints among the pending checkpoints: there, clients that always ask
 * for another savepoint keep a job from ever taking a checkpoint again. With unaligned checkpoints it is so here, too
 * (`sharedRoom`): the barriers of a savepoint, which are aligned, must not be overtaken by those of a checkpoint.
 *
 * Nothing starts while more checkpoints than may be pending are still being removed: a storage that is slow to delete
 * would otherwise fill up.
 */
import { isSavepoint, type SavepointTarget, type SnapshotKind } from '../../core/elements.ts'

export interface CheckpointRequest {
  /** Undefined when nobody waits for an answer. */
  readonly requestId: string | undefined
  readonly kind: SnapshotKind
  readonly target: SavepointTarget
  readonly origin: 'manual' | 'periodic' | 'final'
  readonly at: number
}

function precedes(a: CheckpointRequest, b: CheckpointRequest): boolean {
  const rank = (request: CheckpointRequest) => (isSavepoint(request.kind) ? 0 : request.origin === 'periodic' ? 2 : 1)
  return rank(a) !== rank(b) ? rank(a) < rank(b) : a.at < b.at
}

/** Puts a request at its place. The queue stays sorted; equal requests keep the order in which they came. */
export function enqueue(queue: readonly CheckpointRequest[], request: CheckpointRequest): CheckpointRequest[] {
  const place = queue.findIndex((other) => precedes(request, other))
  return queue.toSpliced(place === -1 ? queue.length : place, 0, request)
}

/**
 * The queue with one more request, or undefined when there is no room. A full queue makes room by letting its last
 * request go if that is a periodic one (which may be the newcomer), for which nobody waits.
 */
export function admit(
  queue: readonly CheckpointRequest[],
  request: CheckpointRequest,
  queueMax: number,
): readonly CheckpointRequest[] | undefined {
  if (queue.length < queueMax) return enqueue(queue, request)
  return yielding(queue, queueMax) === undefined ? undefined : enqueue(queue, request).slice(0, -1)
}

/** The request that gives its place in a full queue to one that goes before it. */
export function yielding(queue: readonly CheckpointRequest[], queueMax: number): CheckpointRequest | undefined {
  const last = queue.at(-1)
  return queue.length >= queueMax && last?.origin === 'periodic' ? last : undefined
}

export interface Situation {
  readonly queue: readonly CheckpointRequest[]
  readonly pendingCheckpoints: number
  readonly pendingSavepoints: number
  readonly maxConcurrent: number
  readonly savepointsMax: number
  /** Do savepoints take places of checkpoints? Otherwise they have room of their own. */
  readonly sharedRoom: boolean
  /** Checkpoints whose files are being removed. */
  readonly cleaning: number
  readonly minPauseMs: number
  readonly now: number
  readonly lastCompletionAt: number | undefined
  /** Do the tasks allow a checkpoint: all run, or those that do not have finished and that is allowed? */
  readonly tasksAllow: boolean
}

export type Decision =
  | { readonly type: 'wait' }
  | { readonly type: 'start' | 'refuse'; readonly request: CheckpointRequest }
  /** A periodic request inside the pause: dropped, and asked again after the rest of the pause. */
  | { readonly type: 'too-soon'; readonly request: CheckpointRequest; readonly remainingMs: number }

export function decide(situation: Situation): Decision {
  if (situation.cleaning > situation.maxConcurrent) return { type: 'wait' }
  const request = situation.queue.find((one) => hasRoom(situation, one))
  if (request === undefined) return { type: 'wait' }
  if (request.origin === 'periodic' && situation.lastCompletionAt !== undefined) {
    const remainingMs = situation.lastCompletionAt + situation.minPauseMs - situation.now
    if (remainingMs > 0) return { type: 'too-soon', request, remainingMs }
  }
  return { type: situation.tasksAllow ? 'start' : 'refuse', request }
}

function hasRoom(situation: Situation, { kind }: CheckpointRequest): boolean {
  const { pendingCheckpoints, pendingSavepoints, maxConcurrent, savepointsMax, sharedRoom } = situation
  if (sharedRoom) return pendingCheckpoints + pendingSavepoints < maxConcurrent
  return isSavepoint(kind) ? pendingSavepoints < savepointsMax : pendingCheckpoints < maxConcurrent
}
