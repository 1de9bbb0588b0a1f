/**
 * How large a model of the checkpoint protocol is, what may go wrong in it, and what of it takes its time.
 */
import type { SnapshotKind } from '../../core/elements.ts'
import type { CoordinatorConfig } from '../../machines/checkpoint-coordinator/protocol.ts'

/**
 * What waits in a channel of its own and may therefore come at any later moment, for every subtask or, as in
 * `aborts: task`, for one. What is not named happens at once, within the step that orders it; each says why.
 *
 * - `acknowledgements`: from subtasks to the coordinator; declines always wait. At once: the coordinator only collects them, and
 *   one that comes late is like a snapshot that is taken late.
 * - `triggers`: to sources. At once: one that waits is like a checkpoint that begins later, since nothing that a source does
 *   in between depends on the coordinator.
 * - `completions`: to subtasks. At once: whoever has no output to make visible only forgets its snapshot.
 * - `aborts`: to subtasks. At once: it is like one that expires later. To the task they matter, for a newer barrier may
 *   come first.
 * - `writes`: state of subtasks on its way to the disk. At once: its duration is part of that of its acknowledgement.
 * - `manifests`: on their way to the disk.
 * - `discards`: deletions that the coordinator orders. At once: the charts order none while something about that
 *   checkpoint is under way (INV-CC-5), so they commute with everything but the death of the process.
 * - `steps`: of a savepoint (pin, publish, copy, seal, remove, clear, unpin).
 * - `orders`: from the job to the coordinator (running, stopping, ends of subtasks).
 * - `starts`: preparing an attempt and restoring each subtask. At once: a subtask that starts late is like one that is slow.
 * - `cancels`: from the job to its subtasks, and what these report. At once: an attempt ends within one step.
 * - `ends`: flushing at the end of data, and the last commit.
 */
export type SlowKind =
  | 'acknowledgements'
  | 'triggers'
  | 'completions'
  | 'aborts'
  | 'writes'
  | 'manifests'
  | 'discards'
  | 'steps'
  | 'orders'
  | 'starts'
  | 'cancels'
  | 'ends'

export type Slow = SlowKind | `${SlowKind}: ${string}`

export const isSlow = ({ slow }: CheckpointModelOptions, kind: SlowKind, subtask: string): boolean =>
  slow.includes(kind) || slow.includes(`${kind}: ${subtask}`)

export interface CheckpointModelOptions {
  readonly name: string
  /** One or two; each feeds the task. */
  readonly sources: number
  /** Records of each source. */
  readonly records: number
  /** Does the data end after them? If not, the job goes on with silent sources. */
  readonly bounded: boolean
  readonly mode: 'exactly-once' | 'at-least-once'
  /** Are channels queues in the state of their receiver? They always are where barriers may overtake. */
  readonly queues: boolean
  /** Fields that differ from those of `quietCoordinator`. */
  readonly coordinator: Partial<CoordinatorConfig>
  /** How often the interval fires. */
  readonly periodic: number
  /** What the client asks for, one after the other, each at any time. */
  readonly requests: readonly SnapshotKind[]
  /** Does the client dispose of its savepoints, at any time after they are published? */
  readonly disposes: boolean
  /** Are savepoints self-contained? */
  readonly copies: boolean
  /** What the client asks of the job, at any time. */
  readonly ends: 'cancel' | 'suspend' | undefined
  /** How often a subtask crashes, and which may. */
  readonly crashes: number
  readonly crashing: readonly string[]
  /** Does a crash end the job whatever the restart strategy? */
  readonly fatal: boolean
  /** How often the process dies. It shares this budget with crashes of subtasks when it is `shared`. */
  readonly deaths: number | 'shared'
  /** Do writes of a process that died still reach the disk? */
  readonly lingering: boolean
  /** How often an operation of the store fails. */
  readonly storeFailures: number
  /** How often the synchronous part of a snapshot fails. */
  readonly snapshotFailures: number
  /** How often a checkpoint expires; undefined: as often as it likes. */
  readonly expiries: number | undefined
  /** How often an acknowledgement, decline or notice is repeated, or lost. */
  readonly repeated: number
  readonly lost: number
  /** Who gets messages that nobody waits for, and how many of them. */
  readonly strays: readonly string[]
  readonly strayMessages: number
  /** Restarts that the strategy grants. */
  readonly restarts: number
  readonly slow: readonly Slow[]
}

/** An interval, no pause, one checkpoint and one savepoint at a time, one retained, no failure too many. */
export const quietCoordinator: CoordinatorConfig = {
  intervalMs: 1,
  timeoutMs: 1,
  minPauseMs: 0,
  maxConcurrent: 1,
  savepointsMax: 1,
  unaligned: undefined,
  tolerableFailures: 100,
  retained: 1,
  queueMax: 4,
  afterTasksFinish: true,
}

/** Nothing happens but what a scenario adds to this. */
export const quiet: CheckpointModelOptions = {
  name: 'checkpoints',
  sources: 2,
  records: 1,
  bounded: false,
  mode: 'exactly-once',
  queues: false,
  coordinator: {},
  periodic: 0,
  requests: [],
  disposes: false,
  copies: false,
  ends: undefined,
  crashes: 0,
  crashing: ['source-0', 'source-1', 'task', 'sink'],
  fatal: false,
  deaths: 0,
  lingering: false,
  storeFailures: 0,
  snapshotFailures: 0,
  expiries: 0,
  repeated: 0,
  lost: 0,
  strays: [],
  strayMessages: 1,
  restarts: 10,
  slow: ['acknowledgements', 'triggers', 'completions', 'aborts', 'manifests'],
}

export const configOf = ({ coordinator }: CheckpointModelOptions): CoordinatorConfig => ({
  ...quietCoordinator,
  ...coordinator,
})

/** May barriers overtake? Then the inputs of a subtask are queues in its state. */
export const overtakes = (options: CheckpointModelOptions): boolean =>
  options.queues || configOf(options).unaligned !== undefined
