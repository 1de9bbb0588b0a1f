/**
 * Events that come at a given rate, each stamped with the moment at which it was due, whether or not somebody took it
 * then: what waits is late, as it is for whoever sent it.
 */
import type { Source } from 'tidemark'
import { clockMs } from './stopwatch.ts'

export interface PacedEvent {
  readonly key: string
  readonly dueMs: number
}

/** Makes what is due, one portion after the other. */
export class Pace {
  readonly total: number
  readonly #table: readonly string[]
  readonly #perMs: number
  #startMs: number | undefined
  #made = 0

  /** With a rate of `Infinity` all is due at once. */
  constructor(table: readonly string[], perSecond: number, total: number) {
    this.#table = table
    this.#perMs = perSecond / 1_000
    this.total = total
  }

  get ended(): boolean {
    return this.#made === this.total
  }

  /** At most `max` events; empty when none is due yet. */
  take(max: number): PacedEvent[] {
    const now = clockMs()
    this.#startMs ??= now
    const passedMs = now - this.#startMs
    // The first is due at once; at a rate without bounds all are.
    const due = this.#perMs === Number.POSITIVE_INFINITY ? this.total : 1 + Math.floor(passedMs * this.#perMs)
    const until = Math.min(due, this.total, this.#made + max)
    const events: PacedEvent[] = []
    for (; this.#made < until; this.#made++) {
      const key = this.#table[this.#made % this.#table.length]!
      events.push({ key, dueMs: this.#startMs + this.#made / this.#perMs })
    }
    return events
  }
}

/** It looks again on every turn of the event loop: a timer would add up to its millisecond to every delay. */
export const pacedSource = (pace: Pace): Source<PacedEvent> => ({
  kind: 'paced',
  bounded: true,
  replayable: false,
  parallelism: 1,
  createReader: (context) => ({
    poll(max) {
      if (pace.ended) return { type: 'end' }
      const values = pace.take(max)
      if (values.length > 0) return { type: 'records', values }
      setImmediate(() => context.wake())
      return { type: 'waiting' }
    },
    snapshot: () => undefined,
    close() {},
  }),
})
