import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  digested,
  entryKeyEncoder,
  hashOf,
  isLong,
  longKeyBytes,
  readKey,
} from '../../../src/backends/lmdb/entry-key.ts'
import type { Key } from '../../../src/core/key-groups.ts'
import { someKeys } from '../../../src/testing/state-backend-subject.ts'

const bytesOf = (key: Key | undefined, state = 0): Buffer => {
  const target = Buffer.alloc(4096)
  const at = { state, hash: key === undefined ? 0 : hashOf(key), key }
  return target.subarray(0, entryKeyEncoder.writeKey(at, target, 0))
}
const back = (bytes: Buffer) => {
  const moved = Buffer.concat([Buffer.alloc(32), bytes])
  return entryKeyEncoder.readKey(moved, 32, moved.length)
}

const anyKey = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })).map((units) => String.fromCharCode(...units)),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom<Key>(...someKeys, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, Infinity, -Infinity, '\0', 'true', 'null'),
)

describe('the key of an entry', () => {
  it('comes back as it was, and equal bytes are equal keys', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        // A Map takes −0 for 0, and so does this.
        const same = a === b
        expect(back(bytesOf(a))).toBe(Object.is(a, -0) ? 0 : a)
        expect(bytesOf(a).equals(bytesOf(b))).toBe(same)
      }),
      { numRuns: 2_000 },
    )
  })

  it('tells alone halves of surrogate pairs, which UTF-8 does not', () => {
    expect(back(bytesOf('\ud800'))).toBe('\ud800')
    expect(bytesOf('\ud800').equals(bytesOf('\ud801'))).toBe(false)
  })

  it('is of its state, whose entries lie between two bounds', () => {
    fc.assert(
      fc.property(anyKey, fc.integer({ min: 0, max: 65_534 }), (key, state) => {
        const bytes = bytesOf(key, state)
        expect(Buffer.compare(bytesOf(undefined, state), bytes)).toBeLessThan(0)
        expect(Buffer.compare(bytes, bytesOf(undefined, state + 1))).toBeLessThan(0)
      }),
    )
  })

  it.each<[string, Key, boolean]>([
    ['a short string', 'a'.repeat(1_899), false],
    ['a long string', 'a'.repeat(1_900), true],
    ['a string of wide characters', 'ü'.repeat(950), false],
    ['a long string of wide characters', 'ü'.repeat(951), true],
    ['a number of many digits', 16n ** 1_898n, false],
    ['a long number', -(16n ** 3_000n), true],
  ])('fits into the database: %s', (_, key, long) => {
    const bytes = bytesOf(key)
    expect([isLong(key), bytes.length <= 1_978]).toEqual([long, true])
    expect(back(bytes)).toBe(long ? digested : key)
    const whole = longKeyBytes(key)
    expect(readKey(whole, 0, whole.length)).toBe(key)
  })
})
