/**
 * Barriers that were put before what is queued: they stand at the head of the queue by their ids, none overtakes another,
 * and each says how many of the elements behind the last of them it has overtaken.
 */
import type { ModelElement } from './model-messages.ts'
import type { Queued } from './subtask-state.ts'

type Ahead = Extract<ModelElement, { type: 'barrier' }> & { readonly overtook: number }

const isAhead = (element: Queued | undefined): element is Ahead =>
  element?.type === 'barrier' && element.overtook !== undefined

/** How many barriers were put ahead. */
export function aheadIn(queue: readonly Queued[]): number {
  let count = 0
  while (isAhead(queue[count])) count++
  return count
}

/** The queue with one more barrier ahead. */
export function withAhead(queue: readonly Queued[], barrier: Ahead): readonly Queued[] {
  const newer = queue.findIndex((other) => isAhead(other) && other.checkpointId > barrier.checkpointId)
  return queue.toSpliced(newer >= 0 ? newer : aheadIn(queue), 0, barrier)
}

/** The queue in which the barrier of this checkpoint, if it waits there, is put ahead as an unaligned one. */
export function promoted(queue: readonly Queued[], checkpointId: number): readonly Queued[] {
  const place = queue.findIndex((one) => one.type === 'barrier' && one.checkpointId === checkpointId)
  const barrier = queue[place]
  if (barrier?.type !== 'barrier' || isAhead(barrier)) return queue
  const overtook = place - aheadIn(queue)
  // Of what the others had overtaken it is no longer a part.
  const left = queue
    .toSpliced(place, 1)
    .map((other) => (isAhead(other) && other.overtook > overtook ? { ...other, overtook: other.overtook - 1 } : other))
  return withAhead(left, { ...barrier, alignment: { type: 'unaligned' }, overtook })
}

/** What the barrier that is the head of the queue has overtaken. */
export const overtakenIn = (queue: readonly Queued[]): readonly Queued[] => {
  const first = aheadIn(queue)
  return isAhead(queue[0]) ? queue.slice(first, first + queue[0].overtook) : []
}
