/** What the API says of asynchronous operations, in Flink's shape: in progress, or what has come of it. Pure. */
import type { StreamError } from '../core/errors.ts'
import { savepointOf } from '../job/savepoint-operations.ts'
import type { SavepointOperation } from '../program/job-handle.ts'
import { failureBody } from './job-bodies.ts'
import type { OperationResult } from './operations.ts'

/** The answer to a poll. The name of a failure differs by operation. */
export function resultBody(result: OperationResult | undefined, failureName: 'failure-cause' | 'failureCause') {
  if (result === undefined) return { status: { id: 'IN_PROGRESS' } }
  return {
    status: { id: 'COMPLETED' },
    operation: result.type === 'completed' ? result.value : failedBody(result.error, failureName),
  }
}

/** A stop can have made its savepoint and fail all the same: its place is beside the failure then. */
function failedBody(error: StreamError, failureName: string) {
  const location = savepointOf(error)
  return { [failureName]: failureBody(error.code, error.message), ...(location !== undefined && { location }) }
}

/** What has come of a savepoint or a stop that the job itself remembers. */
export function resultOf(operation: SavepointOperation): OperationResult | undefined {
  switch (operation.status) {
    case 'in-progress':
      return undefined
    case 'completed':
      return { type: 'completed', value: { location: operation.path } }
    case 'failed':
      return { type: 'failed', error: operation.error }
  }
}

/** The savepoints and stops of a job: each as its poll would be answered, with what was asked for and when. */
export const savepointOperationsBody = (operations: readonly SavepointOperation[]) => ({
  operations: operations.map((operation) => ({
    'request-id': operation.triggerId,
    kind: operation.kind,
    'target-directory': operation.dir ?? null,
    'start-time': operation.startedAt,
    'end-time': operation.status === 'in-progress' ? -1 : operation.endedAt,
    ...resultBody(resultOf(operation), 'failure-cause'),
  })),
})
