import { expect, it } from 'vitest'
import type { OperatorItemsFacts } from '../../src/core/operator-state.ts'
import type { UnkeyedSource } from '../../src/deployment/list-matching.ts'
import { judgeLists, judgeWhole, unkeyedRefusals } from '../../src/deployment/operator-state-check.ts'
import { endpoint, operator } from './graphs.ts'
import { listsStored, stored } from './snapshots.ts'

const list = (name: string, mode: OperatorItemsFacts['mode'], items: number): OperatorItemsFacts => ({
  name,
  mode,
  items,
})

const declaring = (operatorStates: object | undefined) =>
  operator(1, { uid: 'rules', operator: { ...operator(1).operator, operatorStates } as never })

const place = listsStored(1, [[list('files', 'split', 2), list('all', 'union', 1)], [list('files', 'split', 3)]])

const all: readonly UnkeyedSource[] = [{ stored: place }]

it('a list stays where it is declared as it was, or where nothing is declared', () => {
  const verdicts = (declared: object | undefined, sources = all) =>
    judgeLists(declaring(declared), sources).map(({ list: { name }, to, type }) => `${name} ${to} ${type}`)
  expect(verdicts({ files: { mode: 'split' }, all: { mode: 'union' } })).toEqual(['files files same', 'all all same'])
  expect(verdicts({ files: { mode: 'union' }, all: { mode: 'union' } })).toEqual([
    'files files refused',
    'all all same',
  ])
  expect(verdicts(undefined)).toEqual(['files files same', 'all all same'])
  const moved = [{ stored: place, lists: [{ from: 'all', to: 'files' }] }]
  expect(verdicts({ files: { mode: 'union' } }, moved)).toEqual(['all files same'])
  expect(verdicts({ files: { mode: 'split' } }, moved)).toEqual(['all files refused'])
})

it('a list that is declared otherwise is refused, saying as what it was written', () => {
  const errors = unkeyedRefusals(declaring({ files: { mode: 'broadcast' } }), all, '/sp/1')
  expect(errors.map(({ code }) => code)).toEqual(['RESTORE_STATE_INCOMPATIBLE'])
  expect(errors[0]?.message).toContain('State "files" of operator "op1" (uid "rules")')
  expect(errors[0]?.message).toContain('written as a split list, and the program declares broadcast')
  expect(unkeyedRefusals(declaring({ files: { mode: 'split' } }), all, '/sp/1')).toEqual([])
  expect(unkeyedRefusals(declaring({ files: { mode: 'broadcast' } }), [], '/sp/1')).toEqual([])
  const moved = [{ stored: place, lists: [{ from: 'all', to: 'files' }] }]
  expect(unkeyedRefusals(declaring({ files: { mode: 'split' } }), moved, '/sp/1')[0]?.message).toContain(
    'written, as "all", as a union list, and the program declares split',
  )
})

it('one value goes to a source or a sink only', () => {
  const whole = [{ stored: stored(1, ['o'], { name: 'in' }) }]
  const errors = unkeyedRefusals(declaring({}), whole, '/sp/1')
  expect(errors.map(({ code }) => code)).toEqual(['RESTORE_STATE_INCOMPATIBLE'])
  expect(errors[0]?.message).toContain(
    'State of operator "op1" (uid "rules") that belongs to no key cannot be restored from /sp/1: "in"',
  )
  expect(errors[0]?.message).toContain(
    'Give this operator another uid, and drop that state with --allowNonRestoredState.',
  )
  expect(unkeyedRefusals(endpoint(1), whole, '/sp/1')).toEqual([])
  expect([judgeWhole(declaring({})), judgeWhole(endpoint(1))]).toEqual(['refused', 'same'])
})
