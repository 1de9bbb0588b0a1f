import { describe, expect, it } from 'vitest'
import type { ManifestOperator } from '../../src/backends/manifest.ts'
import { adoptMaxParallelism, parallelismRefusal } from '../../src/deployment/parallelism-check.ts'
import type { JobOperator, JobVertex } from '../../src/graph/job-graph.ts'
import { hex, operator, vertex } from './graphs.ts'
import { keyedStored, listsStored, stored } from './snapshots.ts'

const counter = operator(1, { uid: 'count', name: 'counter' })
/** What is stored, with the keyed state of it if there is any. */
const heritage = (place: ManifestOperator) => ({
  unkeyed: [{ stored: place }],
  keyed: place.subtasks.some(({ keyed }) => keyed.length > 0) ? [{ stored: place }] : [],
})
const refusalFor = (of: JobVertex, one: JobOperator, place: ManifestOperator) =>
  parallelismRefusal(of, one, heritage(place))
const lists = [[{ name: 'splits', mode: 'split', items: 2 }]] as const

describe('another parallelism', () => {
  it('is no matter for keyed state and for lists', () => {
    expect(refusalFor(vertex(1, 3), counter, keyedStored(1, 2))).toBe(undefined)
    expect(refusalFor(vertex(1, 3), counter, listsStored(1, lists))).toBe(undefined)
    expect(refusalFor(vertex(1, 3), counter, stored(1, ['', '']))).toBe(undefined)
  })

  it.each([
    ['source', 'its source keeps one value per subtask'],
    ['process', 'its operator keeps one value per subtask'],
  ])('is refused for state that is whole, of a %s: the operator, both numbers and both ways out', (kind, which) => {
    const owner = { ...counter, operator: { ...counter.operator, kind } }
    const refusal = refusalFor(vertex(1, 3), owner, stored(1, ['o', '']))!
    expect(refusal.code).toBe('RESTORE_PARALLELISM_MISMATCH')
    expect(refusal.message).toContain('Operator "counter" (uid "count") has parallelism 3')
    expect(refusal.message).toContain('written with parallelism 2')
    expect(refusal.message).toContain(which)
    expect(refusal.message).toContain('use .setParallelism(2)')
    expect(refusal.message).toContain('with one whose snapshot is a DividedState')
    expect(refusal.details).toEqual({ operator: 'counter', expected: 2, got: 3 })
    expect(refusalFor(vertex(1, 2), owner, stored(1, ['o', '']))).toBe(undefined)
    expect(parallelismRefusal(vertex(1, 3), owner, { keyed: [], unkeyed: [] })).toBe(undefined)
  })
})

describe('the number of key groups', () => {
  it('is the most that may share them', () => {
    const state = keyedStored(1, 2, 1, 4)
    expect(refusalFor(vertex(1, 4), counter, state)).toBe(undefined)
    const refusal = refusalFor(vertex(1, 5), counter, state)!
    expect(refusal.code).toBe('RESTORE_MAX_PARALLELISM_MISMATCH')
    expect(refusal.message).toContain(
      'Operator "counter" (uid "count") has parallelism 5, but its state has 4 key groups',
    )
    expect(refusal.message).toContain('use at most .setParallelism(4)')
    expect(refusal.details).toEqual({ operator: 'counter', expected: 4, got: 5 })
  })

  it('that the program sets must be that of the state', () => {
    const set = vertex(1, 2, { maxParallelism: 64, maxParallelismExplicit: true })
    const refusal = refusalFor(set, operator(1), keyedStored(1, 2))!
    expect(refusal.code).toBe('RESTORE_MAX_PARALLELISM_MISMATCH')
    expect(refusal.message).toContain(`Operator "op1" (no uid, id ${hex(1)}) has maximum parallelism 64`)
  })

  it('does not matter to state that no key finds', () => {
    const set = vertex(1, 200, { maxParallelism: 256, maxParallelismExplicit: true })
    expect(refusalFor(set, counter, listsStored(1, lists))).toBe(undefined)
  })

  it('is taken over from the state by a program that sets none', () => {
    const bound = heritage(keyedStored(1, 2, 1, 32))
    expect(adoptMaxParallelism(vertex(1, 3), bound).maxParallelism).toBe(32)
    const set = vertex(1, 3, { maxParallelism: 64, maxParallelismExplicit: true })
    expect(adoptMaxParallelism(set, bound)).toBe(set)
    const other = heritage({ ...listsStored(1, lists), maxParallelism: 32 })
    expect(adoptMaxParallelism(vertex(1, 3), other).maxParallelism).toBe(128)
  })

  it('must be one for all that is taken from several operators', () => {
    const keyed = [{ stored: keyedStored(1, 2) }, { stored: keyedStored(2, 2, 1, 64) }]
    const refusal = parallelismRefusal(vertex(1, 2), counter, { keyed, unkeyed: [] })!
    expect([refusal.code, refusal.details]).toEqual([
      'RESTORE_MAX_PARALLELISM_MISMATCH',
      { operator: 'counter', expected: 64, got: 128 },
    ])
  })
})
