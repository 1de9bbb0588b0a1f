/** What a plan says of one operator, where it is not said in `restore-plan.test.ts`: its lists. */
import { expect, it } from 'vitest'
import { planRestore } from '../../src/deployment/restore-plan.ts'
import type { StateMapping } from '../../src/deployment/state-mapping.ts'
import { graph, operator, vertex } from './graphs.ts'
import { listsStored, manifest } from './snapshots.ts'

/** What becomes of a list "files" of two items where an operator declares these lists. */
const planned = (
  declared: object,
  { stored = true, ...mapping }: { stored?: boolean; from?: string; to?: string } = {},
) => {
  const files = { ...listsStored(1, [[{ name: 'files', mode: 'split', items: 2 }]]), uid: 'in' }
  const declaring = operator(1, {
    uid: 'in',
    operator: { ...operator(1).operator, operatorStates: declared } as never,
  })
  const { plan } = planRestore(
    graph([vertex(1, 1, { operators: [declaring] })]),
    manifest(...(stored ? [files] : [])),
    {
      allowNonRestoredState: false,
      path: '/sp/1',
      stateMapping: mapping.from === undefined ? [] : [mapping as StateMapping],
    },
  )
  const [{ outcome, states, remedies } = expect.fail()] = plan.operators
  const rows = states.map(({ name, kind, items, outcome, from }) => [name, kind, items, outcome, from].join(' ').trim())
  return { plan, outcome, states: rows, remedies: remedies.map(({ type }) => type) }
}

it('lists that nothing stored fills are told of, too', () => {
  const declared = { files: { mode: 'split' }, rules: { mode: 'broadcast' } }
  expect(planned(declared).states).toEqual(['files split 2 as-is', 'rules broadcast  new'])
  expect(planned(declared, { stored: false }).states).toEqual(['files split  new', 'rules broadcast  new'])
})

it('a list that is not declared is dropped, unless a mapping gives it its new name', () => {
  const declared = { rules: { mode: 'split' } }
  const { plan, ...found } = planned(declared)
  expect(found).toEqual({
    outcome: 'new',
    states: ['rules split  new', 'files split 2 dropped'],
    remedies: ['--map-state in/files=in/rules', '--allowNonRestoredState'],
  })
  expect(plan).toMatchObject({ verdict: 'drops-state', problems: [{ code: 'RESTORE_STATE_UNMATCHED' }] })
  expect(plan.problems[0]?.message).toContain('/sp/1 has state "files" of operator "stored1" (uid "in")')
  const mapped = planned(declared, { from: 'in/files', to: 'in/rules' })
  expect([mapped.outcome, mapped.states]).toEqual(['as-is', ['rules split 2 as-is files']])
  expect(mapped.plan).toMatchObject({ verdict: 'lossless', starts: true })
})

it('a mapping to a list of another kind is refused', () => {
  const { plan, outcome } = planned({ rules: { mode: 'union' } }, { from: 'in/files', to: 'in/rules' })
  expect([outcome, plan.problems.map(({ code }) => code)]).toEqual(['refused', ['RESTORE_STATE_INCOMPATIBLE']])
})
