import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ManifestOperator } from '../../src/backends/manifest.ts'
import { keyGroupRangeOf } from '../../src/core/key-groups.ts'
import { hadFinished, shareState } from '../../src/deployment/state-shares.ts'
import type { JobVertex } from '../../src/graph/job-graph.ts'
import { operator as anOperator, vertex } from './graphs.ts'
import { keyedStored, listsStored, stored } from './snapshots.ts'

/** All that is stored for operator 1, for the subtasks of its vertex. */
const share = (place: ManifestOperator, of: JobVertex) =>
  shareState(of, of.operators[0]!, { unkeyed: [{ stored: place }], keyed: [{ stored: place }] })

/** The state files that each new subtask reads, in order. */
const filesOf = (place: ManifestOperator, parallelism: number, maxParallelism = 128) =>
  share(place, vertex(1, parallelism, { maxParallelism })).map((restore) =>
    [...(restore?.keyed ?? []), ...(restore?.operator ?? [])].map(({ handle }) => 'file' in handle && handle.file),
  )

describe('keyed state', () => {
  it('comes from every old subtask whose key groups meet the own ones, and from no other', () => {
    expect(filesOf(keyedStored(1, 2), 4)).toEqual([['1-k0.0'], ['1-k0.0'], ['1-k1.0'], ['1-k1.0']])
    expect(filesOf(keyedStored(1, 4), 2)).toEqual([
      ['1-k0.0', '1-k1.0'],
      ['1-k2.0', '1-k3.0'],
    ])
    expect(filesOf(keyedStored(1, 2), 3)).toEqual([['1-k0.0'], ['1-k0.0', '1-k1.0'], ['1-k1.0']])
  })

  it('comes chain after chain: what has changed behind what it changes', () => {
    expect(filesOf(keyedStored(1, 2, 3), 1)).toEqual([['1-k0.0', '1-k0.1', '1-k0.2', '1-k1.0', '1-k1.1', '1-k1.2']])
  })

  it('is taken from several operators of the snapshot, each as the mapping says', () => {
    const states = [{ from: 's', to: 't' }]
    const heritage = { unkeyed: [], keyed: [{ stored: keyedStored(2, 2) }, { stored: keyedStored(3, 1), states }] }
    expect(shareState(vertex(1, 1), anOperator(1), heritage)[0]!.keyed).toMatchObject([
      { handle: { file: '2-k0.0' } },
      { handle: { file: '2-k1.0' } },
      { handle: { file: '3-k0.0' }, states },
    ])
  })

  it('stays as it is at the same parallelism, whatever key groups it says it has', () => {
    expect(filesOf(stored(1, ['k', 'k']), 2)).toEqual([['1-k0'], ['1-k1']])
  })

  it('covers every key group that was written exactly once, whatever the two parallelisms', () => {
    const parallelism = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(parallelism, parallelism, fc.integer({ min: 40, max: 150 }), (before, after, max) => {
        const operator = keyedStored(1, before, 1, max)
        const covered = Array<number>(max).fill(0)
        const shares = share(operator, vertex(1, after, { maxParallelism: max }))
        for (const [index, one] of shares.entries()) {
          const own = keyGroupRangeOf(index, after, max)
          for (const { handle } of one!.keyed) {
            const first = Math.max(own.start, handle.keyGroups.start)
            const last = Math.min(own.end, handle.keyGroups.end)
            expect(first).toBeLessThanOrEqual(last)
            for (let group = first; group <= last; group++) covered[group]!++
          }
        }
        expect(covered).toEqual(Array(max).fill(1))
      }),
      { seed: 1 },
    )
  })
})

describe('other state', () => {
  const lists = (items: number) => [{ name: 'a', mode: 'split', items }] as const

  it('is given by its items, each handle once', () => {
    const [first, second] = share(listsStored(1, [lists(1), lists(2), lists(1)]), vertex(1, 2))
    expect(first!.operator).toMatchObject([
      { handle: { file: '1-o0' } },
      { handle: { file: '1-o1' }, take: [{ name: 'a', from: 0, to: 1 }] },
    ])
    expect(second!.operator).toMatchObject([
      { handle: { file: '1-o1' }, take: [{ name: 'a', from: 1, to: 2 }] },
      { handle: { file: '1-o2' } },
    ])
  })

  it('goes on under the names that were chosen, without the lists that were not', () => {
    const b = { name: 'b', mode: 'union', items: 2 } as const
    const unkeyed = [
      { stored: listsStored(1, [[...lists(3), b]]), lists: [{ from: 'a', to: 'c' }] },
      { stored: listsStored(2, [[b], []]), lists: [{ from: 'b', to: 'b' }] },
    ]
    const [first, second] = shareState(vertex(1, 2), anOperator(1), { unkeyed, keyed: [] })
    expect(first!.operator).toEqual([
      { handle: expect.objectContaining({ file: '1-o0' }), take: [{ name: 'a', from: 0, to: 2, as: 'c' }] },
      { handle: expect.objectContaining({ file: '2-o0' }), take: [{ name: 'b', from: 0, to: 2, as: 'b' }] },
    ])
    expect(second!.operator).toMatchObject([
      { take: [{ name: 'a', from: 2, to: 3, as: 'c' }] },
      { take: [{ as: 'b' }] },
    ])
  })

  it('that has no list left is none of its lists, and no beginning', () => {
    const unkeyed = [{ stored: listsStored(1, [lists(3)]), lists: [] }]
    expect(shareState(vertex(1, 1), anOperator(1), { unkeyed, keyed: [] })[0]!.operator).toMatchObject([{ take: [] }])
  })

  it('that is whole goes to the same index', () => {
    expect(filesOf(stored(1, ['o', '', 'o']), 3)).toEqual([['1-o0'], [], ['1-o2']])
  })
})

describe('finished subtasks', () => {
  const some = stored(1, ['f', ''])
  const all = stored(1, ['f', 'f'])

  it('are those of the same index, and at another parallelism all or none', () => {
    const of = (operator: ManifestOperator, parallelism: number) =>
      Array.from({ length: parallelism }, (_, index) => hadFinished(operator, index, parallelism))
    expect([of(some, 2), of(some, 3), of(all, 3), of(all, 1)]).toEqual([
      [true, false],
      [false, false, false],
      [true, true, true],
      [true],
    ])
  })

  it('leave no keyed state to others, but the rest', () => {
    const keyed = keyedStored(1, 2)
    const subtasks = keyed.subtasks.map((subtask) => ({ ...subtask, finished: subtask.index === 0 }))
    expect(filesOf({ ...keyed, subtasks }, 1)).toEqual([['1-k1.0']])
    expect(filesOf({ ...keyed, subtasks }, 2)).toEqual([['1-k0.0'], ['1-k1.0']])
    const lists = listsStored(1, [[{ name: 'a', mode: 'split', items: 1 }], undefined])
    const ended = lists.subtasks.map((subtask) => ({ ...subtask, finished: subtask.index === 0 }))
    expect(filesOf({ ...lists, subtasks: ended }, 1)).toEqual([['1-o0']])
  })
})
