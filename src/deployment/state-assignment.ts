/**
 * Snapshot × program → what each subtask restores, or why it cannot: pure.
 *
 * Who takes whose state is settled before (`operator-matching.ts`). Each subtask is given its share of it (`state-shares.ts`), at
 * any parallelism that the state allows (`parallelism-check.ts`). Records that were on their way (`channel-check.ts`) go with
 * the operator that would have received them.
 */
import type { SubtaskRestore } from '../actors/subtask-descriptor.ts'
import type { Manifest, ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { type CheckpointId, type OperatorId, type SubtaskId, subtaskId } from '../core/ids.ts'
import type { JobGraph, JobOperator, JobVertex } from '../graph/job-graph.ts'
import { checkChannels } from './channel-check.ts'
import { type Matching, matchOperators, type UnclaimedState } from './operator-matching.ts'
import { adoptMaxParallelism, parallelismRefusal } from './parallelism-check.ts'
import { labelOf, type StateMapping } from './state-mapping.ts'
import { type Heritage, hadFinished, shareState } from './state-shares.ts'

export interface StateAssignment {
  /** The graph with maximum parallelisms adopted from the snapshot where the program set none. */
  readonly graph: JobGraph
  readonly restores: ReadonlyMap<SubtaskId, SubtaskRestore>
  /** State that no operator of the program takes (allowed by the caller). */
  readonly dropped: readonly UnclaimedState[]
  /** In the place of which operator of the snapshot each operator of the program stands. */
  readonly matched: ReadonlyMap<OperatorId, ManifestOperator>
}

export interface RestoreRules {
  readonly allowNonRestoredState: boolean
  readonly stateMapping?: readonly StateMapping[] | undefined
  /** Of the snapshot, for messages. */
  readonly path: string
}

/**
 * Fails with `STATE_MAPPING_INVALID`, `RESTORE_STATE_UNMATCHED`, `RESTORE_PARALLELISM_MISMATCH`,
 * `RESTORE_MAX_PARALLELISM_MISMATCH` or `RESTORE_CHANNEL_MISMATCH`, each naming the operator, what the snapshot has and what
 * the program has.
 */
export function assignState(graph: JobGraph, manifest: Manifest, rules: RestoreRules): StateAssignment {
  const matching = matchOperators(graph, manifest.operators, rules.stateMapping)
  const { matched, unclaimed, problems } = matching
  if (problems[0] !== undefined) throw problems[0]
  if (unclaimed[0] !== undefined && !rules.allowNonRestoredState) throw unmatched(unclaimed[0], graph, rules.path)
  refuseParallelism(graph, matching)
  const adopted = { ...graph, vertices: graph.vertices.map((vertex) => adopt(vertex, matching)) }
  const restores = new Map<SubtaskId, SubtaskRestore>()
  for (const vertex of adopted.vertices) {
    for (const [index, restore] of restoresOf(vertex, matching, manifest.checkpointId).entries()) {
      checkChannels({ graph: adopted, matched }, vertex, index, rules.path)
      if (restore !== undefined) restores.set(subtaskId(vertex.id, index), restore)
    }
  }
  return { graph: adopted, restores, dropped: unclaimed, matched }
}

/** Only the head of a chain has keys, and its state brings their groups. */
const adopt = (vertex: JobVertex, matching: Matching): JobVertex =>
  adoptMaxParallelism(vertex, heritageOf(vertex.operators[0]!, matching))

const heritageOf = ({ id }: JobOperator, { matched, keyed }: Matching): Heritage => ({
  place: matched.get(id),
  keyed: keyed.get(id) ?? [],
})

function refuseParallelism(graph: JobGraph, matching: Matching): void {
  for (const vertex of graph.vertices) {
    for (const operator of vertex.operators) {
      const refusal = parallelismRefusal(vertex, operator, heritageOf(operator, matching))
      if (refusal !== undefined) throw refusal
    }
  }
}

/** What each subtask of a vertex restores. */
function restoresOf(
  vertex: JobVertex,
  matching: Matching,
  checkpointId: CheckpointId,
): readonly (SubtaskRestore | undefined)[] {
  const { parallelism } = vertex
  const shares = vertex.operators.map((operator) => shareState(vertex, operator, heritageOf(operator, matching)))
  const places = vertex.operators.flatMap(({ id }) => matching.matched.get(id) ?? [])
  return Array.from({ length: parallelism }, (_, index) => {
    const operators = shares.flatMap((share) => share[index] ?? [])
    const inFlight = places.flatMap(({ subtasks }) => subtasks[index]?.inFlight ?? [])
    const finished = places.length > 0 && places.every((place) => hadFinished(place, index, parallelism))
    if (operators.length === 0 && inFlight.length === 0 && !finished) return undefined
    return { checkpointId, operators, ...(inFlight.length > 0 && { inFlight }), finished }
  })
}

/** The refusal of a restore that would lose state. */
export function unmatched(unclaimed: UnclaimedState, graph: JobGraph, path: string): StreamError {
  const { stored, heir, states, unkeyed } = unclaimed
  const details = { operator: stored.name, operatorId: stored.id, uid: stored.uid ?? null }
  const drop = 'or drop the state with --allowNonRestoredState'
  if (heir !== undefined) {
    const names = [...states.map(({ name }) => `"${name}"`), ...(unkeyed ? ['that belongs to no key'] : [])]
    return new StreamError(
      'RESTORE_STATE_UNMATCHED',
      `${path} has state ${names.join(', ')} of operator ${labelOf(stored)}, which ${labelOf(heir)} of the program does not ` +
        `keep. Either declare it there, move it with --map-state, ${drop}.`,
      { details },
    )
  }
  const known = graph.vertices.flatMap(({ operators }) => operators.map(labelOf)).join(', ')
  const remedy = stored.uid === undefined ? `.setUidHash('${stored.id}')` : `.uid('${stored.uid}')`
  return new StreamError(
    'RESTORE_STATE_UNMATCHED',
    `${path} has state for operator ${labelOf(stored)}, which the program does not have; it has ${known}. Either give the ` +
      `operator that should take it ${remedy}, ${drop}.`,
    { details },
  )
}
