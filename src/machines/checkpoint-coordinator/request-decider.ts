/**
 * Given the waiting requests and what is going on: start this one, drop this one, refuse this one, or wait.
 *
 * Pure; the queue belongs to the coordinator's context. Requests are served savepoints first, then those of a person
 * (or of the end of all data) before periodic ones, then by age. A savepoint is *forced*: it starts whatever number of
 * checkpoints is pending, and no pause holds it up. Only a periodic request waits for the pause, by being dropped.
 */
import { isSavepoint, type SnapshotKind } from '../../core/elements.ts'

export interface CheckpointRequest {
  /** Undefined when nobody waits for an answer. */
  readonly requestId: string | undefined
  readonly kind: SnapshotKind
  readonly directory: string | undefined
  readonly origin: 'manual' | 'periodic' | 'final'
  readonly at: number
}

export const isForced = (request: CheckpointRequest): boolean => isSavepoint(request.kind)

function precedes(a: CheckpointRequest, b: CheckpointRequest): boolean {
  const rank = (request: CheckpointRequest) => (isForced(request) ? 0 : request.origin === 'periodic' ? 2 : 1)
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
  const full = queue.length >= queueMax
  if (full && queue.at(-1)?.origin !== 'periodic') return undefined
  const next = enqueue(queue, request)
  return full ? next.slice(0, -1) : next
}

export interface Situation {
  readonly queue: readonly CheckpointRequest[]
  readonly pending: number
  readonly maxConcurrent: number
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
  const [request] = situation.queue
  if (request === undefined) return { type: 'wait' }
  if (situation.pending >= situation.maxConcurrent && !isForced(request)) return { type: 'wait' }
  if (request.origin === 'periodic' && situation.lastCompletionAt !== undefined) {
    const remainingMs = situation.lastCompletionAt + situation.minPauseMs - situation.now
    if (remainingMs > 0) return { type: 'too-soon', request, remainingMs }
  }
  return { type: situation.tasksAllow ? 'start' : 'refuse', request }
}
