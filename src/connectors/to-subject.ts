/** Records to an RxJS subject, or anything else with a `next`. */
import type { Observer } from 'rxjs'
import type { Sink } from '../operators/endpoints.ts'
import { type DeliveryOptions, deferredSink } from './deferred-sink.ts'

/**
 * A sink that calls `subject.next` for each record: exactly once across restarts of the job in this process.
 *
 * Records are emitted when a checkpoint that covers them completes, so they must be values that state can hold. With
 * `{ immediate: true }`, or without checkpoints, they are emitted at once, and a restart repeats some (at least once).
 * The subject is never completed and never errors; the job's handle says how the job ended. Fails with
 * `RESTORE_STATE_INCOMPATIBLE`.
 *
 * @example
 * const totals = new Subject<number>()
 * totals.subscribe((total) => process.stdout.write(`${total}\n`))
 * env.fromSource(fromCollection([1, 2, 3])).sinkTo(toSubject(totals, { immediate: true }))
 */
export const toSubject = <T>(subject: Pick<Observer<T>, 'next'>, options: DeliveryOptions = {}): Sink<T> =>
  deferredSink<T>(
    'subject',
    (values) => {
      for (const value of values) subject.next(value)
    },
    options,
  )
