/** How an error becomes an HTTP answer: a status, a body of Flink's shape without a stack, and our code in a header. */
import type { ErrorCode } from '../core/error-codes.ts'
import { messageOf, StreamError } from '../core/errors.ts'

/** Carries the error's code, because the body has Flink's fields only. */
export const errorCodeHeader = 'tidemark-error-code'

const statuses: Partial<Record<ErrorCode, 401 | 403 | 404 | 409 | 413 | 500 | 503>> = {
  BUG: 500,
  JOB_NOT_FOUND: 404,
  JOB_FILE_NOT_FOUND: 404,
  CHECKPOINT_NOT_FOUND: 404,
  SAVEPOINT_NOT_FOUND: 404,
  TRIGGER_NOT_FOUND: 404,
  ENDPOINT_NOT_FOUND: 404,
  JOB_NOT_RUNNING: 409,
  TRIGGER_CONFLICT: 409,
  CLAIM_REFUSED: 409,
  SAVEPOINT_IN_USE: 409,
  SUBMISSION_DISABLED: 409,
  REQUEST_TOO_LARGE: 413,
  REQUEST_UNAUTHORIZED: 401,
  REQUEST_FORBIDDEN: 403,
  OPERATIONS_FULL: 503,
  STORAGE_FAILED: 500,
  STORAGE_FULL: 500,
  LEASE_LOST: 500,
  SAVEPOINT_NOT_WITHDRAWN: 500,
}

/** The answer to a request that failed. Whatever is no `StreamError` is a fault of ours, and says so. */
export function errorResponse(thrown: unknown): Response {
  const error =
    thrown instanceof StreamError
      ? thrown
      : new StreamError('BUG', `This must not happen, please report it: ${messageOf(thrown)}.`, { cause: thrown })
  return Response.json(
    { errors: [error.message] },
    {
      status: statuses[error.code] ?? 400,
      headers: {
        [errorCodeHeader]: error.code,
        ...(error.code === 'REQUEST_UNAUTHORIZED' ? { 'www-authenticate': 'Bearer' } : {}),
      },
    },
  )
}
