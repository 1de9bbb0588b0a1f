import { expect, it } from 'vitest'
import { checkArgument, checkInteger } from '../../src/connectors/argument.ts'
import { restoredPosition } from '../../src/connectors/position.ts'
import { codeOf, testContext } from './endpoint-harness.ts'

it('names the argument, what was expected and what came', async () => {
  expect(await codeOf(() => checkInteger('size of x', 0, 1))).toEqual({
    code: 'ARGUMENT_INVALID',
    message: 'size of x is 0: expected an integer from 1.',
  })
  const check = () => checkArgument(false, 'mode of x', 'a or b', 'c')
  expect(await codeOf(check)).toEqual({ code: 'ARGUMENT_INVALID', message: 'mode of x is c: expected a or b.' })
})

it('accepts what is in bounds', () => {
  checkInteger('size of x', 1, 1)
  checkArgument(true, 'mode of x', 'a or b', 'a')
})

it('starts counting at 0 without a state', () => {
  expect(restoredPosition(testContext(), undefined)).toBe(0)
  expect(restoredPosition(testContext(), { position: 7 })).toBe(7)
})
