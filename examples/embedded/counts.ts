/**
 * The job that the application embeds: counts the events of each key, from a subject and to a subject.
 *
 * The counts live twice: as keyed state, which savepoints hold, and in a map that requests read, which is only the
 * latest word of the job. After a restart from a savepoint a key enters the map again with its next event.
 */
import { type Observable, Subject } from 'rxjs'
import { fromObservable, StreamEnvironment, toSubject, valueState } from 'tidemark'

export interface Event {
  readonly key: string
}

export interface Count {
  readonly key: string
  readonly count: number
}

/** The program, and the map that it keeps up to date. */
export function countEvents(events: Observable<Event>): {
  readonly environment: StreamEnvironment
  readonly latest: ReadonlyMap<string, number>
} {
  const latest = new Map<string, number>()
  const results = new Subject<Count>()
  results.subscribe(({ key, count }) => latest.set(key, count))

  const environment = StreamEnvironment.create({ name: 'event counts', checkpoint: { intervalMs: 1_000 } })
  environment
    .fromSource(fromObservable(events))
    .uid('events')
    .keyBy(({ key }) => key)
    .process({
      output: {} as Count,
      state: { count: valueState(0) },
      element(_event, ctx) {
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        ctx.emit({ key: ctx.key, count })
      },
    })
    .uid('count')
    // At once, not when a checkpoint completes: whoever asks wants the newest count, and a repeated one does no harm.
    .sinkTo(toSubject(results, { immediate: true }))
    .uid('latest')
  return { environment, latest }
}
