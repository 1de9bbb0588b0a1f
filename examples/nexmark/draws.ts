/**
 * Random draws that depend on a seed and a number, and on nothing drawn before: those of event n are the same whoever
 * makes it, and whether or not event n − 1 was made here, too.
 */

/** Of integers with 32 bits, each onto another one, so that no two numbers get the same draws (the finish of murmur3). */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

export class Draws {
  readonly #seed: number
  #state = 0

  constructor(seed: number) {
    // Twice, so that number a of seed b does not get the draws of number b of seed a.
    this.#seed = mix(mix(seed) + 1)
  }

  /** Begins the draws of a number, an integer from 0 to 2^32 − 1. */
  begin(number: number): void {
    this.#state = mix(mix(number) ^ this.#seed)
  }

  /** A number from 0 to below 1. */
  unit(): number {
    // Odd, and no simple part of 2^32: the state comes past every integer, and late to the neighbours of those it has been at.
    this.#state = (this.#state + 0x9e3779b9) | 0
    return (mix(this.#state) >>> 0) / 2 ** 32
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.unit() * end)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}
