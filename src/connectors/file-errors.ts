/** What the file system says, as errors of sources and sinks that name the path. */
import { type ErrorCode, messageOf, StreamError } from '../core/errors.ts'

export const codeOf = (thrown: unknown): string | undefined =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : undefined

const isMissing = (thrown: unknown): boolean => codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR'
const isFull = (thrown: unknown): boolean => codeOf(thrown) === 'ENOSPC' || codeOf(thrown) === 'EDQUOT'
const isRefused = (thrown: unknown): boolean => ['EACCES', 'EPERM', 'EISDIR'].includes(codeOf(thrown) ?? '')

/** An input file cannot be read: gone (`SOURCE_FILE_MISSING`) or anything else (`SOURCE_FAILED`). */
export function inputFileError(thrown: unknown, operator: string, path: string): StreamError {
  if (thrown instanceof StreamError) return thrown
  const details = { operator, path }
  if (isMissing(thrown)) {
    const message = `The input file ${path} of source "${operator}" has vanished: expected it until it is read to its end.`
    return new StreamError('SOURCE_FILE_MISSING', message, { cause: thrown, details })
  }
  const message = `The input file ${path} of source "${operator}" cannot be read: ${messageOf(thrown)}.`
  return new StreamError('SOURCE_FAILED', message, { cause: thrown, restartable: !isRefused(thrown), details })
}

/** An output file cannot be written or committed: `STORAGE_FULL` or `SINK_FAILED`. */
export function outputFileError(thrown: unknown, operator: string, path: string): StreamError {
  if (thrown instanceof StreamError) return thrown
  const code: ErrorCode = isFull(thrown) ? 'STORAGE_FULL' : 'SINK_FAILED'
  const what = isFull(thrown) ? 'the disk is full' : messageOf(thrown)
  const message = `The output file ${path} of sink "${operator}" cannot be written: ${what}.`
  return new StreamError(code, message, { cause: thrown, restartable: true, details: { operator, path } })
}

/** An output directory cannot be made or written: `STORAGE_FULL` or `DIRECTORY_NOT_WRITABLE`. */
export function outputDirectoryError(thrown: unknown, operator: string, path: string): StreamError {
  if (isFull(thrown)) return outputFileError(thrown, operator, path)
  const message = `The output directory ${path} of sink "${operator}" cannot be created or written: ${messageOf(thrown)}.`
  return new StreamError('DIRECTORY_NOT_WRITABLE', message, { cause: thrown, details: { operator, path } })
}

/** A part that a checkpoint covers is neither where it waits nor committed, or has another size. */
export function lostPartError(
  operator: string,
  path: string,
  expected: number,
  bytes: number | undefined,
): StreamError {
  const got = bytes === undefined ? 'no such file' : `${bytes} bytes`
  const message = `A part that a checkpoint of sink "${operator}" covers is damaged or lost: expected ${expected} bytes in ${path}, got ${got}. To resume into another directory, copy .pending of the old one into it first.`
  return new StreamError('SINK_FAILED', message, { details: { operator, path, expected, got } })
}

export function takenNameError(operator: string, path: string): StreamError {
  const message = `Sink "${operator}" will not overwrite ${path}: expected that nobody else writes files of this name.`
  return new StreamError('SINK_FAILED', message, { details: { operator, path } })
}
