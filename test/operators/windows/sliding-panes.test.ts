import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import type { ValueState } from '../../../src/backends/state-backend.ts'
import { Random } from '../../../src/core/random.ts'
import { slidingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import type { WindowDefinition } from '../../../src/operators/windows/definition.ts'
import type { KeyedPanes } from '../../../src/operators/windows/keyed-panes.ts'
import { type AlignedWindows, PaneGrid } from '../../../src/operators/windows/pane-grid.ts'
import { SlidingPanes, slidingStates } from '../../../src/operators/windows/sliding-panes.ts'

const strings = { createAccumulator: () => '', add: () => '', merge: () => '', getResult: () => '' }

const definitionOf = (windows: AlignedWindows): WindowDefinition => ({
  assigner: slidingEventTimeWindows(windows.size, windows.slide, { offsetMs: windows.offset }),
  trigger: undefined,
  evictor: undefined,
  allowedLatenessMs: 0,
  lateTag: undefined,
  computation: { type: 'reduce', reduce: () => 0, finish: undefined },
  inputs: 1,
})

/** The panes of one key, the calls that they make, and the map that they are in. */
function open(windows: AlignedWindows) {
  const states = slidingStates(definitionOf(windows))
  const options = { range: { start: 0, end: 127 }, maxParallelism: 128, freeze: true, operatorName: 'op' }
  const declared = Object.values(states).map(({ name, descriptor }) => [name, descriptor])
  const backend = heapStateBackend.create({ ...options, states: Object.fromEntries(declared) })
  backend.setCurrentKey('a')
  const calls = { add: 0, merge: 0 }
  const panes: KeyedPanes = new SlidingPanes(
    new PaneGrid(windows),
    {
      add(sum, value) {
        calls.add++
        return ((sum as number | undefined) ?? 0) + (value as number)
      },
      merge(a, b) {
        calls.merge++
        return (a as number) + (b as number)
      },
    },
    backend,
    states,
  )
  return { backend, states, calls, fire: (end: number) => panes.fire(end - windows.size, ''), panes }
}

const hour = { size: 3_600, slide: 1, offset: 0 }
const fired = Number.NEGATIVE_INFINITY

describe('a window of 3600 panes', () => {
  it('costs one addition per record and no more than three merges per firing', () => {
    const { calls, fire, panes } = open(hour)
    const results: number[] = []
    for (let second = 0; second < 10_000; second++) {
      panes.add(second, 1, fired)
      panes.add(second, 1, fired)
      results.push(fire(second + 1) as number)
    }
    expect(results).toEqual(results.map((_, second) => 2 * Math.min(second + 1, hour.size)))
    expect(calls.add).toBe(20_000)
    expect(calls.merge).toBeLessThanOrEqual(3 * 10_000)
  })

  it('costs no more where few panes have something', () => {
    const { backend, calls, fire, panes } = open(hour)
    panes.add(0, 5, fired)
    panes.add(100, 7, fired)
    const results = new Map<unknown, number>()
    for (let end = 1; panes.goesOn || end === 1; end++) {
      const result = fire(end)
      results.set(result, (results.get(result) ?? 0) + 1)
    }
    expect([...results]).toEqual([
      [5, 100],
      [12, 3_500],
      [7, 100],
    ])
    expect(backend.entryCount).toBe(0)
    expect(calls.merge).toBeLessThanOrEqual(3 * 3_700)
  })

  it('costs one addition more for each pane of the front that a late record is in, and no merge', () => {
    const { calls, fire, panes } = open({ ...hour, size: 10 })
    for (let second = 0; second < 30; second++) {
      panes.add(second, 1, fired)
      fire(second + 1)
    }
    const before = { ...calls }
    expect(panes.add(25, 100, 20)).toBeUndefined()
    expect(calls.merge).toBe(before.merge)
    expect(calls.add - before.add).toBeLessThanOrEqual(10)
    expect([fire(31), fire(32)]).toEqual([109, 108])
    expect(panes.add(21, 1, 22)).toBe('late')
  })
})

it.each([
  ['one pane per slide', { size: 150, slide: 1, offset: 0 }],
  ['two', { size: 151, slide: 2, offset: 1 }],
])('gives the sums of all panes, in time and late, in runs that panes leave, with %s', (_title, windows) => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed)
    const below = (n: number) => Math.floor(random.next() * n)
    const grid = new PaneGrid(windows)
    const { backend, calls, panes } = open(windows)
    const held = new Map<number, number>()
    const record = (pane: number, fired: number) => {
      const left = grid.firstPane(fired + 1)
      const containing = [...held.keys()].filter((other) => other >= left && other < pane).length
      const before = calls.add
      const taken = panes.add(pane, 1, fired)
      expect(calls.add - before).toBeLessThanOrEqual(containing + 2)
      expect(taken === 'late').toBe(grid.lastWindow(pane) <= fired)
      if (taken !== 'late') held.set(pane, (held.get(pane) ?? 0) + 1)
    }
    // Some keys have a record in every pane, some in hardly any.
    const rarely = 1 + below(4) ** 3
    const firstWindow = -below(400)
    let began = false
    for (let window = firstWindow; window < firstWindow + 700 || panes.goesOn; window++) {
      const fired = window - 1
      const newest = grid.paneAfter(fired)
      if (window < firstWindow + 700 && below(rarely) === 0) {
        record(newest + below(2), fired)
        if (below(6) === 0) record(newest - below(grid.panesPerWindow + 9), fired)
      }
      began ||= held.size > 0
      if (!began) continue
      let sum: number | undefined
      for (let pane = grid.firstPane(window); pane < grid.paneAfter(window); pane++) {
        const count = held.get(pane)
        if (count !== undefined) sum = (sum ?? 0) + count
      }
      expect([seed, window, panes.fire(window, '')]).toEqual([seed, window, sum])
    }
    expect(backend.entryCount).toBe(0)
  }
})

it('migrates each accumulator in runs and sums, and leaves panes without one', () => {
  const aggregate = { version: 1, migrate: (old: unknown) => `new ${old}` }
  const { panes, front, back, sums } = slidingStates({
    ...definitionOf(hour),
    computation: { type: 'aggregate', aggregate: { ...strings, ...aggregate }, finish: undefined },
  })
  const migrated = ({ descriptor }: typeof panes, old: unknown) => descriptor.migrate!(old as never, 0)
  expect(migrated(panes, 'a')).toBe('new a')
  for (const runs of [front, back]) {
    expect(migrated(runs, [5, 'a', undefined, 'b'])).toStrictEqual([5, 'new a', undefined, 'new b'])
  }
  const before = { window: 1, renewal: 9, top: 5, front: [5, 'a'], sum: 'b' }
  expect(migrated(sums, before)).toStrictEqual({ ...before, front: [5, 'new a'], sum: 'new b' })
  const empty = { ...before, top: undefined, front: [], sum: undefined }
  expect(migrated(sums, empty)).toStrictEqual(empty)
})

it('renews the fronts of keys that began together at different times', () => {
  const { backend, states, fire, panes } = open(hour)
  const renewals = new Set<unknown>()
  const sums = backend.state(states.sums.name, states.sums.descriptor) as ValueState<{ readonly renewal: number }>
  for (let key = 0; key < 100; key++) {
    backend.setCurrentKey(`key ${key}`)
    panes.add(0, 1, fired)
    fire(1)
    renewals.add(sums.value().renewal)
  }
  expect(renewals.size).toBeGreaterThan(80)
})
