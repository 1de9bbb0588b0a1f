import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkParallelism,
  defaultMaxParallelism,
  isKey,
  keyGroupOf,
  keyGroupRangeOf,
  keyHash,
  murmurInt,
  subtaskOfKeyGroup,
} from '../../src/core/key-groups.ts'

const ranges = (parallelism: number, max: number) =>
  Array.from({ length: parallelism }, (_, index) => {
    const { start, end } = keyGroupRangeOf(index, parallelism, max)
    return `${start}-${end}`
  })

describe('key hashes', () => {
  it.each([
    ['a', 97],
    ['', 0],
    ['hello', 99162322],
    ['polygenelubricants', -2147483648],
    [42, 42],
    [-1, -1],
    // Java: Double.hashCode(0.5), Double.hashCode(2147483648.0)
    [0.5, 1071644672],
    [2 ** 31, 1105199104],
    [true, 1231],
    [false, 1237],
    [null, 0],
  ])('of %o is that of Java, %i', (key, hash) => {
    expect(keyHash(key)).toBe(hash)
  })

  it.each([[undefined], [Number.NaN], [{}], [[1]], [Symbol('s')], [() => 1]])('refuse %o', (key) => {
    expect(keyHash(key)).toBeUndefined()
    expect(keyGroupOf(key, 128)).toBe(-1)
    expect(isKey(key)).toBe(false)
  })

  it('of a bigint are those of its digits', () => {
    expect(keyHash(123n)).toBe(keyHash('123'))
    expect(keyHash(2n ** 80n)).toBe(keyHash((2n ** 80n).toString()))
  })

  it('of −0 and 0 are one, as a Map has them', () => {
    expect(keyHash(-0)).toBe(keyHash(0))
  })
})

describe('key groups', () => {
  it.each([
    [0, 593689054],
    [1, 68075478],
    [2, 1085422463],
    [-1, 1982413648],
    // What comes out of murmur as the least int, the next one, the greatest one, −1 and 0.
    [-2089875627, 0],
    [1814469223, 2147483647],
    [994512208, 2147483647],
    [2009592756, 1],
    [-1035494534, 0],
  ])('murmur of %i is %i', (code, hash) => {
    expect(murmurInt(code)).toBe(hash)
  })

  it('are the remainder of the hash, whatever the maximum parallelism', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 32768 }), fc.nat(15), (key, max, power) => {
        expect(keyGroupOf(key, max)).toBe(murmurInt(key) % max)
        expect(keyGroupOf(key, 2 ** power)).toBe(murmurInt(key) % 2 ** power)
      }),
    )
  })

  it.each([
    ['a', 81],
    ['hello', 35],
    ['key-1', 54],
    ['user-42', 20],
    ['', 94],
    [0, 94],
    [1, 86],
    [2, 127],
    [3, 113],
    [42, 29],
    [1_000_000, 17],
  ])('of %o in 128 is %i', (key, group) => {
    expect(keyGroupOf(key, 128)).toBe(group)
    expect(isKey(key)).toBe(true)
  })

  it.each([
    [3, 128, ['0-42', '43-85', '86-127']],
    [4, 10, ['0-2', '3-4', '5-7', '8-9']],
    [2, 13, ['0-6', '7-12']],
    [5, 128, ['0-25', '26-51', '52-76', '77-102', '103-127']],
  ])('of %i subtasks in %i are %o', (parallelism, max, expected) => {
    expect(ranges(parallelism, max)).toEqual(expected)
  })

  it('are covered by the ranges once each, and the range of a subtask is where its groups go', () => {
    const sizes = fc
      .integer({ min: 1, max: 2_000 })
      .chain((max) => fc.tuple(fc.integer({ min: 1, max }), fc.constant(max)))
    fc.assert(
      fc.property(sizes, ([parallelism, max]) => {
        let next = 0
        for (let index = 0; index < parallelism; index++) {
          const { start, end } = keyGroupRangeOf(index, parallelism, max)
          expect(start).toBe(next)
          for (let group = start; group <= end; group++) expect(subtaskOfKeyGroup(group, parallelism, max)).toBe(index)
          next = end + 1
        }
        expect(next).toBe(max)
      }),
    )
  })

  it('are inside the maximum parallelism for any key', () => {
    const keys = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.bigInt(), fc.boolean(), fc.constant(null))
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 32_768 }), (key, max) => {
        const group = keyGroupOf(key, max)
        expect(Number.isInteger(group) && group >= 0 && group < max).toBe(true)
      }),
    )
  })
})

describe('the maximum parallelism', () => {
  it.each([
    [1, 128],
    [85, 128],
    [86, 256],
    [171, 256],
    [172, 512],
    [200, 512],
    [1_000, 2_048],
    [20_000, 32_768],
    [32_768, 32_768],
  ])('for parallelism %i is %i by default', (parallelism, max) => {
    expect(defaultMaxParallelism(parallelism)).toBe(max)
  })

  it.each([
    [1, 0, 'MAX_PARALLELISM_INVALID'],
    [1, 32_769, 'MAX_PARALLELISM_INVALID'],
    [1, 1.5, 'MAX_PARALLELISM_INVALID'],
    [0, 128, 'PARALLELISM_INVALID'],
    [129, 128, 'PARALLELISM_INVALID'],
    [Number.NaN, 128, 'PARALLELISM_INVALID'],
  ])('with parallelism %d and %d is refused: %s', (parallelism, max, code) => {
    const check = () => checkParallelism('Operator "count"', parallelism, max)
    expect(check).toThrow(expect.objectContaining({ code, message: expect.stringContaining('Operator "count"') }))
  })

  it('at its bounds is allowed', () => {
    checkParallelism('x', 1, 1)
    checkParallelism('x', 32_768, 32_768)
  })
})
