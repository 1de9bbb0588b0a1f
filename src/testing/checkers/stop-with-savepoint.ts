/**
 * S15. After the snapshot of a stop-savepoint a source emits nothing more, unless that is declined or aborted. A drain covers
 * the end of the data and brings the last watermark before it; a suspension does neither. The job does not
 * finish while the savepoint is pending.
 *
 * Remembers pending stop-savepoints, who is silent, and who has sent the last watermark.
 */
import { maxWatermark } from '../../core/elements.ts'
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { noAttempt, withItem, withoutItem } from './memory.ts'
import { noPlan, outputsOf, type RunPlan, runPlan } from './run-plan.ts'

interface Memory {
  readonly plan: RunPlan
  readonly attempt: number
  readonly pending: readonly number[]
  readonly silent: readonly string[]
  /** Subtasks that have sent the last watermark. Runs that tell no watermarks at all are not asked for it. */
  readonly flushed: readonly string[]
  readonly tellsWatermarks: boolean
}

const none = { attempt: noAttempt, silent: [], flushed: [] } as const

function takeSnapshot(memory: Memory, { attempt, subtask, kind, ended, checkpointId: id }: FactOf<'snapshot.taken'>) {
  if (attempt !== memory.attempt || (kind !== 'stop-suspend' && kind !== 'stop-drain')) return memory
  const flushed = memory.flushed.includes(subtask)
  if (kind === 'stop-drain' && !ended) return violation(`${subtask} took drain ${id} before its data had ended.`)
  if (kind === 'stop-drain' && memory.tellsWatermarks && !flushed && outputsOf(memory.plan, subtask).length > 0) {
    return violation(`${subtask} took drain ${id} without having sent the last watermark.`)
  }
  if (kind === 'stop-suspend' && !ended && flushed) {
    return violation(`${subtask} sent the last watermark, although ${id} only suspends.`)
  }
  return memory.pending.includes(id) ? { ...memory, silent: withItem(memory.silent, subtask) } : memory
}

function sendWatermark(memory: Memory, { attempt, channel, timestamp }: FactOf<'watermark.sent'>) {
  const subtask = memory.plan.from[channel]
  if (attempt !== memory.attempt || subtask === undefined) return memory
  const told = memory.tellsWatermarks ? memory : { ...memory, tellsWatermarks: true }
  if (timestamp < maxWatermark.timestamp || memory.flushed.includes(subtask)) return told
  if (memory.silent.includes(subtask)) {
    return violation(`${subtask} sent the last watermark after the snapshot of a stop-savepoint.`)
  }
  return { ...told, flushed: withItem(memory.flushed, subtask) }
}

const end = (memory: Memory, id: number): Memory =>
  memory.pending.includes(id) ? { ...memory, pending: withoutItem(memory.pending, id) } : memory

const speakAgain = (memory: Memory, { attempt, subtask }: FactOf<'declined' | 'abortion.heard'>): Memory =>
  attempt === memory.attempt && memory.silent.includes(subtask)
    ? { ...memory, silent: withoutItem(memory.silent, subtask) }
    : memory

export const stopWithSavepoint = defineChecker<Memory>({
  name: 'S15',
  title: 'After the barrier of a stop-savepoint sources are silent, and the job ends only when it is complete.',
  initial: { plan: noPlan, pending: [], tellsWatermarks: false, ...none },
  on: {
    'run.began': (_, fact) => ({ plan: runPlan(fact), pending: [], tellsWatermarks: false, ...none }),
    'run.rescaled': (memory, fact) => ({ ...memory, plan: runPlan(fact) }),
    'process.died': (memory) => ({ ...memory, pending: [], ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt }),
    triggered: (memory, { checkpointId: id, kind }) =>
      kind === 'stop-suspend' || kind === 'stop-drain' ? { ...memory, pending: withItem(memory.pending, id) } : memory,
    'snapshot.taken': takeSnapshot,
    'watermark.sent': sendWatermark,
    'source.emitted': (memory, { attempt, subtask, records }) =>
      attempt === memory.attempt && records > 0 && memory.silent.includes(subtask)
        ? violation(`${subtask} emitted records after the snapshot of a stop-savepoint.`)
        : memory,
    declined: speakAgain,
    'abortion.heard': speakAgain,
    completed: (memory, { checkpointId }) => end(memory, checkpointId),
    aborted: (memory, { checkpointId: id }) =>
      memory.pending.includes(id) ? { ...end(memory, id), silent: [] } : memory,
    'job.over': (memory, { status }) =>
      status === 'FINISHED' && memory.pending.length > 0
        ? violation(`The job finished while stop-savepoint ${memory.pending[0]} was pending.`)
        : memory,
  },
})
