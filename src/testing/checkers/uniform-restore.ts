/**
 * S9. An attempt is restored from a checkpoint that is durable, each of its subtasks from that very one, and while it runs
 * nothing of another attempt is processed. Acknowledgements of an older attempt may still arrive (S5 has them count for
 * nothing). A checkpoint that this run never triggered comes from outside, and is believed.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { noAttempt, withItem, withoutItem } from './memory.ts'

interface Memory {
  readonly attempt: number
  /** 0: from nothing. */
  readonly restored: number
  readonly lastId: number
  /** Manifests of checkpoints and stop-savepoints on the disk. */
  readonly stored: readonly number[]
}

function begin(memory: Memory, { attempt, restored = 0 }: FactOf<'attempt.began'>) {
  if (restored > 0 && restored <= memory.lastId && !memory.stored.includes(restored)) {
    return violation(`Attempt ${attempt} was restored from ${restored}, of which no manifest to go on from is stored.`)
  }
  return { ...memory, attempt, restored }
}

function fenced(memory: Memory, fact: { readonly attempt: number; readonly type: string }) {
  return memory.attempt === noAttempt || fact.attempt === memory.attempt
    ? memory
    : violation(`${fact.type} of attempt ${fact.attempt} while attempt ${memory.attempt} runs.`)
}

function beginSubtask(memory: Memory, fact: FactOf<'subtask.began'>) {
  const { subtask, restored = 0 } = fact
  if (memory.attempt === noAttempt || fact.attempt !== memory.attempt) return fenced(memory, fact)
  return restored === memory.restored
    ? memory
    : violation(
        `${subtask} has the state of ${restored || 'nothing'}, its attempt that of ${memory.restored || 'nothing'}.`,
      )
}

export const uniformRestore = defineChecker<Memory>({
  name: 'S9',
  title: 'All subtasks of an attempt have the state of one durable checkpoint; older attempts are fenced off.',
  initial: { attempt: noAttempt, restored: 0, lastId: 0, stored: [] },
  on: {
    'process.died': (memory) => ({ ...memory, attempt: noAttempt, restored: 0 }),
    triggered: (memory, { checkpointId: id }) => (id > memory.lastId ? { ...memory, lastId: id } : memory),
    'manifest.stored': (memory, { checkpointId: id, kind }) =>
      kind === 'savepoint' || memory.stored.includes(id) ? memory : { ...memory, stored: withItem(memory.stored, id) },
    'checkpoint.deleted': (memory, { checkpointId: id }) =>
      memory.stored.includes(id) ? { ...memory, stored: withoutItem(memory.stored, id) } : memory,
    'attempt.began': begin,
    'subtask.began': beginSubtask,
    sent: fenced,
    consumed: fenced,
    'channel.restored': (memory, fact) =>
      memory.attempt === fact.attempt && fact.checkpointId !== memory.restored
        ? violation(
            `${fact.channel} was filled from ${fact.checkpointId}, its attempt restored from ${memory.restored}.`,
          )
        : fenced(memory, fact),
    'barrier.sent': fenced,
    'barrier.consumed': fenced,
    'source.emitted': fenced,
    'data.ended': fenced,
    'snapshot.taken': fenced,
  },
})
