/** What a trigger and an evictor that compare elements need. */
import { StreamError } from '../../core/errors.ts'

/** Fails with `ARGUMENT_INVALID` unless the threshold is a number and `delta` a function. */
export function checkDelta(call: string, threshold: unknown, delta: unknown): void {
  if (typeof threshold !== 'number' || Number.isNaN(threshold)) {
    throw new StreamError('ARGUMENT_INVALID', `${call} was given ${String(threshold)}: expected a number.`)
  }
  if (typeof delta === 'function') return
  throw new StreamError('ARGUMENT_INVALID', `${call} was given a delta of type ${typeof delta}: expected a function.`)
}
