/** What the file system says, as a `StreamError` that names the path and, where there is one, the way out. */
import { messageOf, StreamError } from '../core/errors.ts'

export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

export const isMissing = (error: unknown): boolean => errnoOf(error) === 'ENOENT'

/** Is something else there than a file: a directory, a pipe, a socket, a device? */
export const isNoFile = (error: unknown): boolean => ['EISDIR', 'EFTYPE'].includes(errnoOf(error) ?? '')

/** `action` is what was tried, for example "write". */
export function storageError(error: unknown, action: string, path: string): StreamError {
  if (error instanceof StreamError) return error
  const options = { cause: error, restartable: true, details: { path, errno: errnoOf(error) ?? null } }
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StreamError('STORAGE_FULL', `Cannot ${action} ${path}: the disk is full.`, options)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return new StreamError(
        'DIRECTORY_NOT_WRITABLE',
        `Cannot ${action} ${path}: expected a directory that this process may write to (${messageOf(error)}).`,
        options,
      )
    default:
      return new StreamError('STORAGE_FAILED', `Cannot ${action} ${path}: ${messageOf(error)}.`, options)
  }
}

/** Is the content at fault, so that to read it again would not help? */
export const isDamage = (error: unknown): error is StreamError =>
  error instanceof StreamError && error.code !== 'STORAGE_FAILED'

/** What kept something from being read; unlike a failed write, it never blames rights to write. */
export function readError(error: unknown, path: string): StreamError {
  if (error instanceof StreamError) return error
  const details = { path, errno: errnoOf(error) ?? null }
  return new StreamError('STORAGE_FAILED', `Cannot read ${path}: ${messageOf(error)}.`, {
    cause: error,
    restartable: true,
    details,
  })
}

/** Awaits `work`, which only reads, and turns its failure into a `StreamError`. */
export async function asRead<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw readError(error, path)
  }
}

/** Awaits `work` and turns its failure into a `StreamError`. */
export async function asStorage<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storageError(error, action, path)
  }
}
