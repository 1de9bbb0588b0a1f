/** Arguments that name a job, a directory or a savepoint. Owns how they are read from the command line. */
import { resolve } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { type JobId, parseJobId } from '../core/ids.ts'
import { UsageError } from './flags.ts'

/** A job id. `what` ends the sentence about a missing one. Fails with `UsageError`. */
export function jobIdOf(text: string | undefined, what: string): JobId {
  if (text === undefined) throw new UsageError(`Missing JobID: name the job to ${what}; \`tidemark list\` shows them.`)
  try {
    return parseJobId(text)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

/** For a command that uses `used` of its arguments: one more is a mistake, found before anything happens. */
export function noMoreThan(used: number, args: readonly string[]): void {
  if (args.length > used) throw new UsageError(`Unexpected argument: ${args[used]}.`)
}

/**
 * A job id beside a flag whose directory may be left out: when no argument is left, what looked like the directory is
 * the id.
 */
export function jobIdAndDirectory(
  args: readonly string[],
  directory: string | undefined,
  what: string,
): { readonly jobId: JobId; readonly directory: string | undefined } {
  noMoreThan(1, args)
  return args.length > 0
    ? { jobId: jobIdOf(args[0], what), directory }
    : { jobId: jobIdOf(directory, what), directory: undefined }
}

/** A path as the session must hear it: absolute, because its working directory may be another. */
export const pathFrom = (cwd: string, path: string): string =>
  /^[a-z][a-z0-9+.-]+:/i.test(path) ? path : resolve(cwd, path)
