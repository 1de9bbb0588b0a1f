/** What the file system says, as a `StreamError` that names the path and, where there is one, the way out. */
import { messageOf, StreamError } from '../core/errors.ts'

export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

export const isMissing = (error: unknown): boolean => errnoOf(error) === 'ENOENT'

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

/** Awaits `work` and turns its failure into a `StreamError`. */
export async function asStorage<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storageError(error, action, path)
  }
}
