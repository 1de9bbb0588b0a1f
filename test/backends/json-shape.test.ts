import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonFields } from '../../src/backends/json-fields.ts'
import { jsonShapeProblem } from '../../src/backends/json-shape.ts'
import { limits } from '../../src/core/limits.ts'

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

describe('the shape of JSON', () => {
  it('is sound when it is not too deep, whatever stands in strings', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => jsonShapeProblem(text) === undefined))
    expect(jsonShapeProblem(JSON.stringify({ a: '[['.repeat(100), '[\\"[': '"[{'.repeat(100) }))).toBeUndefined()
  })

  it('has a limit for its depth and one for its values', () => {
    const { manifestDepthMax: levels, manifestValuesMax: values } = limits
    expect(jsonShapeProblem(nested(levels + 1))).toBeUndefined()
    expect(jsonShapeProblem(nested(levels + 2))).toBe(`it is nested deeper than ${levels} levels`)
    expect(jsonShapeProblem(`{"a":${'['.repeat(1_000_000)}`)).toMatch(/nested deeper/)
    expect(jsonShapeProblem(`[${'{},'.repeat(values / 2)}0]`)).toBe(`it has more than ${values} values`)
    expect(jsonShapeProblem(`[${'0,'.repeat(values - 10)}0]`)).toBeUndefined()
  })

  it('is looked at before anything is parsed, and the text is not quoted', () => {
    const fields = new JsonFields('Manifest', '/x/_metadata')
    expect(() => fields.parse(nested(100))).toThrow(/nested deeper than 32 levels/)
    const secret = () => fields.parse('root:x:0:0:/root')
    expect(secret).toThrow(/^Manifest \/x\/_metadata is damaged: it is not JSON \(Unexpected token/)
    expect(secret).not.toThrow(/x:0/)
  })
})
