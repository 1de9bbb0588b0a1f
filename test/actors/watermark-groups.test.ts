import { expect, it } from 'vitest'
import { WatermarkGroups } from '../../src/actors/watermark-groups.ts'
import type { SubtaskId } from '../../src/core/ids.ts'

const said = (subtask: string, watermark: number | undefined, attempt = 0, group = 'g') => ({
  group,
  subtask: subtask as SubtaskId,
  attempt,
  watermark,
})

it('finds the lowest of those that have a say, in each group by itself', () => {
  const groups = new WatermarkGroups()
  expect(groups.lowest('g')).toBeUndefined()
  groups.report(said('a', 30))
  groups.report(said('b', undefined))
  expect(groups.lowest('g')).toBe(30)
  groups.report(said('b', 20))
  groups.report(said('c', 1, 0, 'other'))
  expect([groups.lowest('g'), groups.lowest('other')]).toEqual([20, 1])
  groups.report(said('b', undefined))
  expect(groups.lowest('g')).toBe(30)
  groups.report(said('a', undefined))
  expect(groups.lowest('g')).toBeUndefined()
  expect([groups.members('g'), groups.members('none')]).toEqual([['a', 'b'], []])
})

it('forgets an attempt with the first word of the next, and does not hear it any more', () => {
  const groups = new WatermarkGroups()
  expect(groups.report(said('a', 30))).toBe('first-of-attempt')
  expect(groups.report(said('b', 10))).toBe('first')
  expect(groups.report(said('b', 11))).toBe('known')
  expect(groups.report(said('a', 5, 1))).toBe('first-of-attempt')
  expect(groups.report(said('b', 1))).toBe('late')
  expect([groups.lowest('g'), groups.members('g'), groups.attempt]).toEqual([5, ['a'], 1])
})
