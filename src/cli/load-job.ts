/**
 * Loads a job file, TypeScript or JavaScript: its default export is an environment, or a function of the arguments that
 * gives one. Owns what is said about a file that cannot be used, with the line and without a stack.
 */
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf, StreamError } from '../core/errors.ts'
import { isStreamEnvironment, type StreamEnvironment } from '../program/environment.ts'
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
    const line = lineOf(error, path)
    const where = line === undefined ? '' : ` (line ${line})`
    throw new StreamError('JOB_FILE_INVALID', `${path} cannot be loaded${where}: ${firstLine(error, path)}`, {
      cause: error,
      details: { file: path, ...(line === undefined ? {} : { line }) },
    })
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

interface BuildMessage {
  readonly text?: string
  readonly location?: { readonly line?: number } | null
}

const buildErrors = (error: unknown): readonly BuildMessage[] => {
  const errors = memberOf(error, 'errors')
  return Array.isArray(errors) ? (errors as BuildMessage[]) : []
}

/** What went wrong in one line: the first message of a compiler, else that of the error, without URLs of ours. */
function firstLine(error: unknown, path: string): string {
  const message = messageOf(error)
  const text = buildErrors(error)[0]?.text ?? /: ERROR: (.+)/.exec(message)?.[1] ?? message.split('\n')[0]!
  return text.replace(/\?load=\d+/g, '').replaceAll(`${path}: `, '')
}

/** The line of the job file at fault: from a compiler's message, from the stack, or from Node's own check of it. */
export function lineOf(error: unknown, path: string): number | undefined {
  const built = buildErrors(error)[0]?.location?.line
  if (built !== undefined) return built
  const inFile = new RegExp(`${quoted(basename(path))}(?:\\?load=\\d+)?:(\\d+)`)
  const line = inFile.exec(error instanceof Error ? `${error.message}\n${error.stack}` : '')?.[1]
  if (line !== undefined) return Number(line)
  // The message of a syntax error says where only when Node prints it itself.
  if (!(error instanceof SyntaxError) || !/\.[cm]?js$/.test(path)) return undefined
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: 10_000 })
  const checked = inFile.exec(stderr)?.[1]
  return checked === undefined ? undefined : Number(checked)
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
