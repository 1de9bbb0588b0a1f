import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseKey, printTagged } from '../../src/savepoint/tagged-json.ts'

describe('a state value as JSON', () => {
  it.each([
    [12n, '{"$bigint":"12"}'],
    [undefined, '{"$undefined":true}'],
    [Number.NaN, '{"$number":"NaN"}'],
    [-0, '{"$number":"-0"}'],
    [Number.NEGATIVE_INFINITY, '{"$number":"-Infinity"}'],
    [new Map<unknown, unknown>([[1, new Set(['a'])]]), '{"$map":[[1,{"$set":["a"]}]]}'],
    [new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    [new Date(Number.NaN), '{"$date":null}'],
    [new Uint8Array([1, 2]), '{"$bytes":"AQI="}'],
    [Buffer.from([1, 2]), '{"$bytes":"AQI="}'],
    [new Uint8Array([1, 2]).buffer, '{"$buffer":"AQI="}'],
    [new Float64Array([1.5, -0]), '{"$Float64Array":[1.5,{"$number":"-0"}]}'],
    [new BigInt64Array([7n]), '{"$BigInt64Array":[{"$bigint":"7"}]}'],
    [{ a: [1, undefined], b: null }, '{"a":[1,{"$undefined":true}],"b":null}'],
    [{ $map: 1 }, '{"$object":[["$map",1]]}'],
    [JSON.parse('{"__proto__":{"x":1}}'), '{"$object":[["__proto__",{"x":1}]]}'],
    [Array(1), '[{"$undefined":true}]'],
    ['\ud800', '"\\ud800"'],
  ])('has a form of its own (case %#)', (value, text) => {
    expect(printTagged(value)).toBe(text)
  })
})

describe('a key that is typed', () => {
  it('is what it was printed as', () => {
    const key = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.bigInt(), fc.boolean(), fc.constant(null))
    fc.assert(fc.property(key, (one) => Object.is(parseKey(printTagged(one)), one)))
  })

  it('is a string when it is no JSON', () => {
    expect(parseKey('apples')).toBe('apples')
    expect(parseKey('"7"')).toBe('7')
    expect(parseKey('7')).toBe(7)
  })

  it.each(['[1]', '{"a":1}', '{"$number":"NaN"}', '{"$bigint":"x"}'])('is not %s', (text) => {
    expect(() => parseKey(text)).toThrow(/is no key/)
  })
})
