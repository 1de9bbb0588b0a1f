/**
 * Work that was begun and has not ended: who waits for it knows that nothing happens afterwards. Owns no work and starts none.
 */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>()

  /** Gives back the same promise, so that what follows on it may begin the next work before anyone is told that this one ended. */
  watch<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work)
    const forget = () => void this.#works.delete(work)
    work.then(forget, forget)
    return work
  }

  /** Resolves when all has ended, well or badly, also what began in the meantime. */
  async settled(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works)
  }
}
