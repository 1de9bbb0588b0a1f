import { expect, it } from 'vitest'
import type { FileSplit } from '../../src/connectors/file-splits.ts'
import { decodeLinesState, SplitList } from '../../src/connectors/lines-state.ts'
import { testContext } from './endpoint-harness.ts'

const splitsOf = (count: number): FileSplit[] =>
  Array.from({ length: count }, (_, i) => ({ path: `/${i}`, size: 9, mtimeMs: 0, start: 0, end: 9 }))

it('is one item for each split, when there are few', () => {
  const list = new SplitList(splitsOf(8))
  expect(list.snapshot(0, undefined).items('splits')).toHaveLength(8)
  expect(list.snapshot(5, undefined).items('splits')).toHaveLength(3)
  expect(list.snapshot(5, 4).items('splits')[0]).toBe('[["/5",9,0,4,9]]')
  expect(list.snapshot(8, undefined).items('splits')).toEqual([])
  expect(new SplitList([]).snapshot(0, undefined).items('splits')).toEqual([])
})

it('keeps the number of items bounded, and all but one of them from one snapshot to the next', () => {
  const list = new SplitList(splitsOf(10_000))
  const first = list.snapshot(0, undefined).items('splits')
  expect(first).toHaveLength(1_000)
  const later = list.snapshot(25, 3).items('splits')
  expect(later).toHaveLength(998)
  expect(later.slice(1).every((item, i) => item === first[i + 3])).toBe(true)
  const half = list.snapshot(5_001, undefined).items('splits')
  expect(half).toHaveLength(1_000)
  expect(list.snapshot(9_000, undefined).items('splits')).toHaveLength(1_000)
})

it('holds exactly the splits that are left, wherever it stands', () => {
  const splits = splitsOf(3_000)
  const list = new SplitList(splits)
  for (let index = 0; index <= splits.length; index += 41) {
    const offset = index % 2 === 0 && index < splits.length ? 5 : undefined
    const left = decodeLinesState(testContext(), list.snapshot(index, offset))
    const expected = splits.slice(index)
    if (offset !== undefined) expected[0] = { ...expected[0]!, start: offset }
    expect(left).toEqual(expected)
  }
})
