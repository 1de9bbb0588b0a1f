import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkers } from '../../../src/testing/checkers/all-checkers.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const rows = read('docs/invariants.md')
  .split('\n')
  .filter((line) => /^\| [SL]\d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))

describe('docs/invariants.md', () => {
  it('has the checkers, all of them, in order', () => {
    const ids = [
      ...Array.from({ length: 18 }, (_, i) => `S${i + 1}`),
      ...Array.from({ length: 7 }, (_, i) => `L${i + 1}`),
    ]
    expect(checkers.map(({ name }) => name)).toEqual(ids)
    expect(rows.map(([, id]) => id)).toEqual(ids)
  })

  it.each(checkers.map((checker, i) => [checker.name, checker, rows[i]!] as const))(
    'describes %s',
    (_, checker, row) => {
      const [, , title, meaning, facts, where, file] = row
      expect(title).toBe(checker.title)
      expect(meaning).not.toBe('')
      for (const fact of facts!.split(', ')) expect(checker.hears).toContain(fact.replaceAll('`', ''))
      expect(['both', 'explorer', 'simulation']).toContain(where)
      const path = /\((.*)\)/.exec(file!)![1]!.replace('../', '')
      expect(read(path)).toContain(`name: '${checker.name}'`)
    },
  )

  it('is about checkers that have histories to accept and to reject', () => {
    const folder = new URL('./', import.meta.url)
    const cases = readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    for (const { name } of checkers) {
      const file = rows.find(([, id]) => id === name)![6]!
      const source = read(/\((.*)\)/.exec(file)![1]!.replace('../', ''))
      const constant = new RegExp(`export const (\\w+) = defineChecker[^\\n]*\\n  name: '${name}'`).exec(source)![1]!
      expect(cases.some((text) => text.includes(`checkerCases(${constant},`))).toBe(true)
    }
  })
})
