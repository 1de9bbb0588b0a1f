/** Records into an array of the program. */
import type { Sink } from '../operators/endpoints.ts'
import { type DeliveryOptions, deferredSink } from './deferred-sink.ts'

/**
 * A sink that appends records to `array`: exactly once across restarts of the job in this process.
 *
 * Records are appended when a checkpoint that covers them completes, so they must be values that state can hold. With
 * `{ immediate: true }`, or without checkpoints, they are appended at once, and a restart repeats some (at least once).
 * A process that resumes a job starts from an array of its own. Fails with `RESTORE_STATE_INCOMPATIBLE`.
 *
 * @example
 * const seen: number[] = []
 * env.fromSource(fromCollection([1, 2, 3])).sinkTo(toArray(seen))
 */
export const toArray = <T>(array: T[], options: DeliveryOptions = {}): Sink<T> =>
  deferredSink<T>(
    'array',
    (values) => {
      for (const value of values) array.push(value)
    },
    options,
  )
