/** Every line of the catalogue has a test or a reason, and every test a line. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { conformanceTests } from '../../scripts/conformance-page.ts'
import { catalogue, explained } from './catalogue.ts'

/** How many lines each group has. */
const sizes = { A: 14, B: 11, C: 12, D: 40, E: 10, F: 6, G: 7, H: 12, I: 10, J: 16, K: 5 }
const lines = catalogue.flatMap((group) => group.lines)
const tests = conformanceTests()
const tested = new Set(tests.map(({ id }) => id))

describe('the catalogue', () => {
  it('has every line of every group once, in order', () => {
    const expected = Object.entries(sizes).map(([letter, count]) => [
      letter,
      Array.from({ length: count }, (_, i) => `${letter}${i + 1}`),
    ])
    expect(catalogue.map((group) => [group.letter, group.lines.map(({ id }) => id)])).toEqual(expected)
  })

  it('says each behaviour in a sentence of its own', () => {
    const sentences = lines.map(({ behaviour }) => behaviour)
    expect(sentences.filter((sentence) => !/^[A-Z].{20,}\.$/.test(sentence))).toEqual([])
    expect(new Set(sentences).size).toBe(sentences.length)
  })

  it('has a test or a reason for each line, and never both', () => {
    const missing = lines.filter(({ id, notApplicable }) => notApplicable === undefined && !tested.has(id))
    const both = lines.filter(({ id, notApplicable }) => notApplicable !== undefined && tested.has(id))
    expect(missing.map(({ id, behaviour }) => `${id}: ${behaviour}`)).toEqual([])
    expect(both.map(({ id }) => id)).toEqual([])
  })

  it('gives reasons that are reasons, differences that are sentences, and both for lines that are there', () => {
    const reasons = lines.flatMap(({ notApplicable }) => notApplicable ?? [])
    expect(reasons.filter((reason) => !/^because .{20,}\.$/.test(reason))).toEqual([])
    const differences = lines.flatMap(({ differs }) => differs ?? [])
    expect(differences.filter((difference) => !/^[a-z].{20,}\.$/.test(difference))).toEqual([])
    expect(explained.filter((id) => !lines.some((line) => line.id === id))).toEqual([])
    const both = lines.filter(({ notApplicable, differs }) => notApplicable !== undefined && differs !== undefined)
    expect(both.map(({ id }) => id)).toEqual([])
  })
})

describe('the tests of the catalogue', () => {
  it('have titles that begin with a line of the group that their file is named after', () => {
    const known = new Set(lines.map(({ id }) => id))
    const stray = tests.filter(({ id, file }) => !known.has(id) || !file.includes(`/${id[0]!.toLowerCase()}-`))
    expect(stray).toEqual([])
  })

  it('are not skipped, and none runs alone', () => {
    const skipping = /\b(?:it|describe)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|fails|only)\b/
    const files = readdirSync(import.meta.dirname).filter(
      (name) => name.endsWith('.test.ts') && !/^catalogue/.test(name),
    )
    expect(files.filter((name) => skipping.test(readFileSync(`${import.meta.dirname}/${name}`, 'utf8')))).toEqual([])
  })
})
