/**
 * S3. While a subtask aligns a checkpoint, no record is taken from an input whose barrier has come. An alignment ends with
 * the snapshot, with a decline or an abort of the checkpoint, with the barrier of a newer one, or with the subtask; that
 * inputs were opened is no excuse. At-least-once does not block, so there nothing is checked; a barrier that overtakes
 * aligns nothing.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, keep, noAttempt, put, withItem, without } from './memory.ts'
import { noPlan, type RunPlan, runPlan } from './run-plan.ts'

interface Alignment {
  /** Checkpoints up to this one are over for the subtask. */
  readonly upTo: number
  /** Newer ones that are over all the same. */
  readonly over: readonly number[]
  readonly aligning: { readonly id: number; readonly arrived: readonly string[] } | null
}

interface Memory {
  readonly plan: RunPlan
  readonly exactlyOnce: boolean
  readonly attempt: number
  readonly subtasks: ByName<Alignment>
}

const nothing: Alignment = { upTo: 0, over: [], aligning: null }
const none = { attempt: noAttempt, subtasks: {} } as const

const change = (memory: Memory, subtask: string, next: Alignment): Memory => ({
  ...memory,
  subtasks: put(memory.subtasks, subtask, next),
})

function consumeBarrier(memory: Memory, { attempt, channel, checkpointId: id, overtakes }: FactOf<'barrier.consumed'>) {
  const subtask = memory.plan.to[channel]
  if (!memory.exactlyOnce || attempt !== memory.attempt || overtakes || subtask === undefined) return memory
  const state = memory.subtasks[subtask] ?? nothing
  if (id <= state.upTo || state.over.includes(id)) return memory
  if (state.aligning === null) return change(memory, subtask, { ...state, aligning: { id, arrived: [channel] } })
  if (id < state.aligning.id) return memory
  if (id > state.aligning.id) {
    const over = withItem(state.over, state.aligning.id)
    return change(memory, subtask, { ...state, over, aligning: { id, arrived: [channel] } })
  }
  const arrived = withItem(state.aligning.arrived, channel)
  return change(memory, subtask, { ...state, aligning: { id, arrived } })
}

function consume(memory: Memory, { attempt, channel }: FactOf<'consumed'>) {
  const subtask = memory.plan.to[channel]
  if (attempt !== memory.attempt || subtask === undefined) return memory
  const aligning = memory.subtasks[subtask]?.aligning
  return aligning?.arrived.includes(channel)
    ? violation(
        `${subtask} took a record from ${channel}, which had delivered barrier ${aligning.id}, while aligning it.`,
      )
    : memory
}

function takeSnapshot(memory: Memory, { attempt, subtask, checkpointId: id }: FactOf<'snapshot.taken'>) {
  if (!memory.exactlyOnce || attempt !== memory.attempt) return memory
  const { upTo, over, aligning } = memory.subtasks[subtask] ?? nothing
  return change(memory, subtask, {
    upTo: Math.max(upTo, id),
    over: keep(over, (other) => other > id),
    aligning: aligning === null || aligning.id <= id ? null : aligning,
  })
}

function giveUp(memory: Memory, fact: FactOf<'declined' | 'abortion.heard'>) {
  const { attempt, subtask, checkpointId: id } = fact
  if (!memory.exactlyOnce || attempt !== memory.attempt) return memory
  const state = memory.subtasks[subtask] ?? nothing
  if (id <= state.upTo || state.over.includes(id)) return memory
  const aligning = state.aligning?.id === id ? null : state.aligning
  if (aligning !== null && aligning.id < id) {
    return change(memory, subtask, { ...state, over: withItem(state.over, id), aligning })
  }
  // Nothing older is aligned, so barriers of older ones align nothing any more.
  return change(memory, subtask, { upTo: id, over: keep(state.over, (other) => other > id), aligning })
}

export const alignmentBlocking = defineChecker<Memory>({
  name: 'S3',
  title: 'While a subtask aligns, an input that delivered the barrier gives no record.',
  initial: { plan: noPlan, exactlyOnce: true, ...none },
  on: {
    'run.began': (_, fact) => ({ plan: runPlan(fact), exactlyOnce: fact.mode === 'exactly-once', ...none }),
    'process.died': (memory) => ({ ...memory, ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt }),
    'barrier.consumed': consumeBarrier,
    consumed: consume,
    'snapshot.taken': takeSnapshot,
    declined: giveUp,
    'abortion.heard': giveUp,
    'subtask.over': (memory, { attempt, subtask }) =>
      attempt === memory.attempt && Object.hasOwn(memory.subtasks, subtask)
        ? { ...memory, subtasks: without(memory.subtasks, subtask) }
        : memory,
  },
})
