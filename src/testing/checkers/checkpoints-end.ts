/**
 * L1 and L2: what becomes of checkpoints in the end.
 *
 * L1 is excused only by the death of the process: a job that ends aborts what is pending. L2 asks that an aborted checkpoint
 * is followed by a completed one; it is excused when the attempt, the job or the process is over, and for runs that
 * say that their triggers are bounded.
 */
import { defineChecker } from './define-checker.ts'
import { withItem, withoutItem } from './memory.ts'

export const everyTriggerEnds = defineChecker<readonly number[]>({
  name: 'L1',
  title: 'Every checkpoint that is triggered is completed or aborted in the end.',
  initial: [],
  on: {
    triggered: (pending, { checkpointId }) => withItem(pending, checkpointId),
    completed: (pending, { checkpointId }) => withoutItem(pending, checkpointId),
    aborted: (pending, { checkpointId }) => withoutItem(pending, checkpointId),
    'process.died': (pending) => (pending.length === 0 ? pending : []),
  },
  atEnd: (pending) =>
    pending.length === 0 ? undefined : `Checkpoint ${pending[0]} neither completed nor was aborted.`,
})

interface Recurrence {
  readonly bounded: boolean
  /** The last aborted checkpoint after which none has completed; 0: none. */
  readonly aborted: number
}

const settle = (memory: Recurrence): Recurrence => (memory.aborted === 0 ? memory : { ...memory, aborted: 0 })

export const completionsRecur = defineChecker<Recurrence>({
  name: 'L2',
  title: 'When nothing goes wrong any more, checkpoints complete again.',
  initial: { bounded: false, aborted: 0 },
  on: {
    'run.began': (_, { triggersBounded = false }) => ({ bounded: triggersBounded, aborted: 0 }),
    aborted: (memory, { checkpointId, kind }) =>
      memory.bounded || kind !== 'checkpoint' ? memory : { ...memory, aborted: checkpointId },
    completed: (memory, { kind }) => (kind === 'savepoint' ? memory : settle(memory)),
    'attempt.over': settle,
    'job.over': settle,
    'process.died': settle,
  },
  atEnd: ({ aborted }) => (aborted === 0 ? undefined : `No checkpoint completed after ${aborted} was aborted.`),
})
