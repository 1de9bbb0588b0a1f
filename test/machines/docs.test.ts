/** The protocol pages show the charts as they are. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import { pagePath, pages, renderPage } from '../../scripts/protocol-pages.ts'
import { catalogue } from '../../src/machines/catalogue.ts'
import { effect } from '../../src/machines/step.ts'

const root = new URL('../../', import.meta.url)

describe('docs/protocols', () => {
  for (const page of catalogue) {
    it(`${page.page}.md is what \`npm run docs\` writes`, () => {
      const current = readFileSync(new URL(pagePath(page), root), 'utf8')
      expect(renderPage(page, current)).toBe(current)
    })
  }

  it('has a page for every chart', () => {
    expect(pages.flatMap(({ charts }) => charts.map(({ name }) => name))).toHaveLength(5)
  })
})

describe('a generated page', () => {
  const door = setup({
    actions: { ring: effect() },
    guards: { isLocked: () => true },
    delays: { patience: 10 },
  }).createMachine({
    initial: 'shut',
    states: {
      shut: { on: { push: [{ guard: 'isLocked', actions: 'ring' }, 'open'] } },
      open: { entry: 'ring', after: { patience: 'shut' } },
    },
    on: { '*': { actions: 'ring' } },
  })
  const page = { page: 'door', title: 'Doors', charts: [{ name: 'door', machine: door }] }
  const first = renderPage(page, undefined)

  it('has a row for each edge, entry and timer, and a diagram', () => {
    expect(first).toContain(
      [
        '| shut | push | isLocked | same | ring |',
        '| shut | push | otherwise | open | – |',
        '| open | *on entry* | – | – | ring; (set timer patience) |',
        '| open | *on exit* | – | – | (clear timer patience) |',
        '| open | timer patience | – | shut | – |',
        '| any | anything else | – | same | ring |',
      ].join('\n'),
    )
    expect(first).toContain('  shut --> open : push\n  open --> shut : timer patience')
  })

  it('keeps what is written by hand and is stable', () => {
    const byHand = first
      .replace('# Doors\n', '# Doors\n\nA door is a hole.\n')
      .replace(/\| shut \| push \| isLocked .*\n/, '')
    const renewed = renderPage(page, byHand)
    expect(renewed).toBe(first.replace('# Doors\n', '# Doors\n\nA door is a hole.\n'))
    expect(renderPage(page, renewed)).toBe(renewed)
  })
})
