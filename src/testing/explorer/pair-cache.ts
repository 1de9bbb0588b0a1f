/**
 * Remembers a number for a pair of numbers, and forgets when it must: a place holds one pair, and the last one stays. It
 * begins small and grows while it is missed often, up to 24 MiB.
 */
const sizeMax = 1 << 21

export class PairCache {
  /** Triples: first + 1, second, number. */
  #entries = new Int32Array(256 * 3)
  #size = 256
  #missed = 0

  /** -1: not known. */
  get(first: number, second: number): number {
    const at = this.#place(first, second)
    const entries = this.#entries
    return entries[at] === first + 1 && entries[at + 1] === second ? entries[at + 2]! : -1
  }

  set(first: number, second: number, value: number): void {
    if (++this.#missed > this.#size * 2 && this.#size < sizeMax) this.#grow()
    const at = this.#place(first, second)
    this.#entries[at] = first + 1
    this.#entries[at + 1] = second
    this.#entries[at + 2] = value
  }

  #place(first: number, second: number): number {
    let mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
    mixed ^= mixed >>> 15
    return (mixed & (this.#size - 1)) * 3
  }

  #grow(): void {
    const old = this.#entries
    this.#size *= 4
    this.#entries = new Int32Array(this.#size * 3)
    this.#missed = 0
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] === 0) continue
      const place = this.#place(old[at]! - 1, old[at + 1]!)
      for (let i = 0; i < 3; i++) this.#entries[place + i] = old[at + i]!
    }
  }
}
