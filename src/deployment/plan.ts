/**
 * Job graph × restored state → one descriptor per subtask, and who feeds whom: pure, so that it can be printed and
 * compared.
 */
import type { OutputDescriptor, SubtaskDescriptor, SubtaskRestore } from '../actors/subtask-descriptor.ts'
import { type JobId, type SubtaskId, subtaskId, type VertexId } from '../core/ids.ts'
import type { JobGraph, JobVertex } from '../graph/job-graph.ts'
import type { TaskPlan } from '../machines/checkpoint-coordinator/protocol.ts'
import { receiversFrom, sendersTo } from './joined-subtasks.ts'

export interface DeploymentSettings {
  readonly jobId: JobId
  readonly mode: 'exactly-once' | 'at-least-once'
  readonly checkpointing: boolean
  readonly batchRecords: number
  readonly autoWatermarkIntervalMs: number
  readonly freezeState: boolean
  readonly incremental: boolean
}

/** The subtasks of a graph, in the order of its vertices. */
export const subtasksOf = (graph: JobGraph): SubtaskId[] =>
  graph.vertices.flatMap(({ id, parallelism }) => Array.from({ length: parallelism }, (_, i) => subtaskId(id, i)))

export function planDeployment(
  graph: JobGraph,
  settings: DeploymentSettings,
  attempt: number,
  restores: ReadonlyMap<SubtaskId, SubtaskRestore>,
): SubtaskDescriptor[] {
  const vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]))
  return graph.vertices.flatMap((vertex) =>
    Array.from({ length: vertex.parallelism }, (_, index): SubtaskDescriptor => {
      const id = subtaskId(vertex.id, index)
      return {
        ...settings,
        jobName: graph.name,
        id,
        vertex: vertex.id,
        vertexName: vertex.name,
        index,
        parallelism: vertex.parallelism,
        maxParallelism: vertex.maxParallelism,
        attempt,
        operators: vertex.operators,
        inputs: inputsOf(graph, vertices, vertex, index),
        outputs: outputsOf(graph, vertices, vertex, index),
        restore: restores.get(id),
      }
    }),
  )
}

/** Who takes part in checkpoints, and who must be triggered directly once its predecessors have finished. */
export const taskPlanOf = (descriptors: readonly SubtaskDescriptor[], finished: readonly SubtaskId[]): TaskPlan => {
  const done = new Set(finished)
  return {
    tasks: descriptors.map(({ id, inputs }) => ({
      subtask: id,
      predecessors: [...new Set(inputs.map(({ from }) => from))],
      finished: done.has(id),
    })),
  }
}

const channelId = (edge: number, from: SubtaskId, to: SubtaskId): string => `${from}>${to}#${edge}`

type Vertices = ReadonlyMap<VertexId, JobVertex>

function inputsOf(graph: JobGraph, vertices: Vertices, vertex: JobVertex, index: number): SubtaskDescriptor['inputs'] {
  const to = subtaskId(vertex.id, index)
  const gates = graph.edges.filter((edge) => edge.to === vertex.id)
  return graph.edges.flatMap((edge, number) => {
    if (edge.to !== vertex.id) return []
    const gate = gates.indexOf(edge)
    const feeder = vertices.get(edge.from)!.operators[edge.fromOperator]!.id
    const keyed = edge.partitioning.type === 'hash'
    return sendersTo(edge, index, vertices.get(edge.from)!, vertex).map((peer) => {
      const from = subtaskId(edge.from, peer)
      return { channel: channelId(number, from, to), input: edge.input, gate, from, feeder, keyed }
    })
  })
}

function outputsOf(graph: JobGraph, vertices: Vertices, vertex: JobVertex, index: number): OutputDescriptor[] {
  const from = subtaskId(vertex.id, index)
  return graph.edges.flatMap((edge, number) => {
    if (edge.from !== vertex.id) return []
    const target = vertices.get(edge.to)!
    return {
      operator: edge.fromOperator,
      sideOutput: edge.sideOutput,
      partitioning: edge.partitioning,
      channels: receiversFrom(edge, index, vertex, target).map((peer) =>
        channelId(number, from, subtaskId(edge.to, peer)),
      ),
      targetMaxParallelism: target.maxParallelism,
      targetName: target.operators[0]!.name,
      targetUid: target.operators[0]!.uid,
    }
  })
}
