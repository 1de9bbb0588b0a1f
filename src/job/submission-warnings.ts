/** What a person should know about a submission that is not wrong, but may not be what was meant. Sentences only. */
import { resolve } from 'node:path'
import type { CheckpointStorage } from '../backends/checkpoint-storage.ts'
import type { JobId } from '../core/ids.ts'
import type { EffectiveOptions } from './effective-options.ts'
import type { RestorePoint } from './restore-point.ts'
import type { SubmitOptions } from './session.ts'

/** Names told beside the one that was not found. */
const namesTold = 5

export interface SubmissionFacts {
  readonly effective: EffectiveOptions
  readonly submit: SubmitOptions
  readonly point: RestorePoint | undefined
  readonly storage: CheckpointStorage
  /** Running jobs of the session. */
  readonly running: readonly { readonly id: JobId; readonly name: string }[]
}

/** The warnings about one submission. Fails as the storage does. */
export async function submissionWarnings(facts: SubmissionFacts): Promise<readonly string[]> {
  const { effective, submit, point, running } = facts
  const warnings = running
    .filter(({ name }) => name === effective.name)
    .map(
      ({ id }) =>
        `Job "${effective.name}" runs already, as ${id}: --resume goes by the name and would go on from ` +
        'whichever of them was checkpointed last, and both may write to the same output directories. Give one another ' +
        'name (--name).',
    )
  return submit.resume === true && point === undefined ? [...warnings, await nothingToResume(facts)] : warnings
}

async function nothingToResume({ effective: { name, storage: place }, storage }: SubmissionFacts): Promise<string> {
  const others = (await storage.jobNames()).filter((other) => other !== name)
  const more = others.length > namesTold ? ` and ${others.length - namesTold} more` : ''
  const where = place.kind === 'custom' ? place.url : place.kind === 'filesystem' ? resolve(place.dir) : 'this process'
  return (
    `There is nothing to resume: ${where} has no checkpoint of job "${name}", so it starts from the beginning. ` +
    (others.length === 0
      ? 'No other job has been checkpointed there.'
      : `Other jobs there: ${others
          .slice(0, namesTold)
          .map((other) => `"${other}"`)
          .join(', ')}${more}.`)
  )
}

/** Said when a savepoint is in memory while the job's checkpoints are not. */
export const savepointInMemory = (jobName: string, path: string): string =>
  `Savepoint ${path} is in the memory of this process and is lost with it, although the checkpoints of job "${jobName}" ` +
  'are not: to keep savepoints, set "savepoints.state.backend" to "filesystem" and "state.savepoints.dir" to a ' +
  'directory, or the option "savepoint" of the program.'
