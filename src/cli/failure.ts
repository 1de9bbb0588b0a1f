/** Puts a command's own words before an error, keeping its code. */
import { asStreamError, messageOf, StreamError } from '../core/errors.ts'

/** Does something; when that fails, the sentence says what failed and then why. */
export async function explaining<T>(sentence: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StreamError && error.code === 'SESSION_UNREACHABLE') throw error
    const { code, restartable, details } = asStreamError(error, 'BUG', sentence)
    throw new StreamError(code, `${sentence}: ${messageOf(error)}`, { cause: error, restartable, details })
  }
}
