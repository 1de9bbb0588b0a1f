/**
 * Key → hash → key group → subtask: the off-by-one file. Formulas and bounds are Flink's, so that the same key lands in
 * the same group: Java's `hashCode` of the key, a 32-bit murmur finish, modulo the maximum parallelism.
 */
import { StreamError } from './errors.ts'
import { limits } from './limits.ts'

/** Key groups `start` to `end`, both included. */
export interface KeyGroupRange {
  readonly start: number
  readonly end: number
}

/** What may be a key: compared by value, hashed the same in every process. */
export type Key = string | number | bigint | boolean | null

/** Whether a value can be a key: `keyGroupOf` without the hash. */
export function isKey(value: unknown): value is Key {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return true
    case 'number':
      return !Number.isNaN(value)
    default:
      return value === null
  }
}

const stringHash = (text: string): number => {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

const float = new Float64Array(1)
const floatBits = new Int32Array(float.buffer)
const numberHash = (value: number): number => {
  if (value === (value | 0)) return value | 0
  float[0] = value
  return floatBits[0]! ^ floatBits[1]!
}

/**
 * Java's `hashCode` of the key: of a `String`, `Integer`, `Double` (a number that is not a 32-bit integer), `Boolean`;
 * a bigint as the string of its digits; null as 0. Returns undefined for what cannot be a key.
 */
export function keyHash(key: unknown): number | undefined {
  switch (typeof key) {
    case 'string':
      return stringHash(key)
    case 'number':
      return Number.isNaN(key) ? undefined : numberHash(key)
    case 'boolean':
      return key ? 1231 : 1237
    case 'bigint':
      return stringHash(key.toString())
    default:
      return key === null ? 0 : undefined
  }
}

/**
 * The 32-bit murmur3 of one int, made non-negative as Flink does: its absolute value, and 0 for the int that has none.
 * Without a branch, since half of all hashes are negative and no processor guesses which.
 */
export function murmurInt(code: number): number {
  let h = Math.imul(code, 0xcc9e2d51)
  h = (h << 15) | (h >>> 17)
  h = Math.imul(h, 0x1b873593)
  h = (h << 13) | (h >>> 19)
  h = (Math.imul(h, 5) + 0xe6546b64) | 0
  h ^= 4
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  const sign = h >> 31
  return ((h ^ sign) - sign) & 0x7fffffff
}

/** The key group of `key`, or −1 for what cannot be a key (the caller knows whose key function it was). */
export function keyGroupOf(key: unknown, maxParallelism: number): number {
  const hash = keyHash(key)
  if (hash === undefined) return -1
  const mask = maxParallelism - 1
  // The usual maximum is a power of two, for which the remainder needs no division.
  return (maxParallelism & mask) === 0 ? murmurInt(hash) & mask : murmurInt(hash) % maxParallelism
}

export const subtaskOfKeyGroup = (keyGroup: number, parallelism: number, maxParallelism: number): number =>
  Math.floor((keyGroup * parallelism) / maxParallelism)

/** The key groups that subtask `index` owns. */
export const keyGroupRangeOf = (index: number, parallelism: number, maxParallelism: number): KeyGroupRange => ({
  start: Math.floor((index * maxParallelism + parallelism - 1) / parallelism),
  end: Math.floor(((index + 1) * maxParallelism - 1) / parallelism),
})

/** The maximum parallelism of an operator that sets none: at least 128, at most 32768, a power of two. */
export function defaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2)
  const power = 2 ** Math.ceil(Math.log2(Math.max(1, wanted)))
  return Math.min(Math.max(power, limits.keyGroupsDefault), limits.parallelismMax)
}

/** Checks both numbers. Fails with `MAX_PARALLELISM_INVALID` or `PARALLELISM_INVALID`, naming `what`. */
export function checkParallelism(what: string, parallelism: number, maxParallelism: number): void {
  if (!Number.isInteger(maxParallelism) || maxParallelism < 1 || maxParallelism > limits.parallelismMax) {
    throw new StreamError(
      'MAX_PARALLELISM_INVALID',
      `${what} has maximum parallelism ${maxParallelism}: expected an integer from 1 to ${limits.parallelismMax}.`,
    )
  }
  if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > maxParallelism) {
    throw new StreamError(
      'PARALLELISM_INVALID',
      `${what} has parallelism ${parallelism}: expected an integer from 1 to its maximum parallelism ${maxParallelism}.`,
    )
  }
}
