/**
 * S4. A subtask takes the snapshot of a checkpoint at most once in an attempt, ids rising; then exactly one barrier goes
 * out on each of its outputs, before it takes anything else in; it acknowledges nothing that it has not snapshotted.
 *
 * Remembers the last snapshot of each subtask and, only within a step, the outputs that still miss its barrier.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, noAttempt, put, without, withoutItem } from './memory.ts'
import { noPlan, outputsOf, type RunPlan, runPlan } from './run-plan.ts'

interface Memory {
  readonly plan: RunPlan
  readonly attempt: number
  readonly taken: ByName<number>
  /** Outputs on which the barrier of the last snapshot is still to be sent. */
  readonly owed: ByName<readonly string[]>
}

const none = { attempt: noAttempt, taken: {}, owed: {} } as const

function takeSnapshot(memory: Memory, { attempt, subtask, checkpointId: id }: FactOf<'snapshot.taken'>) {
  if (attempt !== memory.attempt) return memory
  const last = memory.taken[subtask] ?? 0
  if (id === last) return violation(`${subtask} took a second snapshot of checkpoint ${id} in attempt ${attempt}.`)
  if (id < last) return violation(`${subtask} took a snapshot of checkpoint ${id} after that of ${last}.`)
  const owed = memory.owed[subtask]
  if (owed !== undefined)
    return violation(`${subtask} took snapshot ${id}, but barrier ${last} is not on ${owed.join()}.`)
  const outputs = outputsOf(memory.plan, subtask)
  return {
    ...memory,
    taken: put(memory.taken, subtask, id),
    owed: outputs.length > 0 ? put(memory.owed, subtask, outputs) : memory.owed,
  }
}

function sendBarrier(memory: Memory, { attempt, channel, checkpointId: id }: FactOf<'barrier.sent'>) {
  const subtask = memory.plan.from[channel]
  if (attempt !== memory.attempt || subtask === undefined) return memory
  if (memory.taken[subtask] !== id) {
    return violation(`Barrier ${id} was sent on ${channel} before ${subtask} took that snapshot.`)
  }
  const owed = memory.owed[subtask] ?? []
  if (!owed.includes(channel)) return violation(`Barrier ${id} was sent on ${channel} twice.`)
  const rest = withoutItem(owed, channel)
  return { ...memory, owed: rest.length > 0 ? put(memory.owed, subtask, rest) : without(memory.owed, subtask) }
}

function owing(memory: Memory, subtask: string | undefined, what: string) {
  const owed = subtask === undefined ? undefined : memory.owed[subtask]
  return owed === undefined
    ? memory
    : violation(
        `${subtask} ${what} after snapshot ${memory.taken[subtask!]}, but its barrier is not on ${owed.join()}.`,
      )
}

function acknowledge(memory: Memory, { attempt, subtask, checkpointId: id }: FactOf<'acknowledged'>) {
  if (attempt !== memory.attempt) return memory
  if (id > (memory.taken[subtask] ?? 0)) {
    return violation(`${subtask} acknowledged checkpoint ${id} without having taken its snapshot.`)
  }
  return owing(memory, subtask, 'acknowledged')
}

export const singleSnapshot = defineChecker<Memory>({
  name: 'S4',
  title: 'A subtask takes one snapshot per checkpoint and attempt, then sends one barrier on each output.',
  initial: { plan: noPlan, ...none },
  on: {
    'run.began': (_, fact) => ({ plan: runPlan(fact), ...none }),
    'run.rescaled': (memory, fact) => ({ ...memory, plan: runPlan(fact) }),
    'process.died': (memory) => ({ ...memory, ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt }),
    'snapshot.taken': takeSnapshot,
    'barrier.sent': sendBarrier,
    acknowledged: acknowledge,
    consumed: (memory, { attempt, channel }) =>
      attempt === memory.attempt ? owing(memory, memory.plan.to[channel], 'took a record') : memory,
    'source.emitted': (memory, { attempt, subtask }) =>
      attempt === memory.attempt ? owing(memory, subtask, 'emitted records') : memory,
    'subtask.over': (memory, { attempt, subtask }) =>
      attempt === memory.attempt && Object.hasOwn(memory.taken, subtask)
        ? { ...memory, taken: without(memory.taken, subtask), owed: without(memory.owed, subtask) }
        : memory,
  },
})
