/**
 * Who takes part in a checkpoint, from the job's tasks and which of them have finished. Pure; owns no state.
 */
import type { SubtaskId } from '../../core/ids.ts'
import type { TaskPlan } from './protocol.ts'

export interface CheckpointPlan {
  /** Subtasks that get the trigger directly: the running ones without a running predecessor. */
  readonly trigger: readonly SubtaskId[]
  /** Subtasks that must acknowledge: the running ones. */
  readonly wait: readonly SubtaskId[]
  /** Subtasks that finished and count as acknowledged. */
  readonly finished: readonly SubtaskId[]
}

/** The plan of a checkpoint triggered now, or undefined when the tasks do not allow one. */
export function planCheckpoint(tasks: TaskPlan, afterTasksFinish: boolean): CheckpointPlan | undefined {
  const running = tasks.tasks.filter((task) => !task.finished)
  const finished = tasks.tasks.filter((task) => task.finished).map((task) => task.subtask)
  if (running.length === 0 || (finished.length > 0 && !afterTasksFinish)) return undefined
  const wait = running.map((task) => task.subtask)
  const runs = new Set(wait)
  const trigger = running
    .filter((task) => !task.predecessors.some((predecessor) => runs.has(predecessor)))
    .map((task) => task.subtask)
  return { trigger, wait, finished }
}

export const runningSubtasks = (tasks: TaskPlan): readonly SubtaskId[] =>
  tasks.tasks.filter((task) => !task.finished).map((task) => task.subtask)

export const runs = (tasks: TaskPlan, subtask: SubtaskId): boolean =>
  tasks.tasks.some((task) => task.subtask === subtask && !task.finished)

/** The tasks once `subtask` has finished. */
export const withFinished = (tasks: TaskPlan, subtask: SubtaskId): TaskPlan => ({
  tasks: tasks.tasks.map((task) => (task.subtask === subtask ? { ...task, finished: true } : task)),
})
