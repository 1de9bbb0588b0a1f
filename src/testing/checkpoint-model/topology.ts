/** The job of the model: sources → one task → one sink. Names and channels only. */
import type { CheckpointId, SubtaskId } from '../../core/ids.ts'
import type { TaskPlan } from '../../machines/checkpoint-coordinator/protocol.ts'

export interface Topology {
  readonly sources: readonly string[]
  readonly subtasks: readonly string[]
  readonly channels: readonly { readonly channel: string; readonly from: string; readonly to: string }[]
}

export function topologyOf(sourceCount: number): Topology {
  const sources = Array.from({ length: sourceCount }, (_, index) => `source-${index}`)
  const links = [...sources.map((source) => [source, 'task'] as const), ['task', 'sink'] as const]
  return {
    sources,
    subtasks: [...sources, 'task', 'sink'],
    channels: links.map(([from, to]) => ({ channel: channelOf(from, to), from, to })),
  }
}

export const channelOf = (from: string, to: string): string => `${from}→${to}`

export const inputsOf = ({ channels }: Topology, subtask: string): readonly string[] =>
  channels.filter(({ to }) => to === subtask).map(({ from }) => from)

export const outputOf = ({ channels }: Topology, subtask: string): string | undefined =>
  channels.find(({ from }) => from === subtask)?.to

export const taskPlanOf = (topology: Topology, finished: readonly string[]): TaskPlan => ({
  tasks: topology.subtasks.map((subtask) => ({
    subtask: subtask as SubtaskId,
    predecessors: inputsOf(topology, subtask) as readonly SubtaskId[],
    finished: finished.includes(subtask),
  })),
})

/** A checkpoint's number as the charts call it. */
export const idOf = (checkpoint: number): CheckpointId => checkpoint as CheckpointId
