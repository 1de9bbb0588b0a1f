/** For operators that need event time: the timestamps of a batch, or an error that says how to get some. */
import type { RecordBatch } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import { type NamedOperator, operatorLabel } from '../core/operator-label.ts'

/** Fails with `TIMESTAMP_MISSING` for a batch without timestamps. */
export function requireTimestamps({ timestamps }: RecordBatch, operator: NamedOperator): readonly number[] {
  if (timestamps !== undefined) return timestamps
  throw noTimestamps(
    operator,
    'a call of assignTimestampsAndWatermarks before it, with a timestamp assigner, or a source that gives timestamps',
  )
}

/** The error of an operator that needs them. */
export const noTimestamps = (operator: NamedOperator, expected: string): StreamError =>
  new StreamError(
    'TIMESTAMP_MISSING',
    `Operator ${operatorLabel(operator)} works by event time, but its records have no timestamps: expected ${expected}.`,
    { details: { operator: operator.operatorName, uid: operator.uid ?? null } },
  )
