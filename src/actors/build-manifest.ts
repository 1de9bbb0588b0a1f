/**
 * From what the subtasks acknowledged to the manifest of a checkpoint: pure.
 */
import { type Manifest, type ManifestOperator, type ManifestSubtask, manifestVersionOf } from '../backends/manifest.ts'
import type { SnapshotKind } from '../core/elements.ts'
import { type CheckpointId, type JobId, type SubtaskId, subtaskId } from '../core/ids.ts'
import type { SubtaskState } from '../core/state-handles.ts'
import type { JobGraph, JobVertex } from '../graph/job-graph.ts'

/** What stays the same from checkpoint to checkpoint. */
export interface ManifestPlan {
  readonly job: { readonly id: JobId; readonly name: string }
  readonly graph: JobGraph
}

export interface ManifestFacts {
  readonly checkpointId: CheckpointId
  readonly timestamp: number
  readonly kind: SnapshotKind
  readonly states: readonly { readonly subtask: SubtaskId; readonly state: SubtaskState }[]
  readonly finished: readonly SubtaskId[]
}

export function buildManifest(plan: ManifestPlan, facts: ManifestFacts): Manifest {
  const { checkpointId, timestamp, kind } = facts
  const states = new Map(facts.states.map(({ subtask, state }) => [subtask, state]))
  const finished = new Set(facts.finished)
  const operators = plan.graph.vertices.flatMap((vertex) =>
    vertex.operators.map((_operator, position) => manifestOperator(vertex, position, states, finished)),
  )
  return { formatVersion: manifestVersionOf(operators), kind, job: plan.job, checkpointId, timestamp, operators }
}

function manifestOperator(
  vertex: JobVertex,
  position: number,
  states: ReadonlyMap<SubtaskId, SubtaskState>,
  finished: ReadonlySet<SubtaskId>,
): ManifestOperator {
  const operator = vertex.operators[position]!
  const subtasks = Array.from({ length: vertex.parallelism }, (_, index): ManifestSubtask => {
    const id = subtaskId(vertex.id, index)
    const state = states.get(id)
    const handles = state?.operators.find(({ operatorId }) => operatorId === operator.id)
    return {
      index,
      finished: finished.has(id) || state?.finished === true,
      keyed: handles?.keyed ?? [],
      operator: handles?.operator,
      ...(position === 0 && state?.inFlight !== undefined && { inFlight: state.inFlight }),
    }
  })
  const { id, uid, name } = operator
  const { parallelism, maxParallelism } = vertex
  return { id, uid, name, vertex: vertex.id, parallelism, maxParallelism, subtasks }
}
