/**
 * S1. The cut of a checkpoint: what each channel's sender had sent before the barrier is what its receiver had consumed
 * before its snapshot, plus what was recorded of the channel. A sender that takes no part has finished, so all that it
 * ever sent counts; a receiver that takes no part is not asked. In at-least-once a receiver may have consumed more.
 *
 * Remembers counts per channel of the running attempt and, for each checkpoint that is pending, the counts at its cut.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, keep, noAttempt, put, sorted } from './memory.ts'
import { inputsOf, noPlan, type RunPlan, runPlan } from './run-plan.ts'

interface Cut {
  readonly id: number
  readonly participants: readonly string[]
  readonly sent: ByName<number>
  readonly consumed: ByName<number>
  /** First record and number of records of the channel's part of the snapshot. */
  readonly recorded: ByName<readonly [number, number]>
}

interface Memory {
  readonly plan: RunPlan
  readonly exactlyOnce: boolean
  readonly attempt: number
  readonly sent: ByName<number>
  readonly consumed: ByName<number>
  readonly cuts: readonly Cut[]
}

const none = { attempt: noAttempt, sent: {}, consumed: {}, cuts: [] } as const

function withCut(memory: Memory, id: number, change: (cut: Cut) => Cut): Memory {
  const place = memory.cuts.findIndex((cut) => cut.id === id)
  if (place === -1) return memory
  const cut = memory.cuts[place]!
  const next = change(cut)
  const same = next.sent === cut.sent && next.consumed === cut.consumed && next.recorded === cut.recorded
  return same ? memory : { ...memory, cuts: memory.cuts.with(place, next) }
}

const withoutCut = (memory: Memory, id: number): Memory => {
  const cuts = keep(memory.cuts, (cut) => cut.id !== id)
  return cuts === memory.cuts ? memory : { ...memory, cuts }
}

/** What is wrong with the cut of one channel. */
function fault(memory: Memory, cut: Cut, channel: string): string | undefined {
  const { plan, exactlyOnce } = memory
  if (!cut.participants.includes(plan.to[channel]!)) return undefined
  const sent = cut.participants.includes(plan.from[channel]!) ? cut.sent[channel] : (memory.sent[channel] ?? 0)
  const consumed = cut.consumed[channel]
  if (sent === undefined || consumed === undefined) return undefined
  const [first, records] = cut.recorded[channel] ?? [consumed, 0]
  const covered = consumed + records
  if (records > 0 && first !== consumed) {
    return `on ${channel}, what was recorded begins at ${first}, but ${consumed} records were consumed before the snapshot`
  }
  if (covered === sent || (!exactlyOnce && covered > sent)) return undefined
  return `on ${channel}, ${sent} records were sent before the barrier, but ${consumed} consumed before the snapshot and ${records} recorded`
}

function complete(memory: Memory, { checkpointId }: FactOf<'completed'>) {
  const cut = memory.cuts.find(({ id }) => id === checkpointId)
  if (cut === undefined) return memory
  for (const channel of Object.keys(memory.plan.to)) {
    const wrong = fault(memory, cut, channel)
    if (wrong !== undefined) return violation(`Checkpoint ${checkpointId} is no consistent cut: ${wrong}.`)
  }
  return withoutCut(memory, checkpointId)
}

function takeSnapshot(memory: Memory, fact: FactOf<'snapshot.taken'>): Memory {
  if (fact.attempt !== memory.attempt) return memory
  return withCut(memory, fact.checkpointId, (cut) => {
    let { consumed } = cut
    for (const channel of inputsOf(memory.plan, fact.subtask)) {
      consumed = put(consumed, channel, memory.consumed[channel] ?? 0)
    }
    return { ...cut, consumed }
  })
}

export const consistentCut = defineChecker<Memory>({
  name: 'S1',
  title: 'A completed checkpoint is a consistent cut of every channel.',
  initial: { plan: noPlan, exactlyOnce: true, ...none },
  on: {
    'run.began': (_, fact) => ({ plan: runPlan(fact), exactlyOnce: fact.mode === 'exactly-once', ...none }),
    'run.rescaled': (memory, fact) => ({ ...memory, plan: runPlan(fact) }),
    'process.died': (memory) => ({ ...memory, ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt }),
    'channel.restored': (memory, { attempt, channel, records }) =>
      attempt === memory.attempt
        ? { ...memory, sent: put(memory.sent, channel, (memory.sent[channel] ?? 0) + records) }
        : memory,
    sent: (memory, { attempt, channel, sequence, records }) =>
      attempt === memory.attempt ? { ...memory, sent: put(memory.sent, channel, sequence + records) } : memory,
    consumed: (memory, { attempt, channel, sequence, records }) =>
      attempt === memory.attempt ? { ...memory, consumed: put(memory.consumed, channel, sequence + records) } : memory,
    triggered: (memory, { attempt, checkpointId: id, participants }) =>
      attempt === memory.attempt
        ? {
            ...memory,
            cuts: [...memory.cuts, { id, participants: sorted(participants), sent: {}, consumed: {}, recorded: {} }],
          }
        : memory,
    'snapshot.taken': takeSnapshot,
    'barrier.sent': (memory, { attempt, channel, checkpointId }) =>
      attempt === memory.attempt
        ? withCut(memory, checkpointId, (cut) => ({
            ...cut,
            sent: put(cut.sent, channel, memory.sent[channel] ?? 0),
          }))
        : memory,
    'channel.recorded': (memory, { attempt, channel, checkpointId, sequence, records }) =>
      attempt === memory.attempt && records > 0
        ? withCut(memory, checkpointId, (cut) => ({
            ...cut,
            recorded: put(cut.recorded, channel, [sequence, records] as const),
          }))
        : memory,
    completed: complete,
    aborted: (memory, { checkpointId }) => withoutCut(memory, checkpointId),
  },
})
