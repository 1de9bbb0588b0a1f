/** The lists that an operator is restored from, or the refusal of state that is none. */
import { StreamError } from '../core/errors.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { DividedState } from '../core/operator-state.ts'
import type { OperatorContext } from './operator.ts'

/** `kind` says whose state is expected. Fails with `RESTORE_STATE_INCOMPATIBLE`. */
export function restoredLists(context: OperatorContext, restored: unknown, kind: string): DividedState | undefined {
  if (restored === undefined || restored instanceof DividedState) return restored
  throw new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `The restored state of operator ${operatorLabel(context)} is not that of ${kind}: it was written by another kind of operator. Give this operator another uid, and drop that state with --allowNonRestoredState.`,
    { details: { operator: context.operatorName, subtask: context.subtaskIndex } },
  )
}
