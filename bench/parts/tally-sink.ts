/** Looks at every record and keeps none. */
import type { Sink } from 'tidemark'

export class TallySink<T> implements Sink<T> {
  readonly kind = 'tally'
  readonly stateful = false
  records = 0
  readonly #look: ((value: T) => void) | undefined
  #awaited = Number.POSITIVE_INFINITY
  #arrived: () => void = () => {}

  constructor(look?: (value: T) => void) {
    this.#look = look
  }

  /** Resolves when so many records have come in all. One caller at a time. */
  reached(records: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = records
      this.#arrived = resolve
      this.#tell()
    })
  }

  createWriter() {
    return {
      write: (values: readonly T[]) => {
        if (this.#look !== undefined) for (const value of values) this.#look(value)
        this.records += values.length
        this.#tell()
      },
      endOfData() {},
      snapshot: () => ({ state: undefined }),
      notifyCompleted() {},
      close() {},
    }
  }

  #tell(): void {
    if (this.records < this.#awaited) return
    this.#awaited = Number.POSITIVE_INFINITY
    this.#arrived()
  }
}
