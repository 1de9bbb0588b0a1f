/**
 * S7. Ids rise and are never used again, the newest completed checkpoint never goes back, and subtasks hear of
 * completions in the order of ids. An id that left nothing on the disk when its process died may be used again: nobody
 * can meet it any more. Plain savepoints complete beside checkpoints, in any order, and are nothing to go on from.
 * While the job fails, two checkpoints that are being stored may complete in either order; nobody is told then.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'

interface Memory {
  readonly lastId: number
  /** The highest id of which something was stored, ever. */
  readonly stored: number
  /** The newest completed checkpoint or stop-savepoint. */
  readonly latest: number
}

const store = (memory: Memory, { checkpointId: id }: { readonly checkpointId: number }): Memory =>
  id > memory.stored ? { ...memory, stored: id } : memory

function begin(memory: Memory, { attempt, restored = 0 }: FactOf<'attempt.began'>) {
  if (restored < memory.latest) {
    return violation(`Attempt ${attempt} was restored from ${restored || 'nothing'}, older than ${memory.latest}.`)
  }
  // A restore point from outside this run is none that the run could lose again.
  return restored > memory.latest && restored <= memory.lastId ? { ...memory, latest: restored } : memory
}

export const risingIds = defineChecker<Memory>({
  name: 'S7',
  title: 'Checkpoint ids rise and are never reused, and the newest completed one never goes back.',
  initial: { lastId: 0, stored: 0, latest: 0 },
  on: {
    'process.died': (memory) => (memory.lastId === memory.stored ? memory : { ...memory, lastId: memory.stored }),
    triggered: (memory, { checkpointId: id }) =>
      id > memory.lastId
        ? { ...memory, lastId: id }
        : violation(`Checkpoint id ${id} was given out after ${memory.lastId}.`),
    'state.stored': store,
    'manifest.stored': store,
    completed: (memory, { checkpointId: id, kind }) =>
      kind !== 'savepoint' && id > memory.latest ? { ...memory, latest: id } : memory,
    'completion.told': (memory, { checkpointId: id }) =>
      id < memory.latest
        ? violation(`Subtasks were told that ${id} is complete after ${memory.latest} had completed.`)
        : memory,
    settled: (memory, { latest = 0 }) =>
      latest < memory.latest
        ? violation(`${latest || 'Nothing'} is named as the newest checkpoint, but ${memory.latest} has completed.`)
        : memory,
    'attempt.began': begin,
  },
})
