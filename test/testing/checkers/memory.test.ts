import { describe, expect, it } from 'vitest'
import { CheckerRun, checkFacts } from '../../../src/testing/checkers/check-facts.ts'
import { defineChecker, violation } from '../../../src/testing/checkers/define-checker.ts'
import { missingFrom, overlapping, withRange } from '../../../src/testing/checkers/item-ranges.ts'
import { put, renamed, withItem, without, withoutItem } from '../../../src/testing/checkers/memory.ts'
import { inputsOf, outputsOf, runPlan } from '../../../src/testing/checkers/run-plan.ts'
import { completed, run, triggered } from './history.ts'

describe('edits of a memory', () => {
  const record = { a: 1, c: 3 }
  it('keep names in order, and the same object when nothing changes', () => {
    expect(Object.keys(put(record, 'b', 2))).toEqual(['a', 'b', 'c'])
    expect(Object.keys(put(record, 'd', 2))).toEqual(['a', 'c', 'd'])
    expect(put(record, 'a', 1)).toBe(record)
    expect(without(record, 'x')).toBe(record)
    expect(without(record, 'a')).toEqual({ c: 3 })
    const items = [1, 3]
    expect(withItem(items, 2)).toEqual([1, 2, 3])
    expect(withItem(items, 3)).toBe(items)
    expect(withoutItem(items, 2)).toBe(items)
  })

  it('swap names everywhere', () => {
    const swap = (name: string) => (name === 'a' ? 'b' : name === 'b' ? 'a' : name)
    const memory = { a: { waiting: ['a', 'c'] }, b: null, pins: [[2, 'a'], 'c'], n: 1 }
    expect(JSON.stringify(renamed(memory, swap))).toBe(
      '{"a":null,"b":{"waiting":["b","c"]},"n":1,"pins":[[2,"b"],"c"]}',
    )
  })
})

describe('ranges of items', () => {
  it('join when they touch, with the newest label', () => {
    const two = withRange(withRange([], 1, 3, 1), 7, 9, 2)
    expect(two).toEqual([
      [1, 3, 1],
      [7, 9, 2],
    ])
    expect(withRange(two, 4, 6, 1)).toEqual([[1, 9, 2]])
    expect(withRange(two, 2, 3, 1)).toBe(two)
    expect(withRange(two, 2, 3, 5)).toEqual([
      [1, 3, 5],
      [7, 9, 2],
    ])
  })

  it('know what is missing and what overlaps', () => {
    const ranges = [
      [2, 3, 0],
      [6, 6, 0],
    ] as const
    expect(missingFrom(ranges, 1, 8)).toEqual([
      [1, 1],
      [4, 5],
      [7, 8],
    ])
    expect(missingFrom(ranges, 2, 3)).toEqual([])
    expect(overlapping(ranges, 4, 5)).toBeUndefined()
    expect(overlapping(ranges, 3, 5)).toBe(ranges[0])
  })
})

describe('a plan', () => {
  it('knows inputs and outputs', () => {
    const began = run()
    const plan = runPlan(began.type === 'run.began' ? began : (undefined as never))
    expect([inputsOf(plan, 't'), outputsOf(plan, 't'), inputsOf(plan, 'a')]).toEqual([['a>t', 'b>t'], ['t>k'], []])
  })
})

describe('a run of checkers', () => {
  const odd = defineChecker<{ readonly open: readonly number[] }>({
    name: 'X',
    title: 'Ids are even, and end.',
    initial: { open: [] },
    on: {
      triggered: ({ open }, { checkpointId: id }) =>
        id % 2 === 0 ? { open: [...open, id] } : violation(`${id} is odd.`),
      completed: ({ open }, { checkpointId }) => ({ open: open.filter((id) => id !== checkpointId) }),
    },
    atEnd: ({ open }) => (open.length === 0 ? undefined : `${open[0]} is open.`),
  })

  it('says which fact broke a rule, and asks that checker no more', () => {
    expect(checkFacts([run(), triggered(2), triggered(3), triggered(5)], [odd])).toEqual([
      { checker: 'X', message: '3 is odd.', at: 2 },
    ])
  })

  it('says what is owed at the end', () => {
    expect(checkFacts([triggered(2)], [odd])).toEqual([{ checker: 'X', message: '2 is open.', at: undefined }])
    expect(checkFacts([triggered(2), completed(2)], [odd])).toEqual([])
  })

  it('gives the memory of a checker, the same while nothing changes', () => {
    const telling = new CheckerRun([odd])
    const first = telling.memory('X')
    telling.tell(completed(1))
    expect(telling.memory('X')).toBe(first)
    telling.tell(triggered(2))
    expect(telling.memory('X')).toEqual({ open: [2] })
  })
})
