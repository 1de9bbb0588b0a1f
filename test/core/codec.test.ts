import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeTransient, encodeValue } from '../../src/core/codec.ts'
import { escapeValue, isEncodablePrototype } from '../../src/core/codec-escape.ts'
import { StreamError } from '../../src/core/errors.ts'
import { findUnserializable } from '../../src/core/unserializable.ts'

const roundTrip = (value: unknown): unknown => decodeValue(new Uint8Array(encodeValue(value)))

const lonely = fc.string({ unit: 'binary' }).map((text) => `${text}\ud800`)
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  lonely,
  fc.constant('\ufeffstarts with a mark'),
  fc.constant(`\ufeff${'x'.repeat(100)}`),
)
const leaf = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.boolean(),
  fc.constantFrom(null, undefined, Number.NaN, -0, 0, 2 ** 53, -(2 ** 31), 2 ** 32),
  // Node does not take two invalid dates for equal; one has a case of its own below.
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.int16Array(),
  fc.float64Array({ noNaN: true }),
  fc.bigUint64Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
)
const { value: anyValue } = fc.letrec((tie) => {
  const child = tie('value')
  const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toJSON', 'length', '0', 'hasOwnProperty'))
  return {
    value: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(child, { maxLength: 20 }),
      fc.sparseArray(child, { maxLength: 8, maxNumElements: 4 }),
      fc.dictionary(key, child, { maxKeys: 6, noNullPrototype: false }),
      fc.array(fc.tuple(child, child), { maxLength: 5 }).map((entries) => new Map(entries)),
      fc.array(child, { maxLength: 5 }).map((items) => new Set(items)),
    ),
  }
})

describe('codec', () => {
  it('gives back what it was given (S18)', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(findUnserializable(value)).toBeUndefined()
        // Vitest's own comparison is misled by a key named `constructor`.
        expect(isDeepStrictEqual(roundTrip(value), value)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['-0', -0],
    ['a large bigint', -(3n ** 300n)],
    ['a hole', Object.assign(new Array(3), { 0: 1, 2: undefined })],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an object with 70,000 keys', Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))],
    ['an invalid date', new Date(Number.NaN)],
    ['a date before 1970', new Date(-1)],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['a Map in an object beside an object', { map: new Map([['a', -0]]), object: { a: 1 } }],
  ])('keeps %s', (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value)
  })

  it('keeps a Buffer a Buffer and a Uint8Array a Uint8Array, with their own memory', () => {
    const bytes = encodeValue([Buffer.from('ab'), new Uint8Array([1])])
    const [buffer, array] = decodeValue(bytes) as [Buffer, Uint8Array]
    bytes.fill(0)
    expect(Buffer.isBuffer(buffer) && !Buffer.isBuffer(array)).toBe(true)
    expect([buffer.toString(), array[0]]).toEqual(['ab', 1])
  })

  it('treats __proto__ as a key and leaves prototypes alone', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')
    const back = roundTrip(value) as object
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    // The same key smuggled into bytes that carry no escape: flag 0, a map of one entry.
    const smuggled = decodeValue(
      Buffer.concat([Buffer.from([0, 0x81, 0xa9]), Buffer.from('__proto__'), Buffer.from([0x80])]),
    )
    expect(Object.getPrototypeOf(smuggled)).toBe(Object.prototype)
  })

  it('makes the same bytes whatever was encoded before', () => {
    const first = Buffer.from(encodeValue({ a: 1, b: { c: 2 } })).toString('hex')
    for (let i = 0; i < 50; i++) encodeValue({ [`x${i}`]: i, b: { c: i } })
    expect(Buffer.from(encodeValue({ a: 1, b: { c: 2 } })).toString('hex')).toBe(first)
  })

  it('writes over transient bytes, and over no others', () => {
    const kept = encodeValue(['kept', 1])
    const transient = encodeTransient(['first', -0])
    expect(decodeValue(transient)).toEqual(['first', -0])
    const second = encodeTransient(['other', -0])
    expect(Buffer.from(transient).equals(second)).toBe(true)
    encodeValue(['third', 3])
    expect(decodeValue(kept)).toEqual(['kept', 1])
  })

  it('copies nothing that needs no escape', () => {
    const value = { a: [1, 'b', { c: new Date(0) }], d: null }
    expect(escapeValue(value)).toEqual({ value, escaped: false })
    expect(escapeValue(value)?.value).toBe(value)
    const mixed = { plain: value, zero: -0 }
    const escaped = escapeValue(mixed)!
    expect(escaped.escaped).toBe(true)
    expect((escaped.value as typeof mixed).plain).toBe(value)
    expect(Object.is(mixed.zero, -0)).toBe(true)
    expect(escapeValue([() => 1])).toBeUndefined()
    expect([isEncodablePrototype(Map.prototype), isEncodablePrototype(RegExp.prototype)]).toEqual([true, false])
  })

  it('reports damaged bytes, and never anything but a StreamError', () => {
    expect(() => decodeValue(new Uint8Array())).toThrow(expect.objectContaining({ code: 'STATE_FILE_DAMAGED' }))
    expect(() => decodeValue(new Uint8Array([9, 1]))).toThrow(/start with 0 or 1, got 9/)
    fc.assert(
      fc.property(fc.constantFrom(0, 1), fc.uint8Array({ maxLength: 60 }), (flag, noise) => {
        try {
          decodeValue(new Uint8Array([flag, ...noise]))
        } catch (error) {
          expect(error).toBeInstanceOf(StreamError)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

class Account {
  balance = 1
}

const cyclic: { self?: unknown; inner: { list: unknown[] } } = { inner: { list: [] } }
cyclic.inner.list.push(cyclic)
let deep: unknown = 1
for (let i = 0; i < 1_000; i++) deep = [deep]

describe('findUnserializable', () => {
  it.each<[string, unknown, string, string]>([
    ['a function', { user: { profile: { onClick() {} } } }, 'user.profile.onClick', 'a function'],
    ['the value itself', () => 1, '', 'a function'],
    ['a symbol in an array', [1, [Symbol('s')]], '[1][0]', 'a symbol'],
    ['a promise', { later: Promise.resolve() }, 'later', 'a promise'],
    ['a class instance', { accounts: [new Account()] }, 'accounts[0]', 'an instance of class Account'],
    ['a WeakMap', new Map([['a', new WeakMap()]]), 'get("a")', 'a WeakMap'],
    ['a function in a Set in a property', { tags: new Set([1, () => 1]) }, 'tags.item(1)', 'a function'],
    ['a map key', new Map([[() => 1, 1]]), 'key(() => 1)', 'a function'],
    ['a RegExp', { 'a b': /x/ }, '["a b"]', 'a RegExp'],
    ['an error', [new RangeError('x')], '[0]', 'an Error'],
    ['a cycle', cyclic, 'inner.list[0]', 'a cycle, back to the value itself'],
  ])('names %s', (_, value, path, what) => {
    expect(findUnserializable(value)).toEqual({ path, what })
    expect(() => encodeValue(value)).toThrow(expect.objectContaining({ code: 'STATE_NOT_SERIALIZABLE' }))
  })

  it.each<[string, unknown, RegExp]>([
    [
      'an accessor',
      {
        get now() {
          return 1
        },
      },
      /accessor/,
    ],
    ['a symbol key', { [Symbol.for('k')]: 1 }, /symbol as a key, Symbol\(k\)/],
    ['a named property of an array', Object.assign([1], { extra: 1 }), /named property/],
    ['depth', deep, /nested deeper than 500 levels/],
  ])('finds %s', (_, value, what) => {
    expect(findUnserializable(value)?.what).toMatch(what)
  })

  it('does not take two references to one object for a cycle', () => {
    const shared = { a: 1 }
    expect(findUnserializable([shared, { shared }])).toBeUndefined()
    expect(roundTrip([shared, { shared }])).toStrictEqual([shared, { shared }])
  })

  it('can trust what is frozen, and looks at everything else', () => {
    const frozen = Object.freeze({ f() {} })
    expect(findUnserializable({ frozen })?.path).toBe('frozen.f')
    expect(findUnserializable({ frozen }, true)).toBeUndefined()
    expect(findUnserializable({ frozen, open: { f() {} } }, true)?.path).toBe('open.f')
  })

  it('says the path in the message', () => {
    expect(() => encodeValue({ user: { onClick() {} } })).toThrow(
      /^value → user.onClick is a function: expected plain data/,
    )
  })
})
