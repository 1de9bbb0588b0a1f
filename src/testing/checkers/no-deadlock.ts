/**
 * L3. In the end no input of a living subtask is blocked, and no barrier is left in its inputs. Excused when the subtask, the
 * attempt or the process is over.
 */
import { defineChecker } from './define-checker.ts'
import { type ByName, keep, noAttempt, put, withItem, without, withoutItem } from './memory.ts'
import { inputsOf, noPlan, type RunPlan, runPlan } from './run-plan.ts'

interface Memory {
  readonly plan: RunPlan
  readonly attempt: number
  readonly blocked: readonly string[]
  /** The newest barrier that is in a channel. */
  readonly barriers: ByName<number>
}

const none = { attempt: noAttempt, blocked: [], barriers: {} } as const

const open = (memory: Memory, subtask: string): Memory => {
  const blocked = keep(memory.blocked, (channel) => memory.plan.to[channel] !== subtask)
  return blocked === memory.blocked ? memory : { ...memory, blocked }
}

export const noDeadlock = defineChecker<Memory>({
  name: 'L3',
  title: 'No input stays blocked, and no barrier stays in a channel.',
  initial: { plan: noPlan, ...none },
  on: {
    'run.began': (_, fact) => ({ plan: runPlan(fact), ...none }),
    'run.rescaled': (memory, fact) => ({ ...memory, plan: runPlan(fact) }),
    'process.died': (memory) => ({ ...memory, ...none }),
    'attempt.began': (memory, { attempt }) => ({ ...memory, ...none, attempt }),
    'attempt.over': (memory, { attempt }) => (attempt === memory.attempt ? { ...memory, ...none } : memory),
    'input.blocked': (memory, { attempt, channel }) =>
      attempt === memory.attempt ? { ...memory, blocked: withItem(memory.blocked, channel) } : memory,
    'inputs.unblocked': (memory, { attempt, subtask }) => (attempt === memory.attempt ? open(memory, subtask) : memory),
    'barrier.sent': (memory, { attempt, channel, checkpointId }) =>
      attempt === memory.attempt ? { ...memory, barriers: put(memory.barriers, channel, checkpointId) } : memory,
    'barrier.consumed': (memory, { attempt, channel, checkpointId }) =>
      attempt === memory.attempt && (memory.barriers[channel] ?? checkpointId + 1) <= checkpointId
        ? { ...memory, barriers: without(memory.barriers, channel) }
        : memory,
    'subtask.over': (memory, { attempt, subtask }) => {
      if (attempt !== memory.attempt) return memory
      const barriers = inputsOf(memory.plan, subtask).reduce(without<number>, memory.barriers)
      const opened = open(memory, subtask)
      return barriers === memory.barriers ? opened : { ...opened, barriers }
    },
  },
  atEnd: ({ blocked, barriers }) => {
    if (blocked.length > 0) return `${blocked[0]} stays blocked.`
    const [stuck] = Object.keys(barriers)
    return stuck === undefined ? undefined : `Barrier ${barriers[stuck]} stays in ${stuck}.`
  },
})

interface Lives {
  readonly subtasks: readonly string[]
  /**
   * `dead`: the process died and nobody took over. `down`: the job is to begin an attempt. `failing`: a subtask failed,
   * and its attempt goes on.
   */
  readonly state: 'none' | 'dead' | 'down' | 'starting' | 'running' | 'failing' | 'over'
  readonly attempt: number
  /** While starting: who does not run yet. */
  readonly waiting: readonly string[]
}

const enter = (memory: Lives, state: Lives['state']): Lives =>
  memory.state === 'over' || memory.state === state ? memory : { ...memory, state, waiting: [] }

export const runsAgain = defineChecker<Lives>({
  name: 'L4',
  title: 'After a failure all subtasks run again, or the job is over.',
  initial: { subtasks: [], state: 'none', attempt: noAttempt, waiting: [] },
  on: {
    'run.began': (memory, { subtasks }) => ({ ...memory, subtasks: [...subtasks].sort() }),
    'run.rescaled': (memory, { subtasks }) => ({ ...memory, subtasks: [...subtasks].sort() }),
    'process.died': (memory) => enter({ ...memory, attempt: noAttempt }, 'dead'),
    'lease.taken': (memory) => (memory.state === 'dead' ? enter(memory, 'down') : memory),
    'attempt.began': (memory, { attempt }) => ({ ...memory, state: 'starting', attempt, waiting: memory.subtasks }),
    'subtask.began': (memory, { attempt, subtask }) => begin(memory, attempt, subtask),
    'subtask.over': (memory, { attempt, subtask, how }) => {
      if (attempt !== memory.attempt || memory.state === 'failing') return memory
      return how === 'finished' ? begin(memory, attempt, subtask) : enter(memory, 'failing')
    },
    'attempt.over': (memory, { attempt }) => (attempt === memory.attempt ? enter(memory, 'down') : memory),
    'job.over': (memory) => enter(memory, 'over'),
  },
  atEnd: ({ state, waiting }) => {
    if (state === 'starting') return `${waiting.join(', ')} never began to run.`
    if (state === 'failing') return 'A subtask failed, and its attempt never ended.'
    return state === 'down' ? 'Nothing runs, and the job is not over.' : undefined
  },
})

function begin(memory: Lives, attempt: number, subtask: string): Lives {
  if (attempt !== memory.attempt || memory.state !== 'starting') return memory
  const waiting = withoutItem(memory.waiting, subtask)
  if (waiting.length === 0) return enter(memory, 'running')
  return waiting === memory.waiting ? memory : { ...memory, waiting }
}
