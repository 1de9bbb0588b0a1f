/** What is said about a module of the user that cannot be loaded: the line and the message, without a stack or URLs of ours. */
import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import { type ErrorCode, messageOf, StreamError } from '../core/errors.ts'

/** The error about what was thrown while the module at `path` was loaded. */
export function moduleFailure(code: ErrorCode, path: string, thrown: unknown): StreamError {
  const line = lineOf(thrown, path)
  const where = line === undefined ? '' : ` (line ${line})`
  return new StreamError(code, `${path} cannot be loaded${where}: ${firstLine(thrown, path)}`, {
    cause: thrown,
    details: { file: path, ...(line === undefined ? {} : { line }) },
  })
}

interface BuildMessage {
  readonly text?: string
  readonly location?: { readonly line?: number } | null
}

const buildErrors = (error: unknown): readonly BuildMessage[] => {
  const errors = typeof error === 'object' && error !== null && 'errors' in error ? error.errors : undefined
  return Array.isArray(errors) ? (errors as BuildMessage[]) : []
}

/** What went wrong in one line: the first message of a compiler, else that of the error, without URLs of ours. */
function firstLine(error: unknown, path: string): string {
  const message = messageOf(error)
  const text = buildErrors(error)[0]?.text ?? /: ERROR: (.+)/.exec(message)?.[1] ?? message.split('\n')[0]!
  return text.replace(/\?load=\d+/g, '').replaceAll(`${path}: `, '')
}

/** The line of the module at fault: from a compiler's message, from the stack, or from Node's own check of it. */
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
