import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OperatorItemsFacts, OperatorStateMode } from '../../src/core/operator-state.ts'
import { type OperatorStateReport, operatorStateShares } from '../../src/deployment/operator-state-shares.ts'

const list = (name: string, items: number, mode: OperatorStateMode = 'split'): OperatorItemsFacts => ({
  name,
  mode,
  items,
})

/** Per new subtask the items of a list that it has, as `<old subtask>.<place>`, in order. */
function itemsOf(name: string, reports: readonly OperatorStateReport[], parallelism: number): string[][] {
  return operatorStateShares(reports, parallelism).map((shares) =>
    shares.flatMap(({ subtask, take }) => {
      const all = (reports[subtask] ?? []).map((facts) => ({ name: facts.name, from: 0, to: facts.items }))
      return (take ?? all)
        .filter((range) => range.name === name)
        .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => `${subtask}.${from + i}`))
    }),
  )
}

const allOf = (name: string, reports: readonly OperatorStateReport[]): string[] =>
  reports.flatMap((report, subtask) => {
    const items = report?.find((facts) => facts.name === name)?.items ?? 0
    return Array.from({ length: items }, (_, place) => `${subtask}.${place}`)
  })

describe('items that go to one subtask each', () => {
  it.each([
    [
      '2 to 3',
      [4, 3],
      3,
      [
        ['0.0', '0.1', '0.2'],
        ['0.3', '1.0'],
        ['1.1', '1.2'],
      ],
    ],
    ['3 to 2', [1, 0, 2], 2, [['0.0', '2.0'], ['2.1']]],
    ['2 to 1', [2, 1], 1, [['0.0', '0.1', '1.0']]],
    ['1 to 4, fewer items than subtasks', [2], 4, [['0.0'], ['0.1'], [], []]],
  ] as const)('are put in a row and cut into even runs: %s', (_, sizes, parallelism, expected) => {
    const reports = sizes.map((items) => [list('a', items)])
    expect(itemsOf('a', reports, parallelism)).toEqual(expected)
  })

  it('stay where they were at the same parallelism, however uneven', () => {
    const reports = [[list('a', 5)], [list('a', 0)], undefined, [list('a', 1)]]
    expect(itemsOf('a', reports, 4).map(({ length }) => length)).toEqual([5, 0, 0, 1])
  })

  it('of the next list begin where the longer runs of this one ended', () => {
    const reports = [[list('a', 1), list('b', 1), list('c', 3), list('d', 1)]]
    const sizes = ['a', 'b', 'c', 'd'].map((name) => itemsOf(name, reports, 3).map(({ length }) => length))
    expect(sizes).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 1, 1],
      [0, 0, 1],
    ])
    expect(itemsOf('c', reports, 3)).toEqual([['0.1'], ['0.2'], ['0.0']])
  })

  it('leave a subtask with the knowledge that there is nothing for it', () => {
    expect(operatorStateShares([[list('a', 1)]], 2)).toEqual([
      [{ subtask: 0 }],
      [{ subtask: 0, take: [{ name: 'a', from: 0, to: 0 }] }],
    ])
    expect(operatorStateShares([undefined, [list('a', 0)]], 1)).toEqual([
      [{ subtask: 1, take: [{ name: 'a', from: 0, to: 0 }] }],
    ])
    expect(operatorStateShares([undefined, undefined], 3)).toEqual([[], [], []])
  })
})

describe('copies and unions', () => {
  it.each([1, 2, 3])('of a union everybody gets all, from 2 to %i', (parallelism) => {
    const reports = [[list('u', 2, 'union')], [list('u', 1, 'union')]]
    expect(itemsOf('u', reports, parallelism)).toEqual(Array(parallelism).fill(['0.0', '0.1', '1.0']))
  })

  it.each([
    [2, ['0.0', '1.0']],
    [3, ['0.0', '1.0', '0.0']],
    [1, ['0.0']],
  ])('of copies each gets one, in turn, from 2 to %i', (parallelism, expected) => {
    const reports = [[list('b', 1, 'broadcast')], [list('b', 1, 'broadcast')]]
    expect(itemsOf('b', reports, parallelism).flat()).toEqual(expected)
  })

  it.each([[undefined], [[]]])('of copies that a subtask did not report (%j) it gets that of another', (nothing) => {
    const reports = [nothing, [list('b', 1, 'broadcast')], [list('b', 1, 'broadcast')]]
    expect(itemsOf('b', reports, 3).flat()).toEqual(['1.0', '1.0', '2.0'])
    expect(itemsOf('b', reports, 5).flat()).toEqual(['1.0', '2.0', '1.0', '2.0', '1.0'])
  })
})

const modes = { a: 'split', b: 'union', c: 'broadcast', d: 'split', e: 'split' } as const
const names = Object.keys(modes) as (keyof typeof modes)[]
const report = fc.option(
  fc
    .subarray(names)
    .chain((some) => fc.tuple(...some.map((name) => fc.nat(9).map((items) => list(name, items, modes[name]))))),
  { nil: undefined },
)
const anyReports = fc.array(report, { minLength: 1, maxLength: 6 })

describe('whatever was reported, for any number of subtasks', () => {
  it('every item of a split list goes to exactly one, in runs of sizes that differ by one at most', () => {
    fc.assert(
      fc.property(anyReports, fc.integer({ min: 1, max: 9 }), (reports, parallelism) => {
        let start = 0
        const inOrder = [...new Set(reports.flatMap((one) => one?.map(({ name }) => name) ?? []))]
        for (const name of inOrder.filter((one) => modes[one as keyof typeof modes] === 'split')) {
          const given = itemsOf(name, reports, parallelism)
          const all = allOf(name, reports)
          expect(given.flat().toSorted()).toEqual(all.toSorted())
          if (parallelism === reports.length) {
            expect(given.every((own, index) => own.every((item) => item.startsWith(`${index}.`)))).toBe(true)
            continue
          }
          const turns = Array.from({ length: parallelism }, (_, turn) => given[(start + turn) % parallelism]!)
          expect(turns.flat()).toEqual(all)
          expect(turns.map(({ length }) => length)).toEqual(
            turns.map((_, turn) => Math.floor(all.length / parallelism) + (turn < all.length % parallelism ? 1 : 0)),
          )
          start = (start + all.length) % parallelism
        }
      }),
      { seed: 1 },
    )
  })

  it('a union is whole everywhere, and a copy is the whole of one that was reported', () => {
    fc.assert(
      fc.property(anyReports, fc.integer({ min: 1, max: 9 }), (reports, parallelism) => {
        for (const own of itemsOf('b', reports, parallelism)) expect(own).toEqual(allOf('b', reports))
        const copies = reports.flatMap((one, subtask) =>
          one?.some(({ name }) => name === 'c') ? [allOf('c', [...Array(subtask).fill(undefined), one])] : [],
        )
        for (const own of itemsOf('c', reports, parallelism)) {
          expect(copies.length === 0 ? [[]] : copies).toContainEqual(own)
        }
      }),
      { seed: 2 },
    )
  })

  it('a subtask reads an old one once, and at another parallelism knows that something was restored', () => {
    fc.assert(
      fc.property(anyReports, fc.integer({ min: 1, max: 9 }), (reports, parallelism) => {
        for (const shares of operatorStateShares(reports, parallelism)) {
          const read = shares.map(({ subtask }) => subtask)
          expect(read).toEqual([...new Set(read)].toSorted((a, b) => a - b))
          if (parallelism !== reports.length && reports.some((one) => one !== undefined)) {
            expect(shares.length).toBeGreaterThan(0)
          }
        }
      }),
      { seed: 3 },
    )
  })
})
