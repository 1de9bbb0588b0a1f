/**
 * S17. Nothing is lost or made in a channel: records come out as they went in, without gap or repetition, never more than
 * went in, and a subtask that finishes has taken everything. Counts begin anew with each attempt.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, noAttempt, put } from './memory.ts'
import { inputsOf, noPlan, type RunPlan, runPlan } from './run-plan.ts'

interface Memory {
  readonly plan: RunPlan
  readonly attempt: number
  readonly sent: ByName<number>
  readonly consumed: ByName<number>
}

const none = { attempt: noAttempt, sent: {}, consumed: {} } as const

function send(memory: Memory, { attempt, channel, sequence, records }: FactOf<'sent'>) {
  if (attempt !== memory.attempt) return memory
  const sent = memory.sent[channel] ?? 0
  if (sequence !== sent) return violation(`Record ${sequence} was put into ${channel}, expected ${sent}.`)
  return { ...memory, sent: put(memory.sent, channel, sent + records) }
}

function consume(memory: Memory, { attempt, channel, sequence, records }: FactOf<'consumed'>) {
  if (attempt !== memory.attempt) return memory
  const sent = memory.sent[channel] ?? 0
  const consumed = memory.consumed[channel] ?? 0
  if (sequence !== consumed) return violation(`Record ${sequence} was taken from ${channel}, expected ${consumed}.`)
  if (consumed + records > sent) {
    return violation(`${consumed + records} records were taken from ${channel}, but only ${sent} were put into it.`)
  }
  return { ...memory, consumed: put(memory.consumed, channel, consumed + records) }
}

function finish(memory: Memory, { attempt, subtask, how }: FactOf<'subtask.over'>) {
  if (attempt !== memory.attempt || how !== 'finished') return memory
  for (const channel of inputsOf(memory.plan, subtask)) {
    const left = (memory.sent[channel] ?? 0) - (memory.consumed[channel] ?? 0)
    if (left > 0) return violation(`${subtask} finished and left ${left} records in ${channel}.`)
  }
  return memory
}

export const conservation = defineChecker<Memory>({
  name: 'S17',
  title: 'What is sent on a channel is in it or was consumed: nothing is lost, made or repeated.',
  initial: { plan: noPlan, ...none },
  on: {
    'run.began': (_, fact) => ({ plan: runPlan(fact), ...none }),
    'run.rescaled': (memory, fact) => ({ ...memory, plan: runPlan(fact) }),
    'process.died': (memory) => ({ ...memory, ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt }),
    'channel.restored': (memory, { attempt, channel, records }) =>
      attempt === memory.attempt
        ? { ...memory, sent: put(memory.sent, channel, (memory.sent[channel] ?? 0) + records) }
        : memory,
    sent: send,
    consumed: consume,
    'subtask.over': finish,
  },
})
