import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configurationTable, referencePages } from '../../scripts/reference-pages.ts'
import { helpOf } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/command-line.ts'
import { allConfigurationKeys } from '../../src/job/configuration-keys.ts'

describe('generated reference pages', () => {
  it.each(referencePages)('$path is as the code is now (if not: npm run docs)', ({ path, render }) => {
    const page = readFileSync(path, 'utf8')
    expect(page).toBe(render(page))
  })

  it('have every key under every name, and the help of every command', () => {
    for (const { name, aliases } of allConfigurationKeys) {
      for (const each of [name, ...aliases]) expect(configurationTable()).toContain(`\`${each}\``)
    }
    const page = readFileSync('docs/cli.md', 'utf8')
    for (const command of commands) expect(page).toContain(helpOf(command))
  })

  it('are not renewed where the marks are gone', () => {
    for (const { render } of referencePages) expect(() => render('# A page')).toThrow(/no marks/)
  })
})
