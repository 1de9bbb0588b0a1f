import { expect, it } from 'vitest'
import { shortJson } from '../../src/core/short-json.ts'

it('shows a record on one line, whatever it is', () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  expect([{ a: 1 }, 'x', undefined, 5n, Number.NaN, null, cycle].map(shortJson)).toEqual([
    '{"a":1}',
    '"x"',
    'undefined',
    '5n',
    'NaN',
    'null',
    '(an object that is no JSON)',
  ])
  expect(shortJson('x'.repeat(500))).toBe(`"${'x'.repeat(118)}…`)
})
