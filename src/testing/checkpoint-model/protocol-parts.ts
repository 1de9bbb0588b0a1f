/**
 * What the model is made of: the charts of the runtime, and the rules of its kernel, disk and data plane, each with a
 * name, so that a copy with one deliberate bug can stand in for any of them. The model itself decides nothing.
 */
import type { SnapshotKind } from '../../core/elements.ts'
import { coordinatorMachine } from '../../machines/checkpoint-coordinator/machine.ts'
import { pendingMachine } from '../../machines/checkpoint-coordinator/pending-machine.ts'
import { jobMachine } from '../../machines/job/machine.ts'
import { savepointMachine } from '../../machines/savepoint-store/machine.ts'
import { subtaskMachine } from '../../machines/subtask/machine.ts'

import type { ModelElement } from './model-messages.ts'
import { aheadIn, withAhead } from './queued-barriers.ts'
import type { Queued } from './subtask-state.ts'

export interface ProtocolCharts {
  readonly main: typeof coordinatorMachine
  readonly pending: typeof pendingMachine
  readonly subtask: typeof subtaskMachine
  readonly job: typeof jobMachine
  readonly savepoint: typeof savepointMachine
}

export interface KernelRules {
  /** May an element of an input be taken? */
  mayTake(input: { readonly consuming: boolean; readonly blocked: boolean }): boolean
  /** What a queue is after something is put into it: last, but for a barrier that overtakes (see `queued-barriers.ts`). */
  queues(queue: readonly Queued[], element: ModelElement): readonly Queued[]
  /** Are records recorded that an unaligned checkpoint finds on their way? And put back? */
  readonly records: boolean
  readonly restoresInFlight: boolean
  /** Does a subtask of attempt `own` hear what was said in attempt `said`? */
  hears(said: number, own: number): boolean
  /** What a snapshot says of a position, given the true one. */
  positionIn(now: number): number
  /** Is a snapshot confirmed when the disk has it, or when it is ordered? */
  readonly confirms: 'durable' | 'ordered'
  /** Is a manifest confirmed when the disk has it, or when it is ordered? */
  readonly confirmsManifest: 'durable' | 'ordered'
  /** Which checkpoint a subtask restores, given the one that its attempt restores and all that are on the disk. */
  restores(subtask: string, wanted: number, stored: readonly number[]): number
  /** Which of these can a new process go on from? Given oldest first, the last one is taken. */
  restorable(kind: SnapshotKind): boolean
  /** The id after which a new process counts, given the highest on the disk and the newest restorable one. */
  lastId(highest: number, newest: number): number
  /** May the bytes of a checkpoint be deleted? */
  mayDelete(checkpoint: { readonly pinned: boolean }): boolean
  /** Does the disk take a write of this owner? */
  accepts(epoch: number, newest: number): boolean
  /** Is a part of the output that snapshot `part` sealed to be made visible when checkpoint `completed` is complete? */
  commits(part: number, completed: number): boolean
  /** Is output that a restored snapshot lists made visible once more? */
  readonly commitsRestored: boolean
  /** Is what no manifest names removed when a process opens the storage, and at the end? */
  readonly sweeps: boolean
}

export interface ProtocolParts {
  readonly charts: ProtocolCharts
  readonly rules: KernelRules
}

export const trueRules: KernelRules = {
  mayTake: ({ consuming, blocked }) => consuming && !blocked,
  queues: (queue, element) =>
    element.type === 'barrier' && element.alignment?.type === 'unaligned'
      ? withAhead(queue, { ...element, overtook: queue.length - aheadIn(queue) })
      : [...queue, element],
  records: true,
  restoresInFlight: true,
  hears: (said, own) => said === own,
  positionIn: (now) => now,
  confirms: 'durable',
  confirmsManifest: 'durable',
  restores: (_, wanted) => wanted,
  restorable: (kind) => kind !== 'savepoint',
  lastId: (highest, newest) => Math.max(highest, newest),
  mayDelete: ({ pinned }) => !pinned,
  accepts: (epoch, newest) => epoch === newest,
  commits: (part, completed) => part <= completed,
  commitsRestored: true,
  sweeps: true,
}

/** The charts and rules that the runtime has. */
export const trueParts: ProtocolParts = {
  charts: {
    main: coordinatorMachine,
    pending: pendingMachine,
    subtask: subtaskMachine,
    job: jobMachine,
    savepoint: savepointMachine,
  },
  rules: trueRules,
}
