/**
 * Loads a job file, TypeScript or JavaScript: its default export is an environment, or a function of the arguments that
 * gives one. Owns what is said about a file that cannot be used, with the line and without a stack.
 */
import { statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { StreamError } from '../core/errors.ts'
import { isStreamEnvironment, type StreamEnvironment } from '../program/environment.ts'
import { moduleFailure } from './module-failure.ts'
import { refusingExecute } from './refuse-execute.ts'

let loads = 0

/**
 * The program of a job file, built anew each time. Fails with `JOB_FILE_NOT_FOUND`, `JOB_FILE_INVALID`, and with
 * whatever `StreamError` the program itself meets.
 */
export async function loadJob(
  path: string,
  args: readonly string[],
  importModule: (url: string) => Promise<unknown>,
): Promise<StreamEnvironment> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new StreamError('JOB_FILE_NOT_FOUND', `There is no job file ${path}.`, { details: { file: path } })
  }
  try {
    return await refusingExecute(path, async () => {
      // Modules are cached by URL, so each load has its own.
      const loaded = await importModule(`${pathToFileURL(path).href}?load=${++loads}`)
      const exported = defaultOf(loaded)
      const program: unknown = typeof exported === 'function' ? await exported(args) : exported
      if (isStreamEnvironment(program)) return program
      throw unusable(path, `its default export is ${describe(exported, program)}`)
    })
  } catch (error) {
    if (error instanceof StreamError) throw error
    throw moduleFailure('JOB_FILE_INVALID', path, error)
  }
}

/** The default export; a file that was made a CommonJS module has it one level down. */
function defaultOf(loaded: unknown): unknown {
  const exported = memberOf(loaded, 'default')
  return isStreamEnvironment(exported) || typeof exported === 'function'
    ? exported
    : (memberOf(exported, 'default') ?? exported)
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined

const unusable = (path: string, why: string): StreamError =>
  new StreamError(
    'JOB_FILE_INVALID',
    `${path} is no job: ${why}; expected \`export default env\`, where env is a StreamEnvironment, or a function that ` +
      'returns one.',
    { details: { file: path } },
  )

const describe = (exported: unknown, program: unknown): string => {
  if (exported === undefined) return 'missing'
  if (typeof exported === 'function') return `a function that returned ${kindOf(program)}`
  return kindOf(exported)
}

const kindOf = (value: unknown): string =>
  value === null || value === undefined ? String(value) : Array.isArray(value) ? 'an array' : `of type ${typeof value}`
