import { expect, it } from 'vitest'
import { windowName } from '../../../src/operators/windows/definition.ts'
import { globalWindow, maxTimestampOf } from '../../../src/operators/windows/window.ts'

it('contains its start and not its end', () => {
  expect(maxTimestampOf({ start: 0, end: 10_000 })).toBe(9_999)
  expect(maxTimestampOf(globalWindow)).toBe(Number.MAX_SAFE_INTEGER)
})

it('is named by its bounds', () => {
  expect([windowName({ start: -5, end: 5 }), windowName(globalWindow)]).toEqual(['-5 5', '-Infinity Infinity'])
})
