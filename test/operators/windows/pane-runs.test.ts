import { describe, expect, it } from 'vitest'
import {
  appendPane,
  changedRun,
  contentsIn,
  nextFilled,
  noPanes,
  type PaneRun,
  runFrom,
  runOf,
  withPane,
} from '../../../src/operators/windows/pane-runs.ts'

/** Panes 5 and 8. */
const gap: PaneRun = [5, 'e', undefined, undefined, 'h']

it('numbers runs like panes, also before the first of them', () => {
  const numbers = [-33, -32, -1, 0, 31, 32].map(runOf)
  expect(numbers).toEqual([-2, -1, -1, 0, 0, 1])
})

it('finds contents inside, and none outside', () => {
  expect([4, 5, 6, 8, 9].map((pane) => contentsIn(gap, pane))).toEqual([undefined, 'e', undefined, 'h', undefined])
  expect(contentsIn(noPanes, 0)).toBeUndefined()
})

it('finds the next pane that holds something', () => {
  expect([1, 5, 6, 8, 9].map((pane) => nextFilled(gap, pane))).toEqual([5, 5, 8, 8, undefined])
  expect(nextFilled(noPanes, 0)).toBeUndefined()
})

describe('with other contents', () => {
  it.each([
    ['in a run without panes', noPanes, 3, [3, 'x']],
    ['of a pane that it has', gap, 8, [5, 'e', undefined, undefined, 'x']],
    ['of a pane that held nothing', gap, 6, [5, 'e', 'x', undefined, 'h']],
    ['of a pane behind it', [5, 'e'], 7, [5, 'e', undefined, 'x']],
    ['of a pane before it', [5, 'e'], 3, [3, 'x', undefined, 'e']],
  ] as [string, PaneRun, number, PaneRun][])('%s, it is another run', (_title, run, pane, expected) => {
    const before = [...run]
    expect(withPane(Object.freeze(run), pane, 'x')).toStrictEqual(expected)
    expect(run).toStrictEqual(before)
  })
})

it('is made of one pane after the other', () => {
  const run: unknown[] = []
  appendPane(run, 5, 'e')
  appendPane(run, 8, 'h')
  expect(run).toStrictEqual(gap)
})

it('leaves out the panes before one, and those behind that hold nothing', () => {
  expect([5, 6, 9].map((pane) => runFrom(gap, pane))).toEqual([gap, [8, 'h'], noPanes])
})

it('changes what is there, from the end', () => {
  let behind = ''
  const changed = changedRun(gap, (contents, pane) => {
    behind = `${contents}${pane}${behind}`
    return behind
  })
  expect(changed).toStrictEqual([5, 'e5h8', undefined, undefined, 'h8'])
  expect(gap[1]).toBe('e')
})
