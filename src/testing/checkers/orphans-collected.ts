/**
 * L7. When a job is over, its storage holds only what can be used: the newest restore points and what savepoints pin. What
 * was aborted, superseded or never finished is gone. Owed only once the job is over: an owner sweeps as it begins
 * and as it ends. Excused: a job that is suspended, for it is to go on, and one whose process died. A stop-savepoint that
 * could neither be published nor withdrawn is what the next process goes on from, unless something newer is complete.
 */
import { isStop } from '../../core/elements.ts'
import { defineChecker } from './define-checker.ts'
import { type ByName, put, withItem, without, withoutItem } from './memory.ts'

interface Memory {
  readonly retained: number
  readonly over: boolean
  /** By id: whose state is on the disk. The manifest counts as the state of nobody, ''. */
  readonly disk: ByName<readonly string[]>
  /** Completed checkpoints and stop-savepoints on the disk. */
  readonly points: readonly number[]
  /** Stop-savepoints of which the manifest is on the disk. */
  readonly stops: readonly number[]
  readonly pins: readonly (readonly [number, string])[]
}

const withState = (memory: Memory, id: number, owner: string): Memory => {
  const disk = put(memory.disk, String(id), withItem(memory.disk[id] ?? [], owner))
  return disk === memory.disk ? memory : { ...memory, disk }
}

function withoutState(memory: Memory, id: number, owner: string): Memory {
  const owners = memory.disk[id]
  if (owners === undefined) return memory
  const rest = withoutItem(owners, owner)
  const disk = rest.length > 0 ? put(memory.disk, String(id), rest) : without(memory.disk, String(id))
  return { ...memory, disk }
}

export const orphansCollected = defineChecker<Memory>({
  name: 'L7',
  title: 'Bytes that nothing needs are removed in the end.',
  initial: { retained: 1, over: false, disk: {}, points: [], stops: [], pins: [] },
  on: {
    'run.began': (memory, { retained }) => ({ ...memory, retained: Math.max(1, retained) }),
    'state.stored': (memory, { checkpointId, subtask }) => withState(memory, checkpointId, subtask),
    'manifest.stored': (memory, { checkpointId: id, kind }) => {
      const stored = withState(memory, id, '')
      return isStop(kind) ? { ...stored, stops: withItem(stored.stops, id) } : stored
    },
    'checkpoint.deleted': (memory, { checkpointId: id }) => ({
      ...memory,
      disk: without(memory.disk, String(id)),
      points: withoutItem(memory.points, id),
      stops: withoutItem(memory.stops, id),
    }),
    'state.deleted': (memory, { checkpointId, subtask }) => withoutState(memory, checkpointId, subtask),
    completed: (memory, { checkpointId: id, kind }) =>
      kind === 'savepoint' ? memory : { ...memory, points: withItem(memory.points, id) },
    // A manifest whose completion nobody lived to see is a restore point, too.
    'attempt.began': (memory, { restored }) =>
      restored === undefined || memory.points.includes(restored)
        ? memory
        : { ...memory, points: withItem(memory.points, restored) },
    pinned: (memory, { checkpointId: id, savepoint }) => ({
      ...memory,
      pins: [...memory.pins.filter((pin) => pin[0] !== id || pin[1] !== savepoint), [id, savepoint] as const].sort(
        (a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1),
      ),
    }),
    unpinned: (memory, { checkpointId: id, savepoint }) => ({
      ...memory,
      pins: memory.pins.filter((pin) => pin[0] !== id || pin[1] !== savepoint),
    }),
    'process.died': (memory) => (memory.over ? { ...memory, over: false } : memory),
    'job.over': (memory, { status }) => (status === 'SUSPENDED' ? memory : { ...memory, over: true }),
  },
  atEnd: ({ over, disk, points, stops, pins, retained }) => {
    if (!over) return undefined
    const newer = stops.filter((id) => id > (points.at(-1) ?? 0))
    const needed = new Set([...points.slice(-retained), ...newer, ...pins.map(([id]) => id)])
    const orphan = Object.keys(disk).find((id) => !needed.has(Number(id)))
    return orphan === undefined ? undefined : `Bytes of checkpoint ${orphan} are left, which nothing needs.`
  },
})
