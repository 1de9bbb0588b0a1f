/** How a command tells of an error: in one line, or behind words of its own, keeping the code. */
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

/** One line for people: the code and the sentence. */
export const describeError = (error: unknown): string =>
  error instanceof StreamError
    ? `error[${error.code}]: ${error.message}`
    : `error[BUG]: ${messageOf(error)} (TIDEMARK_DEBUG=1 shows where)`
