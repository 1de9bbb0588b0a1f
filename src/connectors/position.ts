/** The state of the sources that count: how many records of this subtask were read, checked when it is restored. */

import { StreamError } from '../core/errors.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { EndpointContext } from '../operators/endpoints.ts'

export interface PositionState {
  readonly position: number
}

/** The restored position, or 0. Fails with `RESTORE_STATE_INCOMPATIBLE` when the state is of another connector. */
export function restoredPosition(context: EndpointContext, restored: unknown): number {
  if (restored === undefined) return 0
  const position =
    typeof restored === 'object' && restored !== null ? (restored as Partial<PositionState>).position : undefined
  if (typeof position === 'number' && Number.isSafeInteger(position) && position >= 0) return position
  throw incompatibleState(context, 'a source that counts its records')
}

export const incompatibleState = (context: EndpointContext, expected: string): StreamError =>
  new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `The restored state of ${operatorLabel(context)} is not that of ${expected}: it was written by another connector or another version of it.`,
    { details: { operator: context.operatorName, subtask: context.subtaskIndex, expected } },
  )
