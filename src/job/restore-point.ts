/**
 * Where a submission starts from: a savepoint or checkpoint by its path, the newest checkpoint of the job of that name,
 * or nothing; and what of it each operator would get.
 */
import type { CheckpointStorage, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { handlesOf, type ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { hasState } from '../deployment/operator-matching.ts'
import { assignState, type RestoreRules, type StateAssignment } from '../deployment/state-assignment.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { RestorePlan, SubmitOptions } from './session.ts'
import type { Storages } from './storages.ts'

export interface RestorePoint {
  readonly snapshot: StoredSnapshot
  /** By which the assignment was made. */
  readonly rules: RestoreRules
  readonly assignment: StateAssignment
}

/**
 * Fails with `JOB_FINISHED` when there is nothing left to resume, with `CHECKPOINT_NOT_FOUND` when nothing could be
 * resumed because checkpoints are in memory and there is none, with `SAVEPOINT_NOT_FOUND`, the codes of a damaged snapshot, and those of `assignState`.
 */
export async function findRestorePoint(
  graph: JobGraph,
  jobName: string,
  submit: SubmitOptions,
  storages: Storages,
  storage: CheckpointStorage,
): Promise<RestorePoint | undefined> {
  const { fromSavepoint, resume, allowNonRestoredState = false, stateMapping = [] } = submit
  if (fromSavepoint !== undefined && resume === true) {
    throw new StreamError('ARGUMENT_INVALID', 'A job either resumes or starts from a savepoint: both were asked for.')
  }
  let snapshot: StoredSnapshot | undefined
  if (fromSavepoint !== undefined) snapshot = await storages.find(fromSavepoint)
  else if (resume === true) {
    const finished = await storage.finishedJob(jobName)
    if (finished !== undefined) throw jobFinished(jobName, finished)
    snapshot = await storage.newest(jobName)
    if (snapshot === undefined && storage.kind === 'jobmanager') throw nothingInMemory(jobName)
  }
  if (snapshot === undefined) return undefined
  const rules = { allowNonRestoredState, stateMapping, path: snapshot.path }
  return { snapshot, rules, assignment: assignState(graph, snapshot.manifest, rules) }
}

export const jobFinished = (jobName: string, id: JobId): StreamError =>
  new StreamError(
    'JOB_FINISHED',
    `Job "${jobName}" (${id}) has finished: there is nothing to resume. To run it again, leave --resume out.`,
    { details: { job: id } },
  )

/** A directory may be empty at the first start; memory is empty at every start, so that to go on would be to begin anew. */
const nothingInMemory = (jobName: string): StreamError =>
  new StreamError(
    'CHECKPOINT_NOT_FOUND',
    `Job "${jobName}" cannot resume: its checkpoints are kept in the memory of a process ("jobmanager"), and this process ` +
      'has none. Set "state.checkpoints.dir" to a directory to resume after the end of a process, or leave --resume out ' +
      'to start from the beginning.',
    { details: { job: jobName, key: 'state.checkpoints.dir' } },
  )

const bytesOf = ({ subtasks }: ManifestOperator): number =>
  subtasks.flatMap(handlesOf).reduce((sum, { length }) => sum + length, 0)

/** The restore, operator by operator: those of the program first, then the state that nobody takes. */
export function restorePlanOf(graph: JobGraph, point: RestorePoint): RestorePlan {
  const { snapshot, assignment } = point
  const operators = graph.vertices.flatMap(({ operators }) =>
    operators.map(({ id, uid, name, operator }) => {
      const stored = assignment.matched.get(id)
      const bytes = stored === undefined ? 0 : bytesOf(stored)
      const restored = stored !== undefined && hasState(stored)
      const outcome = restored ? 'restored' : operator.stateful ? 'new' : 'stateless'
      return { id, uid, name, outcome, bytes } as const
    }),
  )
  const dropped = assignment.dropped.map(({ stored }) => {
    const { id, uid, name } = stored
    return { id, uid, name, outcome: 'dropped', bytes: bytesOf(stored) } as const
  })
  return { path: snapshot.path, operators: [...operators, ...dropped] }
}
