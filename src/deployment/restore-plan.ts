/**
 * What a restore would do, operator by operator, before anything runs: pure over the program, the snapshot and what the
 * caller allows. Every submission that starts from a snapshot goes through `planRestore`, so that what it foretells and what
 * happens cannot differ.
 *
 * Owns the verdict and the order of what is wrong: all of it is listed, and the first is what a submission fails with. What a
 * single operator has to expect is in `planned-operator.ts`. Tests: test/deployment/restore-plan.test.ts.
 */
import type { Manifest } from '../backends/manifest.ts'
import type { SnapshotKind } from '../core/elements.ts'
import type { ErrorCode, StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId } from '../core/ids.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import { hasState, type Matching } from './operator-matching.ts'
import { type PlannedOperator, planDropped, planOperator } from './planned-operator.ts'
import { guessRenames } from './rename-guesses.ts'
import { type RestoreRules, type StateAssignment, tryAssignState } from './state-assignment.ts'
import { labelOf } from './state-mapping.ts'

/**
 * `lossless`: nothing is lost. `drops-state`: state would be lost, be that allowed or not. `impossible`: it cannot be restored,
 * whatever may be dropped.
 */
export type RestoreVerdict = 'lossless' | 'drops-state' | 'impossible'

/** What a submission would restore. Plain data. */
export interface RestorePlan {
  /** As it was named: of a savepoint, or of the snapshot itself. */
  readonly path: string
  readonly snapshot: {
    /** Where it is: another path than that of a savepoint that points to it. */
    readonly path: string
    readonly kind: SnapshotKind
    readonly checkpointId: CheckpointId
    /** Milliseconds since 1970. */
    readonly timestamp: number
    readonly job: { readonly id: JobId; readonly name: string }
  }
  readonly verdict: RestoreVerdict
  /** Would the job start? State is dropped only where that is allowed. */
  readonly starts: boolean
  /** Those of the program, in its order, then those of the snapshot that nobody takes over. */
  readonly operators: readonly PlannedOperator[]
  /** Why it would not start; a submission fails with the first. */
  readonly problems: readonly { readonly code: ErrorCode; readonly message: string }[]
  readonly warnings: readonly string[]
}

export interface RestoreDecision {
  readonly plan: RestorePlan
  readonly outcome:
    | { readonly type: 'restores'; readonly assignment: StateAssignment }
    | { readonly type: 'refused'; readonly error: StreamError }
}

export function planRestore(graph: JobGraph, manifest: Manifest, rules: RestoreRules): RestoreDecision {
  const { assignment, matching, refusals } = tryAssignState(graph, manifest, rules)
  const refusalsOf = (id: string) => refusals.filter(({ operator }) => operator === id).map(({ error }) => error)
  const program = assignment.graph.vertices.flatMap((vertex) =>
    vertex.operators.map((operator) => ({ operator, vertex })),
  )
  const kept = program.map(({ operator, vertex }) => planOperator(operator, vertex, matching, refusalsOf(operator.id)))
  const guesses = guessRenames(graph, matching)
  const lost = matching.unclaimed
    .filter(({ heir }) => heir === undefined)
    .map((unclaimed) => planDropped(unclaimed, guesses.get(unclaimed.stored.id)))
  const operators = [...kept, ...lost]
  const errors = refusals.map(({ error }) => error)
  const plan: RestorePlan = {
    path: rules.named ?? rules.path,
    snapshot: snapshotFacts(manifest, rules),
    verdict: verdictOf(operators, errors),
    starts: errors.length === 0,
    operators,
    problems: errors.map(({ code, message }) => ({ code, message })),
    warnings: positionWarnings(graph, matching),
  }
  const [error] = errors
  return { plan, outcome: error === undefined ? { type: 'restores', assignment } : { type: 'refused', error } }
}

const snapshotFacts = (
  { kind, checkpointId, timestamp, job }: Manifest,
  { path }: RestoreRules,
): RestorePlan['snapshot'] => ({
  path,
  kind,
  checkpointId,
  timestamp,
  job: { ...job },
})

function verdictOf(operators: readonly PlannedOperator[], errors: readonly StreamError[]): RestoreVerdict {
  if (errors.some(({ code }) => code !== 'RESTORE_STATE_UNMATCHED')) return 'impossible'
  const drops = ({ outcome, states }: PlannedOperator) =>
    outcome === 'dropped' || states.some((state) => state.outcome === 'dropped')
  return operators.some(drops) ? 'drops-state' : 'lossless'
}

/** State that is found by an operator's place in the program may be found by the wrong operator after an edit. */
function positionWarnings(graph: JobGraph, { matched }: Matching): readonly string[] {
  return graph.vertices
    .flatMap(({ operators }) => operators)
    .flatMap((operator) => {
      const stored = matched.get(operator.id)
      if (operator.uid !== undefined || stored?.id !== operator.id || !hasState(stored)) return []
      const doubt = stored.name === operator.name ? '' : `, where "${stored.name}" was: is it the same one?`
      return [
        `Operator ${labelOf(operator)} finds its state by its place in the program${doubt || '.'} An edit may give the place, and the ` +
          `state with it, to another operator: name it with .uid('…') and, once, .setUidHash('${operator.id}').`,
      ]
    })
}
