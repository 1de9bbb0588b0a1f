/**
 * Snapshot × program → what each subtask restores, or why it cannot: pure.
 *
 * Who takes whose state is settled before (`operator-matching.ts`). This version restores at equal parallelism only, and
 * refuses anything else by name. Records that were on their way (`channel-check.ts`) go with the operator that would have
 * received them.
 */
import type { KeyedPiece, OperatorRestore, SubtaskRestore } from '../actors/subtask-descriptor.ts'
import type { ChannelStateHandle, Manifest, ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import { type OperatorId, type SubtaskId, subtaskId } from '../core/ids.ts'
import type { JobGraph, JobOperator, JobVertex } from '../graph/job-graph.ts'
import { checkChannels } from './channel-check.ts'
import { hasState, type KeyedSource, type Matching, matchOperators, type UnclaimedState } from './operator-matching.ts'
import { labelOf, type StateMapping } from './state-mapping.ts'

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

const matters = (operator: ManifestOperator): boolean =>
  hasState(operator) || operator.subtasks.some(({ finished }) => finished)

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
  const adopted = { ...graph, vertices: graph.vertices.map((vertex) => adopt(vertex, matching)) }
  const restores = new Map<SubtaskId, SubtaskRestore>()
  for (const vertex of adopted.vertices) {
    for (let index = 0; index < vertex.parallelism; index++) {
      const restore = restoreOf(vertex, index, matching, manifest)
      checkChannels({ graph: adopted, matched }, vertex, index, rules.path)
      if (restore !== undefined) restores.set(subtaskId(vertex.id, index), restore)
    }
  }
  return { graph: adopted, restores, dropped: unclaimed, matched }
}

/** Checks both parallelisms of a vertex; gives it the maximum parallelism of its state if the program set none. */
function adopt(vertex: JobVertex, { matched, keyed }: Matching): JobVertex {
  let adopted: number | undefined
  for (const operator of vertex.operators) {
    const own = matched.get(operator.id)
    const sources = (keyed.get(operator.id) ?? []).map(({ stored }) => stored)
    for (const stored of new Set(own === undefined || !matters(own) ? sources : [...sources, own])) {
      refuseParallelism(operator, stored, vertex)
      const groups = vertex.maxParallelismExplicit ? vertex.maxParallelism : adopted
      const bound = vertex.maxParallelismExplicit || sources.includes(stored)
      if (bound && groups !== undefined && stored.maxParallelism !== groups) throw otherGroups(operator, stored, groups)
      // It binds keyed state, which only the head of a chain can have: the head's word counts before the others'.
      adopted ??= stored.maxParallelism
    }
  }
  return adopted === undefined ? vertex : { ...vertex, maxParallelism: adopted }
}

function refuseParallelism(operator: JobOperator, stored: ManifestOperator, { parallelism }: JobVertex): void {
  if (stored.parallelism === parallelism) return
  throw new StreamError(
    'RESTORE_PARALLELISM_MISMATCH',
    `Operator ${labelOf(operator)} has parallelism ${parallelism}, but its state was written with parallelism ` +
      `${stored.parallelism}. Restoring needs equal parallelism: set it with .setParallelism(${stored.parallelism}).`,
    { details: { operator: operator.name, expected: stored.parallelism, got: parallelism } },
  )
}

const otherGroups = (operator: JobOperator, stored: ManifestOperator, groups: number): StreamError =>
  new StreamError(
    'RESTORE_MAX_PARALLELISM_MISMATCH',
    `Operator ${labelOf(operator)} has maximum parallelism ${groups}, but its state was written with ` +
      `${stored.maxParallelism}, which cannot change: use .setMaxParallelism(${stored.maxParallelism}).`,
    { details: { operator: operator.name, expected: stored.maxParallelism, got: groups } },
  )

function restoreOf(
  vertex: JobVertex,
  index: number,
  { matched, keyed: sources }: Matching,
  manifest: Manifest,
): SubtaskRestore | undefined {
  const operators: OperatorRestore[] = []
  const inFlight: ChannelStateHandle[] = []
  let known = 0
  let finished = 0
  for (const { id, operator } of vertex.operators) {
    const part = matched.get(id)?.subtasks[index]
    if (part !== undefined) {
      known++
      if (part.finished) finished++
      inFlight.push(...(part.inFlight ?? []))
    }
    const keyed = (sources.get(id) ?? []).flatMap((source) => keyedPieces(source, index))
    const whole = operator.stateful ? part?.operator : undefined
    if (keyed.length === 0 && whole === undefined) continue
    operators.push({ operatorId: id, keyed, operator: whole === undefined ? [] : [{ handle: whole }] })
  }
  const done = known > 0 && finished === known
  if (operators.length === 0 && inFlight.length === 0 && !done) return undefined
  const onTheirWay = inFlight.length === 0 ? {} : { inFlight }
  return { checkpointId: manifest.checkpointId, operators, ...onTheirWay, finished: done }
}

const keyedPieces = ({ stored, states }: KeyedSource, index: number): KeyedPiece[] =>
  (stored.subtasks[index]?.keyed ?? []).map((handle) => ({ handle, ...(states !== undefined && { states }) }))

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
