import { expect, it } from 'vitest'
import { checkDelta } from '../../../src/operators/windows/check-delta.ts'
import { deltaEvictor } from '../../../src/operators/windows/evictors.ts'
import { deltaTrigger } from '../../../src/operators/windows/triggers.ts'

it.each<[string, () => unknown, string]>([
  ['a threshold', () => checkDelta('delta', '5', () => 1), 'delta was given 5: expected a number.'],
  ['no number', () => checkDelta('delta', Number.NaN, () => 1), 'delta was given NaN: expected a number.'],
  [
    'a trigger',
    () => deltaTrigger(5, {} as never),
    'deltaTrigger was given a delta of type object: expected a function.',
  ],
  [
    'an evictor',
    () => deltaEvictor(5, null as never),
    'deltaEvictor was given a delta of type object: expected a function.',
  ],
])('refuses %s', (_what, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', message }))
})

it('takes a number and a function', () => {
  expect(() => checkDelta('delta', 5, () => 1)).not.toThrow()
})
