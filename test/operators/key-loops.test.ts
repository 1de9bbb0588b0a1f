import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { type KeyBlame, type KeyLoops, keyLoops, sharedLoops } from '../../src/operators/key-loops.ts'

const blame: KeyBlame = {
  invalid: (key, value) => `${String(key)} is no key of ${JSON.stringify(value)}`,
  failed: (thrown, value) => [thrown, value],
}
const attempt = <T>(action: () => T) => {
  try {
    return { result: action() }
  } catch (thrown) {
    return { thrown }
  }
}
/** A value is its own key, has another one, none, or makes the function fail. */
const keyOf = (value: unknown): unknown => {
  if (value === 'fails') throw 'no key'
  return value === 'none' ? undefined : typeof value === 'number' && value > 5 ? `${value}` : value
}
const outcome = (loops: KeyLoops, values: readonly unknown[]) => {
  const keys: unknown[] = []
  const groups: number[] = []
  const own = attempt(() => loops.keys(keyOf, values, blame))
  const written = attempt(() => loops.groups(keyOf, values, blame, 128, keys, groups))
  return { own, isSame: own.result === values, written, keys, groups }
}

describe('the loops over keys', () => {
  const compiled = keyLoops('test')
  const value = fc.oneof(fc.nat(9), fc.string(), fc.constantFrom('fails', 'none', null, true))

  it('are the same compiled and shared, also when the function fails', () => {
    expect(compiled).not.toBe(sharedLoops)
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), (values) => {
        expect(outcome(compiled, values)).toEqual(outcome(sharedLoops, values))
      }),
    )
  })

  it.each([
    ['compiled', compiled],
    ['shared', sharedLoops],
  ])('give the values themselves as long as they are the keys: %s', (_name, loops) => {
    expect(outcome(loops, [1, 'a', null])).toMatchObject({ isSame: true, keys: [1, 'a', null] })
    expect(outcome(loops, [1, 9, 'a'])).toMatchObject({ own: { result: [1, '9', 'a'] }, isSame: false })
    expect(outcome(loops, [1, 9]).groups).toEqual([keyGroupOf(1, 128), keyGroupOf('9', 128)])
    expect(outcome(loops, [1, 'fails']).own).toEqual({ thrown: ['no key', 'fails'] })
    expect(outcome(loops, ['none']).written).toEqual({ thrown: ['undefined is no key of "none"', 'none'] })
  })
})
