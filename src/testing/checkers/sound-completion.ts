/**
 * S5. A checkpoint completes only when each participant has acknowledged it in its attempt; it ends once, completed or
 * aborted, and only what is complete is told complete. Repeated, late and foreign acknowledgements count for nothing.
 *
 * Remembers, for each pending checkpoint, who has not acknowledged; and the last one that completed.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { keep, sorted, withoutItem } from './memory.ts'

interface Pending {
  readonly id: number
  readonly attempt: number
  readonly waiting: readonly string[]
}

interface Memory {
  readonly pending: readonly Pending[]
  /** The newest that completed, of those that subtasks are told of. */
  readonly last: number
}

const pendingOf = (memory: Memory, id: number): Pending | undefined => memory.pending.find((one) => one.id === id)

function hear(memory: Memory, { attempt, subtask, checkpointId: id }: FactOf<'acknowledgement.heard'>): Memory {
  const one = pendingOf(memory, id)
  if (one === undefined || one.attempt !== attempt) return memory
  const waiting = withoutItem(one.waiting, subtask)
  if (waiting === one.waiting) return memory
  return { ...memory, pending: memory.pending.map((other) => (other === one ? { ...one, waiting } : other)) }
}

/** What is wrong with treating this checkpoint as complete. */
function unfit(memory: Memory, id: number): string | undefined {
  const one = pendingOf(memory, id)
  if (one === undefined) return 'it is not pending: it never was, or it is over'
  if (one.waiting.length === 0) return undefined
  return `no acknowledgement of attempt ${one.attempt} from ${one.waiting.join(', ')}`
}

function end(memory: Memory, id: number, completes: boolean): Memory {
  const last = completes ? Math.max(memory.last, id) : memory.last
  return { last, pending: keep(memory.pending, (one) => one.id !== id) }
}

export const soundCompletion = defineChecker<Memory>({
  name: 'S5',
  title: 'A checkpoint completes with every acknowledgement of its attempt, and ends once.',
  initial: { pending: [], last: 0 },
  on: {
    'process.died': (memory) => (memory.pending.length === 0 ? memory : { ...memory, pending: [] }),
    triggered: (memory, { checkpointId: id, attempt, participants }) => ({
      ...memory,
      pending: [...keep(memory.pending, (one) => one.id !== id), { id, attempt, waiting: sorted(participants) }],
    }),
    'acknowledgement.heard': hear,
    'manifest.ordered': (memory, { checkpointId: id }) => {
      const why = unfit(memory, id)
      return why === undefined ? memory : violation(`The manifest of checkpoint ${id} was ordered, but ${why}.`)
    },
    completed: (memory, { checkpointId: id, kind }) => {
      const why = unfit(memory, id)
      return why === undefined
        ? end(memory, id, kind !== 'savepoint')
        : violation(`Checkpoint ${id} completed, but ${why}.`)
    },
    'completion.told': (memory, { checkpointId: id }) => {
      const why = id === memory.last ? undefined : unfit(memory, id)
      return why === undefined ? memory : violation(`Subtasks were told that ${id} is complete, but ${why}.`)
    },
    aborted: (memory, { checkpointId: id }) =>
      pendingOf(memory, id) === undefined
        ? violation(`Checkpoint ${id} was aborted, but it is not pending: it never was, or it is over.`)
        : end(memory, id, false),
  },
})
