import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import type { MapState } from '../../../src/backends/state-backend.ts'
import { mapState } from '../../../src/operators/state-descriptors.ts'
import { PaneGrid } from '../../../src/operators/windows/pane-grid.ts'
import { TumblingPanes } from '../../../src/operators/windows/tumbling-panes.ts'

it('keeps windows as the general operator does', () => {
  const backend = heapStateBackend.create({
    range: { start: 0, end: 127 },
    maxParallelism: 128,
    freeze: true,
    operatorName: 'op',
  })
  const state = { name: 'windows', descriptor: mapState<string, unknown>().descriptor }
  const windows = backend.state(state.name, state.descriptor) as MapState<string, unknown>
  const contents = { add: (sum: unknown, value: unknown) => Number(sum ?? 0) + Number(value), merge: () => 0 }
  const panes = new TumblingPanes(new PaneGrid({ size: 10, slide: 10, offset: 0 }), contents, backend, state)
  backend.setCurrentKey('a')
  // More windows than names are remembered, one after the other and again.
  for (let round = 0; round < 2; round++) {
    for (let pane = -50; pane < 50; pane++) {
      expect(panes.add(pane, pane, -50)).toBe(pane <= -50 ? 'late' : round === 0 ? pane : undefined)
    }
  }
  expect(windows.get('30 40')).toBe(6)
  expect(panes.fire(3, '30 40')).toBe(6)
  expect([windows.get('30 40'), panes.fire(3, '30 40')]).toEqual([undefined, undefined])
  expect([...windows.keys()]).toHaveLength(98)
})
