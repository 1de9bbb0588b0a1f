/** Tasks, configuration and events of the coordinator, short enough for tables and alphabets. */
import type { SubtaskState } from '../../../src/backends/manifest.ts'
import { type SnapshotKind, usualTarget } from '../../../src/core/elements.ts'
import type { CheckpointId, SubtaskId } from '../../../src/core/ids.ts'
import type {
  CoordinatorConfig,
  CoordinatorEvent,
  TaskPlan,
} from '../../../src/machines/checkpoint-coordinator/protocol.ts'

export const a = 'a/0' as SubtaskId
export const b = 'b/0' as SubtaskId
export const stranger = 'z/9' as SubtaskId

/** A source and what it feeds. */
export const twoTasks: TaskPlan = {
  tasks: [
    { subtask: a, predecessors: [], finished: false },
    { subtask: b, predecessors: [a], finished: false },
  ],
}

export const config: CoordinatorConfig = {
  intervalMs: 100,
  timeoutMs: 1_000,
  minPauseMs: 0,
  maxConcurrent: 1,
  savepointsMax: 8,
  unaligned: undefined,
  tolerableFailures: 0,
  retained: 1,
  queueMax: 2,
  afterTasksFinish: true,
}

const metrics = { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 }
export const state = (finished = false): SubtaskState => ({ operators: [], bytes: 5, finished })

/** Events of the coordinator, short enough for tables and alphabets. All happen at time 0 unless said. */
export const on = {
  running: (attempt = 1, random = 0, at = 0, plan = twoTasks): CoordinatorEvent => ({
    type: 'job.running',
    attempt,
    plan,
    at,
    random,
  }),
  jobStopping: (at = 0, failedSubtask?: SubtaskId): CoordinatorEvent => ({
    type: 'job.stopping',
    at,
    message: 'a task failed',
    failedSubtask,
  }),
  jobEnded: (at = 0): CoordinatorEvent => ({ type: 'job.ended', at }),
  request: (requestId: string, kind: SnapshotKind, at = 0): CoordinatorEvent => ({
    type: 'checkpoint.requested',
    requestId,
    kind,
    target: usualTarget,
    at,
  }),
  ack: (id: number, subtask: SubtaskId, attempt = 1, finished = false, at = 0): CoordinatorEvent => ({
    type: 'subtask.acknowledged',
    checkpointId: id as CheckpointId,
    subtask,
    attempt,
    state: state(finished),
    metrics,
    at,
  }),
  decline: (id: number, subtask: SubtaskId, attempt = 1, at = 0): CoordinatorEvent => ({
    type: 'subtask.declined',
    checkpointId: id as CheckpointId,
    subtask,
    attempt,
    reason: 'CHECKPOINT_DECLINED',
    message: 'no',
    at,
  }),
  ended: (subtask: SubtaskId, attempt = 1, at = 0): CoordinatorEvent => ({
    type: 'subtask.ended',
    subtask,
    attempt,
    at,
  }),
  finished: (subtask: SubtaskId, attempt = 1, at = 0): CoordinatorEvent => ({
    type: 'subtask.finished',
    subtask,
    attempt,
    at,
  }),
  stored: (id: number, at = 0): CoordinatorEvent => ({
    type: 'manifest.stored',
    checkpointId: id as CheckpointId,
    path: `chk-${id}`,
    at,
  }),
  notStored: (id: number, at = 0): CoordinatorEvent => ({
    type: 'manifest.failed',
    checkpointId: id as CheckpointId,
    code: 'STORAGE_FULL',
    message: 'the disk is full',
    at,
  }),
  published: (id: number, at = 0): CoordinatorEvent => ({
    type: 'savepoint.published',
    checkpointId: id as CheckpointId,
    path: `savepoint-${id}`,
    at,
  }),
  notPublished: (id: number, at = 0): CoordinatorEvent => ({
    type: 'savepoint.failed',
    checkpointId: id as CheckpointId,
    code: 'SAVEPOINT_DIR_MISSING',
    message: 'no directory',
    at,
  }),
  cleaned: (...ids: number[]): CoordinatorEvent => ({
    type: 'storage.cleaned',
    checkpointIds: ids as CheckpointId[],
    kept: [],
    failed: undefined,
    at: 0,
  }),
  /** Let go, and still there for the sake of a pin. */
  kept: (...ids: number[]): CoordinatorEvent => ({
    type: 'storage.cleaned',
    checkpointIds: ids as CheckpointId[],
    kept: ids as CheckpointId[],
    failed: undefined,
    at: 0,
  }),
  notCleaned: (...ids: number[]): CoordinatorEvent => ({
    type: 'storage.cleaned',
    checkpointIds: ids as CheckpointId[],
    kept: [],
    failed: 'the disk is gone',
    at: 0,
  }),
  timer: (name: string, at = 0): CoordinatorEvent => ({ type: 'timer.fired', name, at }),
}
