import { expect, it } from 'vitest'
import { appended, contentsOf, elementsIn, type Runs } from '../../../src/operators/windows/window-contents.ts'

it('grows a list whose earlier versions stay as they were', () => {
  const versions: Runs[] = [[]]
  for (let n = 0; n < 100; n++) versions.push(appended(versions[n]!, n))
  for (const [n, version] of versions.entries()) expect(elementsIn(version)).toEqual([...Array(n).keys()])
})

it('copies an element no more often than the list has doubled', () => {
  let copied = 0
  let runs: Runs = []
  for (let n = 0; n < 1_024; n++) {
    const next = appended(runs, n)
    copied += next.at(-1)!.length
    runs = next
  }
  expect(copied).toBeLessThanOrEqual(1_024 * 11)
  expect(runs.map(({ length }) => length)).toEqual([1_024])
})

it('keeps elements with their timestamps for an evictor, whatever is computed', () => {
  const { add, merge } = contentsOf({ type: 'reduce', reduce: () => 0, finish: undefined }, true)
  const first = add(add(undefined, 'a', 1), 'b', 2)
  expect(elementsIn(merge(first, add(undefined, 'c', 3)) as Runs)).toEqual([
    { value: 'a', timestamp: 1 },
    { value: 'b', timestamp: 2 },
    { value: 'c', timestamp: 3 },
  ])
})

it('refuses undefined and promises as what is kept', () => {
  const forgetful = contentsOf({ type: 'reduce', reduce: () => undefined, finish: undefined }, false)
  expect(() => forgetful.add(1, 2, 0)).toThrow('The reduce function gave undefined')
  const slow = contentsOf(
    {
      type: 'aggregate',
      aggregate: { createAccumulator: () => 0, add: () => Promise.resolve(1), getResult: (n) => n },
      finish: undefined,
    },
    false,
  )
  expect(() => slow.add(undefined, 2, 0)).toThrow('The add function of the aggregate returned a promise')
})

it('refuses to reduce a record that is undefined, which would be no contents', () => {
  const { add } = contentsOf({ type: 'reduce', reduce: (a) => a, finish: undefined }, false)
  expect(() => add(undefined, undefined, 1)).toThrow('reduce was given the record undefined: expected a value')
  expect(add(undefined, null, 1)).toBeNull()
})
