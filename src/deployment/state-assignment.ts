/**
 * Snapshot × program → what each subtask restores, or why it cannot: pure.
 *
 * Who takes whose state is settled before (`operator-matching.ts`). Each subtask is given its share of it (`state-shares.ts`), at
 * any parallelism that the state allows (`parallelism-check.ts`). Records that were on their way (`channel-shares.ts`) go with
 * the operator that would have received them.
 */
import type { SubtaskRestore } from '../actors/subtask-descriptor.ts'
import type { Manifest, ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { type CheckpointId, type OperatorId, type SubtaskId, subtaskId } from '../core/ids.ts'
import type { JobGraph, JobOperator, JobVertex } from '../graph/job-graph.ts'
import { channelRefusal } from './channel-check.ts'
import { shareChannels } from './channel-shares.ts'
import { refuseFedFinished } from './finished-check.ts'
import { type Matching, matchOperators, type UnclaimedState } from './operator-matching.ts'
import { unkeyedRefusals } from './operator-state-check.ts'
import { isOwnState, otherContents } from './own-states.ts'
import { adoptMaxParallelism, parallelismRefusal } from './parallelism-check.ts'
import { stateRefusals } from './state-check.ts'
import { labelOf, mappingName, type StateMapping } from './state-mapping.ts'
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
  /** Must nothing that had finished be fed again? */
  readonly exactlyOnce?: boolean
  /** Of the snapshot. */
  readonly path: string
  /** How it was named, when that was by a savepoint that points to it. */
  readonly named?: string | undefined
}

/** The snapshot in messages: as it was named, and where it is when that is elsewhere. */
const placeOf = ({ path, named = path }: RestoreRules): string => (named === path ? path : `${named} (${path})`)

export interface Refusal {
  /** Whose; undefined when it is a mapping's. */
  readonly operator: OperatorId | undefined
  readonly error: StreamError
}

/** An assignment, and all that speaks against it. Where something does, the assignment is not to be used. */
export interface AssignmentAttempt {
  readonly assignment: StateAssignment
  readonly matching: Matching
  readonly refusals: readonly Refusal[]
}

/**
 * Fails with `STATE_MAPPING_INVALID`, `RESTORE_STATE_UNMATCHED`, `RESTORE_PARALLELISM_MISMATCH`,
 * `RESTORE_MAX_PARALLELISM_MISMATCH`, `RESTORE_STATE_INCOMPATIBLE` or `RESTORE_CHANNEL_MISMATCH`, each naming the operator,
 * what the snapshot has and what the program has.
 */
export function assignState(graph: JobGraph, manifest: Manifest, rules: RestoreRules): StateAssignment {
  const { assignment, refusals } = tryAssignState(graph, manifest, rules)
  if (refusals[0] !== undefined) throw refusals[0].error
  return assignment
}

/** The same, with everything that speaks against it in place of the first error. */
export function tryAssignState(graph: JobGraph, manifest: Manifest, rules: RestoreRules): AssignmentAttempt {
  const matching = matchOperators(graph, manifest.operators, rules.stateMapping)
  const { matched, unclaimed, problems } = matching
  const place = placeOf(rules)
  const refusals: Refusal[] = problems.map((error) => ({ operator: undefined, error }))
  for (const one of rules.allowNonRestoredState ? [] : unclaimed) {
    refusals.push({ operator: one.heir?.id ?? one.stored.id, error: unmatched(one, graph, place) })
  }
  const misfits = refuseParallelism(graph, matching)
  refusals.push(...misfits)
  for (const operator of graph.vertices.flatMap(({ operators }) => operators)) {
    const errors = [
      ...stateRefusals(operator, matching.keyed.get(operator.id) ?? [], place),
      ...unkeyedRefusals(operator, matching.unkeyed.get(operator.id) ?? [], place),
    ]
    refusals.push(...errors.map((error) => ({ operator: operator.id, error })))
  }
  const adopted = { ...graph, vertices: graph.vertices.map((vertex) => adopt(vertex, matching)) }
  const restores = new Map<SubtaskId, SubtaskRestore>()
  const assignment = { graph: adopted, restores, dropped: unclaimed, matched }
  for (const vertex of adopted.vertices) {
    const error = channelRefusal(assignment, vertex, place)
    if (error !== undefined) refusals.push({ operator: vertex.operators[0]!.id, error })
    // What does not fit has no shares.
    if (vertex.operators.some(({ id }) => misfits.some(({ operator }) => operator === id))) continue
    for (const [index, restore] of restoresOf(adopted, vertex, matching, manifest.checkpointId).entries()) {
      if (restore !== undefined) restores.set(subtaskId(vertex.id, index), restore)
    }
  }
  const fits = refusals.every(({ error }) => error.code === 'RESTORE_STATE_UNMATCHED')
  if (rules.exactlyOnce === true && fits) {
    refusals.push(...refusalOf(() => refuseFedFinished(assignment, place)))
  }
  return { assignment, matching, refusals }
}

/** What a check refuses, for the operator that it names. */
function refusalOf(check: () => void): readonly Refusal[] {
  try {
    check()
    return []
  } catch (error) {
    if (!(error instanceof StreamError) || error.code === 'BUG') throw error
    return [{ operator: error.details.operatorId as OperatorId | undefined, error }]
  }
}

/** Only the head of a chain has keys, and its state brings their groups. */
const adopt = (vertex: JobVertex, matching: Matching): JobVertex =>
  adoptMaxParallelism(vertex, heritageOf(vertex.operators[0]!, matching))

const heritageOf = ({ id }: JobOperator, { keyed, unkeyed }: Matching): Heritage => ({
  keyed: keyed.get(id) ?? [],
  unkeyed: unkeyed.get(id) ?? [],
})

const refuseParallelism = (graph: JobGraph, matching: Matching): readonly Refusal[] =>
  graph.vertices.flatMap((vertex) =>
    vertex.operators.flatMap((operator) => {
      const error = parallelismRefusal(vertex, operator, heritageOf(operator, matching))
      return error === undefined ? [] : [{ operator: operator.id, error }]
    }),
  )

/** What each subtask of a vertex restores. */
function restoresOf(
  graph: JobGraph,
  vertex: JobVertex,
  matching: Matching,
  checkpointId: CheckpointId,
): readonly (SubtaskRestore | undefined)[] {
  const { parallelism } = vertex
  const shares = vertex.operators.map((operator) => shareState(vertex, operator, heritageOf(operator, matching)))
  const head = matching.matched.get(vertex.operators[0]!.id)
  const channels = head === undefined ? [] : shareChannels(graph, vertex, head)
  const places = vertex.operators.flatMap(({ id }) => matching.matched.get(id) ?? [])
  return Array.from({ length: parallelism }, (_, index) => {
    const operators = shares.flatMap((share) => share[index] ?? [])
    const inFlight = channels[index] ?? []
    const finished = places.length > 0 && places.every((place) => hadFinished(place, index, parallelism))
    if (operators.length === 0 && inFlight.length === 0 && !finished) return undefined
    return { checkpointId, operators, ...(inFlight.length > 0 && { inFlight }), finished }
  })
}

/** The refusal of a restore that would lose state. */
export function unmatched(unclaimed: UnclaimedState, graph: JobGraph, path: string): StreamError {
  const { stored, heir, states, lists, unkeyed } = unclaimed
  const details = { operator: stored.name, operatorId: stored.id, uid: stored.uid ?? null }
  const drop = 'or drop the state with --allowNonRestoredState'
  if (heir !== undefined) {
    const names = [
      ...[...states, ...lists].map(({ name }) => `"${name}"`),
      ...(unkeyed ? ['that belongs to no key'] : []),
    ]
    const other = otherContents(heir, states)
    const own =
      other !== undefined && !unkeyed && lists.length === 0 && states.every((state) => isOwnState(heir, state))
    const remedy = own
      ? 'let it compute what it computed before, or begin anew, with another uid and --allowNonRestoredState'
      : `declare it there, move it with --map-state, ${drop}`
    return new StreamError(
      'RESTORE_STATE_UNMATCHED',
      `${path} has state ${names.join(', ')} of operator ${labelOf(stored)}, which ${labelOf(heir)} of the program does not ` +
        `keep${other === undefined ? '' : `: ${other}`}. Either ${remedy}.`,
      { details },
    )
  }
  const known = graph.vertices.flatMap(({ operators }) => operators.map(labelOf)).join(', ')
  const remedy = stored.uid === undefined ? `.setUidHash('${stored.id}')` : `.uid('${stored.uid}')`
  return new StreamError(
    'RESTORE_STATE_UNMATCHED',
    `${path} has state for operator ${labelOf(stored)}, which the program does not have; it has ${known}. Either give the ` +
      `operator that should take it ${remedy}, or name it with --map-state ${mappingName(stored.uid ?? stored.id)}=<uid>, ${drop}. --dry-run ` +
      'lists all that is to do.',
    { details },
  )
}
