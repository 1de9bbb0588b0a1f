/**
 * S8. What can be restored is not deleted: not the newest `retained` restore points, nor anything a savepoint pins. A
 * pointer is published only over a pin, and the pin goes only after the pointer; a copy is made under a pin. A checkpoint of which bytes were
 * deleted does not complete. Savepoints are never subsumed. An attempt goes on from the newest manifest on the disk, whatever
 * became of its checkpoint: the next process would, and what was done from an older one could be done again. What was
 * aborted is not restored by the process that aborted it, so it is gone before anything goes on. If a pin keeps it, it is not gone.
 *
 * A job that ends may delete its restore points between its last attempt and its end; if it goes on instead, it is accused.
 * Remembers what is on the disk, pins, and what was deleted too early.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { keep, withItem, withoutItem } from './memory.ts'

interface Pin {
  readonly id: number
  readonly savepoint: string
  readonly published: boolean
}

interface Memory {
  readonly retained: number
  readonly running: boolean
  /** Restore points on the disk. */
  readonly points: readonly number[]
  /** Manifests of checkpoints and stop-savepoints on the disk that are pending, or aborted. */
  readonly unsettled: readonly number[]
  readonly aborted: readonly number[]
  readonly pins: readonly Pin[]
  readonly pending: readonly number[]
  /** Pending checkpoints of which something was deleted. */
  readonly gone: readonly number[]
  /** Restore points deleted while no attempt runs. */
  readonly early: readonly number[]
}

const initial: Memory = {
  retained: 1,
  running: false,
  points: [],
  unsettled: [],
  aborted: [],
  pins: [],
  pending: [],
  gone: [],
  early: [],
}

function remove(memory: Memory, { checkpointId: id }: FactOf<'checkpoint.deleted' | 'state.deleted'>, whole: boolean) {
  const pin = memory.pins.find((one) => one.id === id)
  if (pin !== undefined) return violation(`Bytes of checkpoint ${id} were deleted, which ${pin.savepoint} pins.`)
  const newer = memory.points.filter((point) => point > id).length
  const kept = memory.points.includes(id) && newer < memory.retained
  if (kept && memory.running) {
    return violation(`Bytes of checkpoint ${id} were deleted, one of the newest ${memory.retained}.`)
  }
  return {
    ...memory,
    points: whole ? withoutItem(memory.points, id) : memory.points,
    unsettled: whole ? withoutItem(memory.unsettled, id) : memory.unsettled,
    aborted: whole ? withoutItem(memory.aborted, id) : memory.aborted,
    gone: memory.pending.includes(id) ? withItem(memory.gone, id) : memory.gone,
    early: kept ? withItem(memory.early, id) : memory.early,
  }
}

function complete(memory: Memory, { checkpointId: id, kind }: FactOf<'completed'>) {
  if (memory.gone.includes(id)) return violation(`Checkpoint ${id} completed after bytes of it were deleted.`)
  const pending = withoutItem(memory.pending, id)
  if (kind === 'savepoint') return { ...memory, pending }
  return { ...memory, pending, points: withItem(memory.points, id), unsettled: withoutItem(memory.unsettled, id) }
}

function abort(memory: Memory, { checkpointId: id, kind, reason }: FactOf<'aborted'>) {
  if (kind !== 'checkpoint' && reason === 'CHECKPOINT_SUBSUMED') return violation(`Savepoint ${id} was subsumed.`)
  return {
    ...memory,
    pending: withoutItem(memory.pending, id),
    gone: withoutItem(memory.gone, id),
    aborted: memory.unsettled.includes(id) ? withItem(memory.aborted, id) : memory.aborted,
  }
}

function begin(memory: Memory, { attempt, restored }: FactOf<'attempt.began'>) {
  if (restored !== undefined && memory.aborted.includes(restored)) {
    return violation(`Attempt ${attempt} was restored from checkpoint ${restored}, which was aborted.`)
  }
  const newer = [...memory.points, ...memory.unsettled].find((id) => id > (restored ?? 0))
  if (newer !== undefined) {
    return violation(`Attempt ${attempt} was restored from ${restored ?? 'nothing'}, although ${newer} is stored.`)
  }
  const [early] = memory.early
  if (early !== undefined) return violation(`Checkpoint ${early} was deleted although the job went on after it.`)
  return memory.running ? memory : { ...memory, running: true }
}

function unpin(memory: Memory, { checkpointId: id, savepoint }: FactOf<'unpinned'>) {
  const pin = memory.pins.find((one) => one.id === id && one.savepoint === savepoint)
  if (pin?.published) return violation(`Checkpoint ${id} was unpinned while ${savepoint} points to it.`)
  return pin === undefined ? memory : { ...memory, pins: memory.pins.filter((one) => one !== pin) }
}

const withPin = (memory: Memory, pin: Pin): Memory => {
  const others = keep(memory.pins, ({ id, savepoint }) => id !== pin.id || savepoint !== pin.savepoint)
  const pins = [...others, pin].sort((a, b) => a.id - b.id || (a.savepoint < b.savepoint ? -1 : 1))
  return { ...memory, pins }
}

export const storageRetention = defineChecker<Memory>({
  name: 'S8',
  title: 'Nothing that a retained checkpoint or a savepoint needs is deleted; nothing aborted is restored.',
  initial,
  on: {
    'run.began': (_, { retained }) => ({ ...initial, retained: Math.max(1, retained) }),
    'process.died': (memory) => ({
      ...memory,
      running: false,
      points: memory.unsettled.reduce(withItem<number>, memory.points),
      unsettled: [],
      aborted: [],
      pending: [],
      gone: [],
      early: [],
    }),
    'attempt.began': begin,
    'attempt.over': (memory) => (memory.running ? { ...memory, running: false } : memory),
    'job.over': (memory, { status }) =>
      status === 'SUSPENDED' && memory.early.length > 0
        ? violation(`Checkpoint ${memory.early[0]} was deleted although the job is only suspended.`)
        : { ...memory, running: false, early: [] },
    triggered: (memory, { checkpointId }) => ({ ...memory, pending: withItem(memory.pending, checkpointId) }),
    'manifest.stored': (memory, { checkpointId: id, kind }) =>
      kind === 'savepoint' || memory.points.includes(id)
        ? memory
        : { ...memory, unsettled: withItem(memory.unsettled, id) },
    completed: complete,
    aborted: abort,
    'checkpoint.deleted': (memory, fact) => remove(memory, fact, true),
    'state.deleted': (memory, fact) => remove(memory, fact, false),
    pinned: (memory, { checkpointId: id, savepoint }) =>
      memory.pins.some((one) => one.id === id && one.savepoint === savepoint)
        ? memory
        : withPin(memory, { id, savepoint, published: false }),
    unpinned: unpin,
    'savepoint.published': (memory, { checkpointId: id, savepoint }) =>
      memory.pins.some((one) => one.id === id && one.savepoint === savepoint)
        ? withPin(memory, { id, savepoint, published: true })
        : violation(`${savepoint} was published over checkpoint ${id}, which it does not pin.`),
    'savepoint.sealed': (memory, { checkpointId: id, savepoint }) =>
      memory.pins.some((one) => one.id === id && one.savepoint === savepoint)
        ? memory
        : violation(`${savepoint} is a copy of checkpoint ${id}, which nothing kept meanwhile.`),
    'savepoint.removed': (memory, { checkpointId: id, savepoint }) =>
      memory.pins.some((one) => one.id === id && one.savepoint === savepoint)
        ? withPin(memory, { id, savepoint, published: false })
        : memory,
  },
})
