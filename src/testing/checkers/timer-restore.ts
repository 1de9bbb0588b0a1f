/**
 * S14. A timer fires at most once for each time it was set, also across a restore, which brings back the timers that were
 * pending at the cut: none more, none less. All of them fire by the end of the data of their subtask.
 *
 * Remembers pending timers, and those at the cut of each checkpoint that may still be restored. With other numbers of subtasks
 * a timer goes where its key goes, which nobody tells: until it fires it may be in any subtask of its vertex, and when the
 * data of all of them has ended it must have fired.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { type ByName, keep, noAttempt, put, sorted, withItem, without, withoutItem } from './memory.ts'

type Timers = ByName<readonly string[]>

interface Cut {
  readonly id: number
  /** By subtask. */
  readonly timers: Timers
  /** By vertex: those of which nobody knows the subtask. */
  readonly moved: Timers
  /** Whose snapshot was taken. */
  readonly taken: readonly string[]
  /** How often the plan had changed. */
  readonly plan: number
}

interface Memory {
  readonly subtasks: readonly string[]
  readonly attempt: number
  readonly plan: number
  /** Subtasks whose data has ended. */
  readonly ended: readonly string[]
  readonly pending: Timers
  readonly moved: Timers
  readonly cuts: readonly Cut[]
  /** Restored from a checkpoint of which nothing is known. */
  readonly foreign: boolean
}

const vertexOf = (subtask: string): string => subtask.slice(0, Math.max(0, subtask.lastIndexOf('/')))

const withNamed = (all: Timers, name: string, timers: readonly string[]): Timers =>
  timers.length > 0 ? put(all, name, timers) : without(all, name)

const withTimers = (memory: Memory, subtask: string, timers: readonly string[]): Memory => {
  const pending = withNamed(memory.pending, subtask, timers)
  return pending === memory.pending ? memory : { ...memory, pending }
}

const timersOf = (memory: Memory, { subtask }: { readonly subtask: string }) => memory.pending[subtask] ?? []

function takeSnapshot(memory: Memory, { attempt, subtask, kind, checkpointId: id }: FactOf<'snapshot.taken'>): Memory {
  if (attempt !== memory.attempt || kind === 'savepoint') return memory
  const { plan, moved } = memory
  const timers = memory.pending[subtask]
  const cut = memory.cuts.find((one) => one.id === id) ?? { id, timers: {}, moved, taken: [], plan }
  const next = {
    ...cut,
    timers: timers === undefined ? cut.timers : put(cut.timers, subtask, timers),
    taken: withItem(cut.taken, subtask),
  }
  return { ...memory, cuts: [...keep(memory.cuts, (one) => one.id !== id), next].sort((a, b) => a.id - b.id) }
}

function restore(memory: Memory, { attempt, restored = 0 }: FactOf<'attempt.began'>): Memory {
  const cut = memory.cuts.find(({ id }) => id === restored)
  const begun = { ...memory, attempt, ended: [], cuts: keep(memory.cuts, ({ id }) => id === restored) }
  if (cut === undefined) return { ...begun, foreign: restored > 0, pending: {}, moved: {} }
  const same = cut.plan === memory.plan
  const moved = same ? cut.moved : Object.entries(cut.timers).reduce(move, cut.moved)
  return { ...begun, foreign: false, pending: same ? cut.timers : {}, moved }
}

const move = (moved: Timers, [subtask, timers]: [string, readonly string[]]): Timers => {
  const vertex = vertexOf(subtask)
  return put(moved, vertex, [...(moved[vertex] ?? []), ...timers].sort())
}

/** It is over in this subtask. Undefined: it is not pending there. */
function end(memory: Memory, { subtask, timer }: FactOf<'user-timer.fired' | 'user-timer.deleted'>) {
  const timers = timersOf(memory, { subtask })
  if (timers.includes(timer)) return withTimers(memory, subtask, withoutItem(timers, timer))
  const vertex = vertexOf(subtask)
  const leave = (moved: Timers) => withNamed(moved, vertex, withoutItem(moved[vertex] ?? [], timer))
  if (!memory.moved[vertex]?.includes(timer)) return undefined
  // Now it is known whose it was: it is not in snapshots that its subtask has yet to take.
  const cuts = memory.cuts.map((cut) => (cut.taken.includes(subtask) ? cut : { ...cut, moved: leave(cut.moved) }))
  return { ...memory, moved: leave(memory.moved), cuts }
}

function fire(memory: Memory, fact: FactOf<'user-timer.fired'>) {
  if (fact.attempt !== memory.attempt) return memory
  const next = end(memory, fact)
  if (next !== undefined) return next
  if (memory.foreign) return memory
  return violation(`Timer ${fact.timer} fired in ${fact.subtask}, where it is not pending.`)
}

function endData(memory: Memory, fact: FactOf<'data.ended'>) {
  if (fact.attempt !== memory.attempt) return memory
  const ended = withItem(memory.ended, fact.subtask)
  const vertex = vertexOf(fact.subtask)
  const all = memory.subtasks.every((subtask) => vertexOf(subtask) !== vertex || ended.includes(subtask))
  const [lost] = [...timersOf(memory, fact), ...(all ? (memory.moved[vertex] ?? []) : [])]
  return lost === undefined
    ? { ...memory, ended }
    : violation(`Timer ${lost} of ${fact.subtask} had not fired when its data had ended.`)
}

const withCuts = (memory: Memory, cuts: readonly Cut[]): Memory => (cuts === memory.cuts ? memory : { ...memory, cuts })

const initial: Memory = {
  subtasks: [],
  attempt: noAttempt,
  plan: 0,
  ended: [],
  pending: {},
  moved: {},
  cuts: [],
  foreign: false,
}

export const timerRestore = defineChecker<Memory>({
  name: 'S14',
  title: 'Timers pending at a checkpoint come back with it, and fire once.',
  initial,
  on: {
    'run.began': (_, { subtasks }) => ({ ...initial, subtasks: sorted(subtasks) }),
    'run.rescaled': (memory, { subtasks }) => ({ ...memory, subtasks: sorted(subtasks), plan: memory.plan + 1 }),
    'process.died': (memory) => ({ ...memory, attempt: noAttempt, ended: [], pending: {}, moved: {} }),
    'attempt.began': restore,
    'snapshot.taken': takeSnapshot,
    'user-timer.set': (memory, fact) =>
      fact.attempt === memory.attempt
        ? withTimers(memory, fact.subtask, withItem(timersOf(memory, fact), fact.timer))
        : memory,
    'user-timer.deleted': (memory, fact) => (fact.attempt === memory.attempt ? (end(memory, fact) ?? memory) : memory),
    'user-timer.fired': fire,
    'data.ended': endData,
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
