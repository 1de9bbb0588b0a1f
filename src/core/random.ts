/**
 * Randomness, and nowhere else: a seeded generator (xoshiro128**, seeded through splitmix32) that forks by name, so
 * that one more draw in one place does not change the draws of another.
 * Source of the generator: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018.
 */
import { customRandom } from 'nanoid'

export class Random {
  readonly seed: number
  readonly #s = new Uint32Array(4)

  constructor(seed: number) {
    this.seed = seed >>> 0
    let x = this.seed
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0
      let z = x
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
      this.#s[i] = (z ^ (z >>> 16)) >>> 0
    }
  }

  /** A generator from the operating system's entropy, for a real run; its seed can be printed and used again. */
  static fromEntropy(): Random {
    return new Random(crypto.getRandomValues(new Uint32Array(1))[0]!)
  }

  /** An integer from 0 to 2^32 − 1. */
  uint32(): number {
    const s = this.#s
    const [a, b, c, d] = [s[0]!, s[1]!, s[2]!, s[3]!]
    const scrambled = Math.imul(b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    const c1 = c ^ a
    const d1 = d ^ b
    s[1] = b ^ c1
    s[0] = a ^ d1
    s[2] = c1 ^ (b << 9)
    s[3] = (d1 << 11) | (d1 >>> 21)
    return result
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  next(): number {
    return this.uint32() / 2 ** 32
  }

  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = this.uint32() & 0xff
    return bytes
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]!
  }

  /** An independent generator that depends only on this one's seed and `name`. */
  fork(name: string): Random {
    let hash = 0x811c9dc5 ^ this.seed
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    return new Random(hash)
  }
}

/** Makes short names (12 characters of 0–9 a–z) from a run's own bytes, so that a replayed run makes the same ones. */
export const nameMaker = (random: Random): (() => string) =>
  customRandom('0123456789abcdefghijklmnopqrstuvwxyz', 12, (size) => random.bytes(size))
