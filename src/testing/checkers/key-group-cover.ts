/**
 * S12. The key groups that the subtasks of an operator restore are disjoint and, once all subtasks run, cover all of them.
 * Operators without state tell nothing and owe nothing. A subtask that was over before it ran restores nothing, so then
 * only disjointness is checked.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { missingFrom, overlapping, type Range, withRange } from './item-ranges.ts'
import { type ByName, noAttempt, put, withoutItem } from './memory.ts'

interface Operator {
  readonly maxParallelism: number
  readonly groups: readonly Range[]
}

interface Memory {
  readonly subtasks: readonly string[]
  readonly attempt: number
  /** Who does not run yet. */
  readonly waiting: readonly string[]
  /** While not all run. */
  readonly operators: ByName<Operator>
  readonly partial: boolean
}

const none = { attempt: noAttempt, waiting: [], operators: {}, partial: false } as const

function restore(memory: Memory, fact: FactOf<'key-groups.restored'>) {
  const { attempt, operator, maxParallelism, first, last, subtask } = fact
  if (attempt !== memory.attempt) return memory
  const groups = memory.operators[operator]?.groups ?? []
  if (first < 0 || last >= maxParallelism || first > last) {
    return violation(`${subtask} restored key groups ${first} to ${last} of ${operator}, which has ${maxParallelism}.`)
  }
  if (overlapping(groups, first, last) !== undefined) {
    return violation(
      `Key groups ${first} to ${last} of ${operator} were restored by ${subtask} and by another subtask.`,
    )
  }
  const next = { maxParallelism, groups: withRange(groups, first, last, 0) }
  return { ...memory, operators: put(memory.operators, operator, next) }
}

function begin(memory: Memory, { attempt, subtask }: FactOf<'subtask.began'>) {
  if (attempt !== memory.attempt || !memory.waiting.includes(subtask)) return memory
  const waiting = withoutItem(memory.waiting, subtask)
  if (waiting.length > 0) return { ...memory, waiting }
  for (const [operator, { maxParallelism, groups }] of Object.entries(memory.partial ? {} : memory.operators)) {
    const [lost] = missingFrom(groups, 0, maxParallelism - 1)
    if (lost !== undefined) return violation(`Nobody restored key groups ${lost[0]} to ${lost[1]} of ${operator}.`)
  }
  return { ...memory, waiting, operators: {} }
}

export const keyGroupCover = defineChecker<Memory>({
  name: 'S12',
  title: 'Restored key groups are disjoint and cover all.',
  initial: { subtasks: [], ...none },
  on: {
    'run.began': (_, { subtasks }) => ({ subtasks: [...subtasks].sort(), ...none }),
    'run.rescaled': (_, { subtasks }) => ({ subtasks: [...subtasks].sort(), ...none }),
    'process.died': (memory) => ({ ...memory, ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt, waiting: memory.subtasks }),
    'key-groups.restored': restore,
    'subtask.began': begin,
    'subtask.over': (memory, { attempt, subtask }) =>
      attempt === memory.attempt && memory.waiting.includes(subtask)
        ? { ...memory, waiting: withoutItem(memory.waiting, subtask), partial: true }
        : memory,
  },
})
