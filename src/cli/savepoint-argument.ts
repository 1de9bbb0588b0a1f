/** Arguments of the commands that look into savepoints on disk. */
import { nodeFileSystem } from '../backends/file-system.ts'
import { errnoOf, isMissing, readError } from '../backends/storage-errors.ts'
import { StreamError } from '../core/errors.ts'
import { Storages } from '../job/storages.ts'
import { type OpenSavepointOptions, openSavepoint } from '../savepoint/open-savepoint.ts'
import type { SavepointReader } from '../savepoint/savepoint-reader.ts'
import type { Invocation } from './command.ts'
import { type Flag, UsageError } from './flags.ts'
import { noMoreThan, pathFrom } from './job-argument.ts'

export const jsonFlag: Flag = { names: ['--json'], value: 'none', about: 'As JSON, for programs.' }

/** The paths that a command takes, absolute. Fails with `UsageError` when it got another number of them. */
export function pathsOf({ flags, context }: Invocation, names: readonly string[]): readonly string[] {
  const { args } = flags
  const missing = names[args.length]
  if (missing !== undefined) throw new UsageError(`Missing argument: ${missing}.`)
  noMoreThan(names.length, args)
  return args.map((path) => pathFrom(context.cwd, path))
}

/**
 * How a savepoint is opened: what has a URL is found by the plugins that configuration names, which are loaded when the first
 * URL comes.
 */
export function openingOf(invocation: Invocation): OpenSavepointOptions {
  let storages: Promise<Storages> | undefined
  return {
    async resolveUrl(url) {
      storages ??= invocation.plugins().then((plugins) => new Storages({ plugins }))
      return (await storages).find(url)
    },
  }
}

/** Opens the savepoint at a path. Fails as `openSavepoint` does. */
export const opened = (path: string, invocation: Invocation): Promise<SavepointReader> =>
  openSavepoint(path, openingOf(invocation))

/** Fails with `ARGUMENT_INVALID` where there is no directory, since what is looked for in it would seem not to be. */
export async function checkDirectory(path: string): Promise<void> {
  try {
    await nodeFileSystem.list(path)
  } catch (error) {
    if (!isMissing(error) && errnoOf(error) !== 'ENOTDIR') throw readError(error, path)
    throw new StreamError('ARGUMENT_INVALID', `There is no directory ${path}: expected one to look into.`, {
      cause: error,
      details: { path },
    })
  }
}

/** The value of a flag that takes a number from 0. Fails with `UsageError`. */
export function countOf({ flags }: Invocation, name: string, fallback: number): number {
  const text = flags.value(name)
  if (text === undefined) return fallback
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`Option ${name} takes a number from 0, but got "${text}".`)
}
