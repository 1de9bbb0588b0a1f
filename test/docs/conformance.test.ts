import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type ConformanceTest,
  conformancePage,
  conformancePath,
  failuresIn,
  renderConformance,
  testsIn,
} from '../../scripts/conformance-page.ts'
import type { CatalogueGroup } from '../conformance/catalogue.ts'

const file = 'test/conformance/x-doors.test.ts'
const doors: CatalogueGroup = {
  letter: 'X',
  title: 'Doors',
  lines: [
    { id: 'X1', behaviour: 'A door opens.' },
    { id: 'X2', behaviour: 'A door rings | knocks.', differs: 'it knocks.' },
    { id: 'X3', behaviour: 'A door turns.', notApplicable: 'because it has hinges.' },
    { id: 'X4', behaviour: 'A door shuts.' },
  ],
}
const tests: readonly ConformanceTest[] = ['X1', 'X2', 'X1'].map((id) => ({ id, title: 'does it', file }))

describe('docs/conformance.md', () => {
  it('is as the catalogue and its tests are now (if not: npm run docs)', () => {
    expect(readFileSync(new URL(`../../${conformancePath}`, import.meta.url), 'utf8')).toBe(conformancePage())
  })

  it('counts the lines, and misses none', () => {
    const page = conformancePage()
    expect(page).toContain('| missing | 0 |')
    expect(page).not.toContain('**missing**')
  })
})

describe('a page of conformance', () => {
  it('has the result of each line, and the counts', () => {
    const page = renderConformance([doors], tests)
    for (const row of [
      '| lines | 4 |',
      '| pass | 1 |',
      '| pass, and differ on purpose | 1 |',
      '| not applicable | 1 |',
      '| missing | 1 |',
      '| X1 | A door opens. | passes: [x-doors](../test/conformance/x-doors.test.ts) |',
      '| X2 | A door rings \\| knocks. | passes, and differs: it knocks. [x-doors](../test/conformance/x-doors.test.ts) |',
      '| X3 | A door turns. | not applicable: because it has hinges. |',
      '| X4 | A door shuts. | **missing** |',
    ]) {
      expect(page.split('\n')).toContain(row)
    }
  })

  it('finds tests by the beginning of their titles', () => {
    const text = `
      describe('X9 is no test', () => {
        it('X1 opens', () => {})
        it.each([1])('X2 "rings" (%i)', () => {})
        it.each([
          1,
        ])(
          \`X3 turns\`, () => {})
        it('opens, as X4 says', () => {})
      })`
    expect(testsIn(file, text).map(({ id, title }) => `${id} ${title}`)).toEqual([
      'X1 opens',
      'X2 "rings" (%i)',
      'X3 turns',
    ])
  })
})

describe('a run of the tests', () => {
  const report = (
    assertionResults: readonly { readonly title: string; readonly status: string }[],
    status = 'passed',
  ) => JSON.stringify({ testResults: [{ name: file, status, message: 'no such file', assertionResults }] })
  const both = tests.slice(0, 2)

  it('has nothing against the page when all pass', () => {
    const passed = ['X1 does it', 'X2 does it', 'another'].map((title) => ({ title, status: 'passed' }))
    expect(failuresIn(report(passed), both)).toEqual([])
  })

  it.each(['failed', 'skipped', 'pending'])('names a test that has %s', (status) => {
    const results = [
      { title: 'X1 does it', status: 'passed' },
      { title: 'X1 and it', status },
      { title: 'X2 does it', status: 'passed' },
    ]
    expect(failuresIn(report(results), both)).toEqual([`X1 and it (${status})`])
  })

  it('names a file that could not be loaded, and lines whose tests did not run', () => {
    expect(failuresIn(report([], 'failed'), both)).toEqual([
      `${file} could not be loaded: no such file`,
      'X1 did not run',
      'X2 did not run',
    ])
  })
})
