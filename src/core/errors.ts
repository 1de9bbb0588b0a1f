/**
 * The one error type that leaves tidemark, its table of codes, and assertions.
 *
 * A `StreamError` has a stable `code`, a sentence that names the thing at fault and says what was expected, the
 * `cause`, and whether a restart of the job can help. Codes are public: they may be added, never renamed.
 */
import type { ErrorCode } from './error-codes.ts'

export type { ErrorCode } from './error-codes.ts'

export interface StreamErrorOptions {
  readonly cause?: unknown
  /** Can restarting the job from its latest checkpoint help? True by default for failures while running. */
  readonly restartable?: boolean
  /** What the message names, as data: operator, uid, path, key, expected, got. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly code: ErrorCode
  readonly restartable: boolean
  readonly details: Readonly<Record<string, string | number | boolean | null>>

  constructor(code: ErrorCode, message: string, options: StreamErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.restartable = options.restartable ?? false
    this.details = options.details ?? {}
  }
}

/** The message of anything thrown, without its stack. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/** Anything thrown, as a `StreamError`: itself if it is one, else wrapped under `code` with `sentence`. */
export const asStreamError = (thrown: unknown, code: ErrorCode, sentence: string, restartable = true): StreamError =>
  thrown instanceof StreamError
    ? thrown
    : new StreamError(code, `${sentence}: ${messageOf(thrown)}`, { cause: thrown, restartable })

/** States what must always hold. A failed assertion is a bug in tidemark, never a user's mistake. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new StreamError('BUG', `This must not happen, please report it: ${what}.`)
}

/** Ends a `switch` over a closed union: a new member does not compile, an unknown one at run time throws. */
export function assertNever(value: never, what: string): never {
  throw new StreamError('BUG', `This must not happen, please report it: unknown ${what} ${JSON.stringify(value)}.`)
}
