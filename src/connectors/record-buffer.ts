/**
 * A queue of records between a producer that runs in its own time and a reader that is polled.
 *
 * Does not know its bound: the producer asks for `size` and decides whether to wait, drop or fail.
 */
export class RecordBuffer<T> {
  #items: T[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  dropOldest(): void {
    this.#head += 1
    this.#compact()
  }

  /** Removes and returns up to `max` records, oldest first. */
  take(max: number): readonly T[] {
    if (this.#head === 0 && this.#items.length <= max) {
      const all = this.#items
      this.#items = []
      return all
    }
    const taken = this.#items.slice(this.#head, this.#head + max)
    this.#head += taken.length
    this.#compact()
    return taken
  }

  /** Moves the rest to the front once half of the array is used up, so that each record is moved at most twice. */
  #compact(): void {
    if (this.#head * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
