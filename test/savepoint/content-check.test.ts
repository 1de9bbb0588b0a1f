import { describe, expect, it } from 'vitest'
import { checkContent, checkKey } from '../../src/savepoint/content-check.ts'

const owner = { id: '0'.repeat(32), uid: 'o', name: 'totals' }
const check = (kind: never, content: unknown, ttl?: true) => () =>
  checkContent({ name: 's', kind, ...(ttl && { ttl }) }, 'ann', content, owner)

describe('what a key is to hold', () => {
  it.each([
    ['value', undefined],
    ['list', []],
    ['map', new Map([[1, undefined]])],
    ['timers', 5],
    ['timers', [1, -2.5]],
  ])('is of kind %s: %j', (kind, content) => {
    expect(check(kind as never, content)).not.toThrow()
  })

  it.each([
    ['list', 5, /is of kind list, but the value of key "ann" is not/],
    ['map', {}, /is of kind map/],
    ['timers', Number.NaN, /got a timer at NaN for key "ann": expected milliseconds since 1970/],
    ['timers', [1, Number.POSITIVE_INFINITY], /got a timer at Infinity/],
    ['timers', ['1'], /got a timer at 1 /],
    ['timers', undefined, /is of kind timers/],
  ])('is refused for kind %s: %j', (kind, content, message) => {
    expect(check(kind as never, content)).toThrow(message)
    expect(check(kind as never, content)).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        details: { operator: 'totals', uid: 'o', state: 's', key: '"ann"' },
      }),
    )
  })

  it('says when it was used last in a state with a time to live', () => {
    for (const [kind, content] of [
      ['value', [5, undefined]],
      ['list', [[5, 'a']]],
      ['map', new Map([['k', [5, 'a']]])],
    ] as const) {
      expect(check(kind as never, content, true)).not.toThrow()
    }
    for (const [kind, content, expected] of [
      ['value', 5, 'the value'],
      ['reducing', ['5', 1], 'the value'],
      ['list', [5, 'a'], 'each item'],
      ['map', new Map([['k', 'a']]), 'the value of each entry'],
    ] as const) {
      expect(check(kind as never, content, true)).toThrow(
        `State "s" of operator "totals" (uid "o") has a time to live, but the value of key "ann" does not say when it was ` +
          `used last: expected ${expected} as [time in milliseconds, value].`,
      )
    }
  })
})

describe('a key', () => {
  it('is a string, a number, a bigint, a boolean or null', () => {
    for (const key of ['', 0, 1n, true, null]) expect(() => checkKey(key, 's', owner)).not.toThrow()
    for (const [key, text] of [
      [{}, '[object Object]'],
      [Object.create(null), '[object Object]'],
      [undefined, 'undefined'],
      [Symbol('x'), 'Symbol(x)'],
    ] as const) {
      expect(() => checkKey(key, 's', owner)).toThrow(
        `State "s" of operator "totals" (uid "o") got a row whose key is ${text}: expected`,
      )
    }
  })
})
