/** What the operator harness refuses: mistakes of the test, not of the operator. */
import type { RecordBatch } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'

export const notOurs = ({ keys }: RecordBatch, target: number, index: number): StreamError =>
  new StreamError(
    'ARGUMENT_INVALID',
    `Key ${String(keys?.[0])} belongs to subtask ${target}: expected a key of subtask ${index}, which is under test.`,
  )

export const missingKey = (): StreamError =>
  new StreamError('ARGUMENT_INVALID', 'The operator under test is keyed: expected a `key` function in the options.')

/** Callers without types, and streams or definitions given where an operator is expected. */
export function checkFactory(factory: unknown): void {
  if (typeof factory === 'object' && factory !== null && typeof (factory as { create?: unknown }).create === 'function')
    return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `OperatorHarness was given ${factory === null ? 'null' : `a value of type ${typeof factory}`} without create: expected ` +
      'an operator, such as mapOperator(fn) or keyedProcessOperator(definition).',
  )
}
