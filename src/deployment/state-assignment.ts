/**
 * Snapshot × program → what each subtask restores, or why it cannot: pure.
 *
 * State is matched by operator id: an id given by `setUidHash` wins where the snapshot has it. This version restores at
 * equal parallelism only, and refuses anything else by name. Records that were on their way (`channel-check.ts`) go with the
 * operator that would have received them.
 */
import type { OperatorRestore, SubtaskRestore } from '../actors/subtask-descriptor.ts'
import { type ChannelStateHandle, handlesOf, type Manifest, type ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { type OperatorId, type SubtaskId, subtaskId } from '../core/ids.ts'
import type { JobGraph, JobOperator, JobVertex } from '../graph/job-graph.ts'
import { checkChannels } from './channel-check.ts'

export interface StateAssignment {
  /** The graph with maximum parallelisms adopted from the snapshot where the program set none. */
  readonly graph: JobGraph
  readonly restores: ReadonlyMap<SubtaskId, SubtaskRestore>
  /** State that no operator of the program takes (allowed by the caller). */
  readonly dropped: readonly ManifestOperator[]
  /** Which operator of the program takes the state of which operator of the snapshot. */
  readonly matched: ReadonlyMap<OperatorId, ManifestOperator>
}

export const hasState = ({ subtasks }: ManifestOperator): boolean =>
  subtasks.some((subtask) => handlesOf(subtask).length > 0)

const matters = (operator: ManifestOperator): boolean =>
  hasState(operator) || operator.subtasks.some(({ finished }) => finished)

/**
 * Fails with `RESTORE_STATE_UNMATCHED`, `RESTORE_PARALLELISM_MISMATCH`, `RESTORE_MAX_PARALLELISM_MISMATCH` or
 * `RESTORE_CHANNEL_MISMATCH`, each naming the operator, what the snapshot has and what the program has.
 */
export function assignState(
  graph: JobGraph,
  manifest: Manifest,
  options: { readonly allowNonRestoredState: boolean; readonly path: string },
): StateAssignment {
  const stored = new Map(manifest.operators.map((operator) => [operator.id, operator]))
  const matched = new Map<OperatorId, ManifestOperator>()
  const taken = new Set<OperatorId>()
  for (const operator of graph.vertices.flatMap(({ operators }) => operators)) {
    const found = matchOf(operator, stored)
    if (found === undefined) continue
    matched.set(operator.id, found)
    taken.add(found.id)
  }
  const dropped = manifest.operators.filter((operator) => hasState(operator) && !taken.has(operator.id))
  if (dropped.length > 0 && !options.allowNonRestoredState) throw unmatched(dropped[0]!, graph, options.path)
  const adopted = { ...graph, vertices: graph.vertices.map((vertex) => adopt(vertex, matched)) }
  const restores = new Map<SubtaskId, SubtaskRestore>()
  for (const vertex of adopted.vertices) {
    for (let index = 0; index < vertex.parallelism; index++) {
      const restore = restoreOf(vertex, index, matched, manifest)
      checkChannels({ graph: adopted, matched }, vertex, index, options.path)
      if (restore !== undefined) restores.set(subtaskId(vertex.id, index), restore)
    }
  }
  return { graph: adopted, restores, dropped, matched }
}

const matchOf = (operator: JobOperator, stored: ReadonlyMap<OperatorId, ManifestOperator>) =>
  (operator.alternativeId === undefined ? undefined : stored.get(operator.alternativeId)) ?? stored.get(operator.id)

/** Checks both parallelisms of a vertex; gives it the maximum parallelism of its state if the program set none. */
function adopt(vertex: JobVertex, matched: ReadonlyMap<OperatorId, ManifestOperator>): JobVertex {
  let adopted: number | undefined
  for (const operator of vertex.operators) {
    const stored = matched.get(operator.id)
    if (stored === undefined || !matters(stored)) continue
    if (stored.parallelism !== vertex.parallelism) {
      throw new StreamError(
        'RESTORE_PARALLELISM_MISMATCH',
        `Operator ${named(operator)} has parallelism ${vertex.parallelism}, but its state was written with parallelism ` +
          `${stored.parallelism}. Restoring needs equal parallelism: set it with .setParallelism(${stored.parallelism}).`,
        { details: { operator: operator.name, expected: stored.parallelism, got: vertex.parallelism } },
      )
    }
    if (vertex.maxParallelismExplicit && stored.maxParallelism !== vertex.maxParallelism) {
      throw new StreamError(
        'RESTORE_MAX_PARALLELISM_MISMATCH',
        `Operator ${named(operator)} has maximum parallelism ${vertex.maxParallelism}, but its state was written with ` +
          `${stored.maxParallelism}, which cannot change: use .setMaxParallelism(${stored.maxParallelism}).`,
        { details: { operator: operator.name, expected: stored.maxParallelism, got: vertex.maxParallelism } },
      )
    }
    // It binds keyed state, which only the head of a chain can have: the head's word counts before the others'.
    adopted ??= stored.maxParallelism
  }
  return adopted === undefined ? vertex : { ...vertex, maxParallelism: adopted }
}

function restoreOf(
  vertex: JobVertex,
  index: number,
  matched: ReadonlyMap<OperatorId, ManifestOperator>,
  manifest: Manifest,
): SubtaskRestore | undefined {
  const operators: OperatorRestore[] = []
  const inFlight: ChannelStateHandle[] = []
  let known = 0
  let finished = 0
  for (const { id } of vertex.operators) {
    const part = matched.get(id)?.subtasks[index]
    if (part === undefined) continue
    known++
    if (part.finished) finished++
    inFlight.push(...(part.inFlight ?? []))
    if (part.keyed.length === 0 && part.operator === undefined) continue
    const keyed = part.keyed.map((handle) => ({ handle }))
    operators.push({ operatorId: id, keyed, operator: part.operator === undefined ? [] : [{ handle: part.operator }] })
  }
  const done = known > 0 && finished === known
  if (operators.length === 0 && inFlight.length === 0 && !done) return undefined
  const onTheirWay = inFlight.length === 0 ? {} : { inFlight }
  return { checkpointId: manifest.checkpointId, operators, ...onTheirWay, finished: done }
}

const named = ({ name, uid, id }: { name: string; uid: string | undefined; id: string }): string =>
  `"${name}" (${uid === undefined ? `no uid, id ${id}` : `uid "${uid}"`})`

function unmatched(operator: ManifestOperator, graph: JobGraph, path: string): StreamError {
  const known = graph.vertices.flatMap(({ operators }) => operators.map(named)).join(', ')
  const remedy =
    operator.uid === undefined
      ? `give the operator that should take it .setUidHash('${operator.id}')`
      : `give the operator that should take it .uid('${operator.uid}')`
  return new StreamError(
    'RESTORE_STATE_UNMATCHED',
    `${path} has state for operator ${named(operator)}, which the program does not have; it has ${known}. Either ` +
      `${remedy}, or drop the state with --allowNonRestoredState.`,
    { details: { operator: operator.name, operatorId: operator.id, uid: operator.uid ?? null } },
  )
}
