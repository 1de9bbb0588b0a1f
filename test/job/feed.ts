/** A replayable source that a test feeds record by record, through a log that outlives every process that reads it. */
import type { Source } from '../../src/operators/endpoints.ts'

export class Feed<T> {
  readonly #records: T[] = []
  readonly #wakes = new Set<() => void>()
  #ended = false
  /** The highest position read so far, by any reader. */
  read = 0

  constructor(records: readonly T[] = []) {
    this.#records.push(...records)
  }

  get size(): number {
    return this.#records.length
  }

  push(...records: T[]): void {
    this.#records.push(...records)
    for (const wake of this.#wakes) wake()
  }

  end(): void {
    this.#ended = true
    for (const wake of this.#wakes) wake()
  }

  readonly source: Source<T> = {
    kind: 'feed',
    bounded: false,
    replayable: true,
    parallelism: 1,
    createReader: (context, restored) => {
      let position = (restored as { readonly position: number } | undefined)?.position ?? 0
      const wake = () => context.wake()
      this.#wakes.add(wake)
      return {
        poll: (max) => {
          const values = this.#records.slice(position, position + max)
          position += values.length
          this.read = Math.max(this.read, position)
          if (values.length > 0) return { type: 'records', values }
          return { type: this.#ended ? 'end' : 'waiting' }
        },
        snapshot: () => ({ position }),
        close: () => void this.#wakes.delete(wake),
      }
    },
  }
}
