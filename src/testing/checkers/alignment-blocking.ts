/**
 * S3. While a subtask aligns a checkpoint, no record is taken from an input whose barrier has come. An alignment ends with
 * the snapshot, with a decline or an abort of the checkpoint, with the barrier of a newer one, or with the subtask; that
 * inputs were opened is no excuse. At-least-once does not block, so there nothing is checked; a barrier that overtakes
 * aligns nothing.
 *
 * A checkpoint that is declined ends older ones, too, whose barriers are still to come. One that is aborted before any
 * of its barriers came does so only when the first of them comes: until then older ones are aligned as ever.
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
  if (id <= state.upTo) return memory
  if (state.over.includes(id)) {
    return state.aligning !== null && id < state.aligning.id ? memory : change(memory, subtask, upTo(state, id, null))
  }
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

/** This checkpoint and all older ones are over. */
const upTo = (state: Alignment, id: number, aligning: Alignment['aligning']): Alignment => ({
  upTo: Math.max(state.upTo, id),
  over: keep(state.over, (other) => other > id),
  aligning,
})

const alignedAfter = ({ aligning }: Alignment, id: number): Alignment['aligning'] =>
  aligning !== null && aligning.id > id ? aligning : null

function takeSnapshot(memory: Memory, { attempt, subtask, checkpointId: id }: FactOf<'snapshot.taken'>) {
  if (!memory.exactlyOnce || attempt !== memory.attempt) return memory
  const state = memory.subtasks[subtask] ?? nothing
  const aligning = alignedAfter(state, id)
  return id <= state.upTo && aligning === state.aligning ? memory : change(memory, subtask, upTo(state, id, aligning))
}

function decline(memory: Memory, { attempt, subtask, checkpointId: id }: FactOf<'declined'>) {
  const state = memory.subtasks[subtask] ?? nothing
  if (!memory.exactlyOnce || attempt !== memory.attempt || id <= state.upTo || state.over.includes(id)) return memory
  if (state.aligning !== null && state.aligning.id < id) {
    return change(memory, subtask, { ...state, over: withItem(state.over, id) })
  }
  return change(memory, subtask, upTo(state, id, alignedAfter(state, id)))
}

function hearAbortion(memory: Memory, { attempt, subtask, checkpointId: id }: FactOf<'abortion.heard'>) {
  const state = memory.subtasks[subtask] ?? nothing
  if (!memory.exactlyOnce || attempt !== memory.attempt || id <= state.upTo || state.over.includes(id)) return memory
  if (state.aligning?.id === id) return change(memory, subtask, upTo(state, id, null))
  return change(memory, subtask, { ...state, over: withItem(state.over, id) })
}

export const alignmentBlocking = defineChecker<Memory>({
  name: 'S3',
  title: 'While a subtask aligns, an input that delivered the barrier gives no record.',
  initial: { plan: noPlan, exactlyOnce: true, ...none },
  on: {
    'run.began': (_, fact) => ({ plan: runPlan(fact), exactlyOnce: fact.mode === 'exactly-once', ...none }),
    'run.rescaled': (memory, fact) => ({ ...memory, plan: runPlan(fact) }),
    'process.died': (memory) => ({ ...memory, ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt }),
    'barrier.consumed': consumeBarrier,
    consumed: consume,
    'snapshot.taken': takeSnapshot,
    declined: decline,
    'abortion.heard': hearAbortion,
    'subtask.over': (memory, { attempt, subtask }) =>
      attempt === memory.attempt && Object.hasOwn(memory.subtasks, subtask)
        ? { ...memory, subtasks: without(memory.subtasks, subtask) }
        : memory,
  },
})
