/**
 * S14. A timer fires at most once for each time it was set, also across a restore, which brings back the timers that were
 * pending at the cut: none more, none less. All of them fire by the end of the data of their subtask.
 *
 * Remembers pending timers, and those at the cut of each checkpoint that may still be restored.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, keep, noAttempt, put, withItem, without, withoutItem } from './memory.ts'

interface Cut {
  readonly id: number
  readonly timers: ByName<readonly string[]>
}

interface Memory {
  readonly attempt: number
  readonly pending: ByName<readonly string[]>
  readonly cuts: readonly Cut[]
  /** Restored from a checkpoint of which nothing is known. */
  readonly foreign: boolean
}

const withTimers = (memory: Memory, subtask: string, timers: readonly string[]): Memory => {
  const pending = timers.length > 0 ? put(memory.pending, subtask, timers) : without(memory.pending, subtask)
  return pending === memory.pending ? memory : { ...memory, pending }
}

const timersOf = (memory: Memory, { subtask }: { readonly subtask: string }) => memory.pending[subtask] ?? []

function takeSnapshot(memory: Memory, { attempt, subtask, kind, checkpointId: id }: FactOf<'snapshot.taken'>): Memory {
  if (attempt !== memory.attempt || kind === 'savepoint') return memory
  const timers = memory.pending[subtask]
  const cut = memory.cuts.find((one) => one.id === id)
  if (cut === undefined) {
    const next = { id, timers: timers === undefined ? {} : { [subtask]: timers } }
    return { ...memory, cuts: [...memory.cuts, next].sort((a, b) => a.id - b.id) }
  }
  if (timers === undefined) return memory
  const next = { id, timers: put(cut.timers, subtask, timers) }
  return { ...memory, cuts: memory.cuts.map((one) => (one === cut ? next : one)) }
}

function restore(memory: Memory, { attempt, restored = 0 }: FactOf<'attempt.began'>): Memory {
  const cut = memory.cuts.find(({ id }) => id === restored)
  const foreign = restored > 0 && cut === undefined
  return { attempt, foreign, pending: cut?.timers ?? {}, cuts: keep(memory.cuts, ({ id }) => id === restored) }
}

function fire(memory: Memory, fact: FactOf<'user-timer.fired'>) {
  if (fact.attempt !== memory.attempt) return memory
  const timers = timersOf(memory, fact)
  if (timers.includes(fact.timer)) return withTimers(memory, fact.subtask, withoutItem(timers, fact.timer))
  if (memory.foreign) return memory
  return violation(`Timer ${fact.timer} fired in ${fact.subtask}, where it is not pending.`)
}

function end(memory: Memory, fact: FactOf<'data.ended'>) {
  if (fact.attempt !== memory.attempt) return memory
  const [lost] = timersOf(memory, fact)
  return lost === undefined
    ? memory
    : violation(`Timer ${lost} of ${fact.subtask} had not fired when its data had ended.`)
}

const withCuts = (memory: Memory, cuts: readonly Cut[]): Memory => (cuts === memory.cuts ? memory : { ...memory, cuts })

export const timerRestore = defineChecker<Memory>({
  name: 'S14',
  title: 'Timers pending at a checkpoint come back with it, and fire once.',
  initial: { attempt: noAttempt, pending: {}, cuts: [], foreign: false },
  on: {
    'process.died': (memory) => ({ ...memory, attempt: noAttempt, pending: {} }),
    'attempt.began': restore,
    'snapshot.taken': takeSnapshot,
    'user-timer.set': (memory, fact) =>
      fact.attempt === memory.attempt
        ? withTimers(memory, fact.subtask, withItem(timersOf(memory, fact), fact.timer))
        : memory,
    'user-timer.deleted': (memory, fact) =>
      fact.attempt === memory.attempt
        ? withTimers(memory, fact.subtask, withoutItem(timersOf(memory, fact), fact.timer))
        : memory,
    'user-timer.fired': fire,
    'data.ended': end,
    completed: (memory, { checkpointId, kind }) =>
      kind === 'savepoint'
        ? memory
        : withCuts(
            memory,
            keep(memory.cuts, ({ id }) => id >= checkpointId),
          ),
    aborted: (memory, { checkpointId }) =>
      withCuts(
        memory,
        keep(memory.cuts, ({ id }) => id !== checkpointId),
      ),
  },
})
