import { expect, it } from 'vitest'
import type { ManifestOperator } from '../../src/backends/manifest.ts'
import type { OperatorItemsFacts } from '../../src/core/operator-state.ts'
import { isWhole, judgeLists, judgeWhole, listsOf, unkeyedRefusals } from '../../src/deployment/operator-state-check.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { endpoint, operator } from './graphs.ts'
import { handle, stored } from './snapshots.ts'

const list = (name: string, mode: OperatorItemsFacts['mode'], items: number): OperatorItemsFacts => ({
  name,
  mode,
  items,
})

const withLists = (...subtasks: readonly (readonly OperatorItemsFacts[])[]): ManifestOperator => {
  const operator = stored(
    1,
    subtasks.map(() => ''),
  )
  return {
    ...operator,
    subtasks: operator.subtasks.map((subtask, index) => ({
      ...subtask,
      operator: { ...handle(`o${index}`), states: subtasks[index] },
    })),
  }
}

const declaring = (operatorStates: object | undefined) =>
  operator(1, { uid: 'rules', operator: { ...operator(1).operator, operatorStates } as never })

const place = withLists([list('files', 'split', 2), list('all', 'union', 1)], [list('files', 'split', 3)])

it('lists are counted over all subtasks', () => {
  expect(listsOf(place)).toEqual([list('files', 'split', 5), list('all', 'union', 1)])
  expect(listsOf(stored(1, ['o', 'k']))).toEqual([])
})

it('a list stays where it is declared as it was, and is carried along where it is not declared', () => {
  const verdicts = (declared: object | undefined) => judgeLists(declaring(declared), place).map(({ type }) => type)
  expect(verdicts({ files: { mode: 'split' } })).toEqual(['same', 'carried'])
  expect(verdicts({ files: { mode: 'union' }, all: { mode: 'union' } })).toEqual(['refused', 'same'])
  expect(verdicts({ constructor: { mode: 'union' } })).toEqual(['carried', 'carried'])
  expect(verdicts(undefined)).toEqual(['same', 'same'])
})

it('a list that is declared otherwise is refused, saying as what it was written', () => {
  const errors = unkeyedRefusals(declaring({ files: { mode: 'broadcast' } }), place, '/sp/1')
  expect(errors.map(({ code }) => code)).toEqual(['RESTORE_STATE_INCOMPATIBLE'])
  expect(errors[0]?.message).toContain('State "files" of operator "op1" (uid "rules")')
  expect(errors[0]?.message).toContain('written as a split list, and the program declares broadcast')
  expect(unkeyedRefusals(declaring({ files: { mode: 'split' } }), place, '/sp/1')).toEqual([])
  expect(unkeyedRefusals(declaring({ files: { mode: 'broadcast' } }), undefined, '/sp/1')).toEqual([])
  expect(unkeyedRefusals(operator(1, { operator: mapOperator((x) => x) }), place, '/sp/1')).toEqual([])
})

it('one value goes to a source or a sink only', () => {
  const whole = stored(1, ['o'], { name: 'in' })
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
  expect([isWhole(whole), isWhole(place)]).toEqual([true, false])
})
