/**
 * Where a submission starts from: a savepoint or checkpoint by its path, the newest checkpoint of the job of that name,
 * or nothing.
 */
import type { CheckpointStorage, StartPlace, StoredJob, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { StreamError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { planRestore, type RestoreDecision } from '../deployment/restore-plan.ts'
import type { RestoreRules, StateAssignment } from '../deployment/state-assignment.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { EffectiveOptions } from './effective-options.ts'
import type { SubmitOptions } from './session.ts'
import type { Storages } from './storages.ts'

/** A snapshot, and how the program would take it over. */
export interface RestoreCandidate extends RestoreDecision {
  readonly snapshot: StoredSnapshot
  /** The job that goes on, if one does; a job from a savepoint is a new one. */
  readonly resumes: JobId | undefined
  readonly rules: RestoreRules
  /** What the job's storage is to know of it. */
  readonly opening: Pick<StoredJob, 'startsFrom' | 'goesOnFrom'>
}

interface Found extends Pick<RestoreCandidate, 'snapshot' | 'resumes' | 'opening'> {
  /** What the person or the job named: a savepoint may point to the snapshot. */
  readonly named: string
}

/** One from which the program starts. */
export interface RestorePoint extends Omit<RestoreCandidate, 'outcome'> {
  readonly assignment: StateAssignment
}

/**
 * Fails with `JOB_FINISHED` when there is nothing left to resume, with `CHECKPOINT_NOT_FOUND` when nothing could be
 * resumed because checkpoints are in memory and there is none, with `SAVEPOINT_NOT_FOUND`, and the codes of a damaged
 * snapshot.
 */
export async function findRestoreCandidate(
  graph: JobGraph,
  { name, checkpointing }: EffectiveOptions,
  submit: SubmitOptions,
  storages: Storages,
  storage: CheckpointStorage,
): Promise<RestoreCandidate | undefined> {
  const found = await findSnapshot(name, submit, storages, storage)
  if (found === undefined) return undefined
  const { named, ...place } = found
  const { snapshot } = place
  const { allowNonRestoredState = false, stateMapping = [] } = submit
  // With at-least-once, what had not finished may have sent all it has to what had: it is repeated to nobody, rightly.
  const exactlyOnce = checkpointing.mode === 'exactly-once'
  const rules = { allowNonRestoredState, stateMapping, exactlyOnce, path: snapshot.path, named }
  return { ...place, rules, ...planRestore(graph, snapshot.manifest, rules) }
}

/** Fails with the first of what speaks against it. */
export function restorePointOf({ outcome, ...candidate }: RestoreCandidate): RestorePoint {
  if (outcome.type === 'refused') throw outcome.error
  return { ...candidate, assignment: outcome.assignment }
}

async function findSnapshot(
  jobName: string,
  { fromSavepoint, claimMode, resume = false, stateMapping = [] }: SubmitOptions,
  storages: Storages,
  storage: CheckpointStorage,
): Promise<Found | undefined> {
  if (fromSavepoint !== undefined && resume) {
    throw new StreamError('ARGUMENT_INVALID', 'A job either resumes or starts from a savepoint: both were asked for.')
  }
  if (fromSavepoint !== undefined) {
    const snapshot = await storages.find(fromSavepoint)
    const start = storages.startAt(fromSavepoint, snapshot)
    const startsFrom = claimMode === 'claim' ? undefined : start
    return { snapshot, resumes: undefined, opening: { startsFrom }, named: start.path }
  }
  if (!resume) {
    if (stateMapping.length === 0) return undefined
    throw new StreamError(
      'ARGUMENT_INVALID',
      'State is to be mapped, but the job starts from nothing: name a savepoint, or resume.',
    )
  }
  const finished = await storage.finishedJob(jobName)
  if (finished !== undefined) throw jobFinished(jobName, finished)
  const newest = await storage.newest(jobName)
  // A job that has claimed a snapshot and has no checkpoint of its own yet goes on from that one.
  const claim = await storage.claims?.ofJob(jobName)
  if (claim !== undefined && newest?.manifest.job.id !== claim.job) {
    const { savepoint, snapshot: state, made, checkpointId } = claim.place
    const named = savepoint ?? state
    const snapshot =
      made === undefined
        ? await storages.find(named)
        : await startOfJob(jobName, claim.job, { path: named, job: made.job, checkpointId }, storages)
    return { snapshot, resumes: claim.job, opening: {}, named }
  }
  const start = await storage.startOf?.(jobName)
  if (start !== undefined && newest?.manifest.job.id !== start.job) {
    const snapshot = await startOfJob(jobName, start.job, start.place, storages)
    return { snapshot, resumes: start.job, opening: { startsFrom: start.place }, named: start.place.path }
  }
  if (newest !== undefined) {
    const { job, checkpointId } = newest.manifest
    return { snapshot: newest, resumes: job.id, opening: { goesOnFrom: checkpointId }, named: newest.path }
  }
  if (storage.kind === 'jobmanager') throw nothingInMemory(jobName)
  return undefined
}

/** Where a job without a checkpoint of its own started. An older job of its name is no way on. */
async function startOfJob(
  jobName: string,
  id: JobId,
  { path, job, checkpointId }: StartPlace,
  storages: Storages,
): Promise<StoredSnapshot> {
  const lost = (code: StreamError['code'], why: string, cause?: StreamError) =>
    new StreamError(
      code,
      `Job "${jobName}" (${id}) cannot resume: it has no checkpoint of its own yet and goes on from where it started, ${path}. ` +
        `${why} Put back what was there, or name what to go on from with -s; to start from the beginning on purpose, ` +
        'leave --resume out.',
      { cause, details: { ...cause?.details, job: id, path } },
    )
  const snapshot = await storages.find(path).catch((error: unknown) => {
    throw error instanceof StreamError ? lost(error.code, error.message, error) : error
  })
  const { manifest } = snapshot
  if (manifest.job.id === job && manifest.checkpointId === checkpointId) return snapshot
  throw lost(
    'SAVEPOINT_NOT_FOUND',
    `What is there now is another one: expected checkpoint ${checkpointId} of job ${job}, got checkpoint ` +
      `${manifest.checkpointId} of job ${manifest.job.id}.`,
  )
}

export const jobFinished = (jobName: string, id: JobId): StreamError =>
  new StreamError(
    'JOB_FINISHED',
    `Job "${jobName}" (${id}) has finished: there is nothing to resume. To run it again, leave --resume out; to go on ` +
      'from a self-contained savepoint with which it was stopped, name that with -s.',
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
