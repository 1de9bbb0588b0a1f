import { expect, it } from 'vitest'
import { operatorLabel } from '../../src/core/operator-label.ts'

it('names an operator, with its uid when it has one', () => {
  expect(operatorLabel({ operatorName: 'reduce' })).toBe('"reduce"')
  expect(operatorLabel({ operatorName: 'reduce', uid: 'totals' })).toBe('"reduce" (uid "totals")')
})
