/** Which key each record has, and how often each key comes in the end: a formula, since a list would not fit. */
export interface Load {
  readonly keys: number
  /** Records after each key has come once. */
  readonly more: number
}

export const recordsOf = ({ keys, more }: Load): number => keys + more

/** Far apart from one record to the next, so that no cache helps; the same order again after all keys. */
const stride = 7_368_787

/** The number of the key of a record. `keys` and the stride have no common divisor: it is a prime, and larger than needed. */
const numberAt = ({ keys }: Load, record: number): number => (record * stride) % keys

export const keyAt = (load: Load, record: number): string => `key-${numberAt(load, record)}`
export const numberOf = (key: string): number => Number(key.slice('key-'.length))

const inverses = new Map<number, number>()

/** How often a key comes: once, and again if it is among the first `more`. */
export function countOf(load: Load, number: number): number {
  let inverse = inverses.get(load.keys)
  if (inverse === undefined) {
    inverse = inverseOf(stride % load.keys, load.keys)
    inverses.set(load.keys, inverse)
  }
  const first = Number((BigInt(number) * BigInt(inverse)) % BigInt(load.keys))
  return 1 + Math.floor((load.more - first + load.keys - 1) / load.keys)
}

/** x with a·x ≡ 1 (mod m), by Euclid. */
function inverseOf(a: number, m: number): number {
  let [r, next] = [m, a]
  let [x, nextX] = [0, 1]
  while (next !== 0) {
    const quotient = Math.floor(r / next)
    ;[r, next] = [next, r - quotient * next]
    ;[x, nextX] = [nextX, x - quotient * nextX]
  }
  if (r !== 1) throw new Error(`${m} keys and the stride have the common divisor ${r}: take another number of keys.`)
  return ((x % m) + m) % m
}
