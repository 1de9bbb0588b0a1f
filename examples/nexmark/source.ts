/** The events of Nexmark as a source, and as the stream that the queries begin with. */
import { type DataStream, generate, type Source, WatermarkStrategy } from 'tidemark'
import { NexmarkGenerator, type NexmarkOptions } from './generator.ts'
import type { Event } from './model.ts'

/**
 * A replayable source for any number of subtasks: each makes its part of the events, along the same line of event time.
 * As fast as it can, whatever the rate of event time is.
 *
 * @example env.fromSource(nexmarkSource({ events: 1_000_000, seed: 7 })).uid('events')
 */
export function nexmarkSource(options: NexmarkOptions): Source<Event> {
  const generator = new NexmarkGenerator(options)
  return { ...generate({ count: options.events, at: (place) => generator.at(place) }), kind: 'nexmark' }
}

/** How far events may come behind later ones. */
const outOfOrdernessMs = 4_000

/**
 * The stream that the queries begin with: events at the time when they happened, of which some come up to four seconds late.
 *
 * @example inEventTime(env.fromSource(nexmarkSource({ events: 1_000 })).uid('events'))
 */
export const inEventTime = (events: DataStream<Event>): DataStream<Event> =>
  events.assignTimestampsAndWatermarks(
    WatermarkStrategy.forBoundedOutOfOrderness(outOfOrdernessMs).withTimestampAssigner(
      ({ dateTime }: Event) => dateTime,
    ),
  )
