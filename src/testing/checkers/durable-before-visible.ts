/**
 * S6. Nobody hears of what is not durable: an acknowledgement follows the bytes of its snapshot, a manifest follows the
 * bytes of all snapshots that it names, and completion (told to subtasks, to the person who asked, or announced)
 * follows the manifest and, for any savepoint, its pointer.
 *
 * Remembers snapshots that are being written, and pending checkpoints without manifest or pointer.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, noAttempt, put, withItem, without, withoutItem } from './memory.ts'

interface Memory {
  readonly attempt: number
  /** By subtask: checkpoints whose snapshot was taken and is neither durable nor given up. */
  readonly writing: ByName<readonly number[]>
  readonly unstored: readonly number[]
  readonly unpublished: readonly number[]
}

const none: Memory = { attempt: noAttempt, writing: {}, unstored: [], unpublished: [] }

const withWriting = (memory: Memory, subtask: string, ids: readonly number[]): Memory => {
  const writing = ids.length > 0 ? put(memory.writing, subtask, ids) : without(memory.writing, subtask)
  return writing === memory.writing ? memory : { ...memory, writing }
}

function settle(memory: Memory, fact: FactOf<'snapshot.durable' | 'snapshot.discarded'>): Memory {
  if (fact.attempt !== memory.attempt) return memory
  const ids = memory.writing[fact.subtask] ?? []
  return ids.includes(fact.checkpointId)
    ? withWriting(memory, fact.subtask, withoutItem(ids, fact.checkpointId))
    : memory
}

function storeManifest(memory: Memory, { checkpointId: id }: FactOf<'manifest.stored'>) {
  const writer = Object.keys(memory.writing).find((subtask) => memory.writing[subtask]!.includes(id))
  if (writer !== undefined) {
    return violation(`The manifest of checkpoint ${id} was stored before the snapshot of ${writer} was durable.`)
  }
  const unstored = withoutItem(memory.unstored, id)
  return unstored === memory.unstored ? memory : { ...memory, unstored }
}

const over = (memory: Memory, { checkpointId: id }: { readonly checkpointId: number }): Memory => ({
  ...memory,
  unstored: withoutItem(memory.unstored, id),
  unpublished: withoutItem(memory.unpublished, id),
})

function see(memory: Memory, id: number | undefined, how: string) {
  if (id === undefined) return memory
  if (memory.unstored.includes(id)) return violation(`Checkpoint ${id} was ${how} before its manifest was stored.`)
  if (memory.unpublished.includes(id)) return violation(`Savepoint ${id} was ${how} before it was published.`)
  return memory
}

function publish(memory: Memory, { checkpointId }: FactOf<'savepoint.published' | 'savepoint.sealed'>) {
  if (memory.unstored.includes(checkpointId)) return see(memory, checkpointId, 'published')
  const unpublished = withoutItem(memory.unpublished, checkpointId)
  return unpublished === memory.unpublished ? memory : { ...memory, unpublished }
}

export const durableBeforeVisible = defineChecker<Memory>({
  name: 'S6',
  title: 'Nothing is acknowledged, stored by name or told complete before what it stands for is durable.',
  initial: none,
  on: {
    'process.died': () => none,
    'attempt.began': (memory, { attempt }) => ({ ...memory, attempt, writing: {} }),
    'snapshot.taken': (memory, { attempt, subtask, checkpointId }) =>
      attempt === memory.attempt
        ? withWriting(memory, subtask, withItem(memory.writing[subtask] ?? [], checkpointId))
        : memory,
    'snapshot.durable': settle,
    'snapshot.discarded': settle,
    'subtask.over': (memory, { attempt, subtask, how }) =>
      attempt === memory.attempt && how !== 'finished' ? withWriting(memory, subtask, []) : memory,
    acknowledged: (memory, { attempt, subtask, checkpointId }) =>
      attempt === memory.attempt && memory.writing[subtask]?.includes(checkpointId)
        ? violation(`${subtask} acknowledged checkpoint ${checkpointId} before its snapshot was durable.`)
        : memory,
    triggered: (memory, { checkpointId, kind }) => ({
      ...memory,
      unstored: withItem(memory.unstored, checkpointId),
      unpublished: kind === 'checkpoint' ? memory.unpublished : withItem(memory.unpublished, checkpointId),
    }),
    'manifest.stored': storeManifest,
    'savepoint.published': publish,
    'savepoint.sealed': publish,
    'completion.told': (memory, { checkpointId }) => see(memory, checkpointId, 'told complete'),
    'completion.heard': (memory, { checkpointId }) => see(memory, checkpointId, 'heard to be complete'),
    completed: (memory, { checkpointId }) => see(memory, checkpointId, 'completed'),
    'savepoint.answered': (memory, { checkpointId }) => see(memory, checkpointId, 'given to the person who asked'),
    aborted: over,
  },
})
