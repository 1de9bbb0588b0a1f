import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import type { MapState } from '../../../src/backends/state-backend.ts'
import { contentsState, separateDescriptors } from '../../../src/operators/windows/separate-windows.ts'
import { TumblingPanes } from '../../../src/operators/windows/tumbling-panes.ts'

it('keeps windows as the general operator does', () => {
  const backend = heapStateBackend.create({
    range: { start: 0, end: 127 },
    maxParallelism: 128,
    freeze: true,
    operatorName: 'op',
  })
  const windows = backend.state(contentsState, separateDescriptors[contentsState]!) as MapState<string, unknown>
  const contents = { add: (sum: unknown, value: unknown) => Number(sum ?? 0) + Number(value), merge: () => 0 }
  const panes = new TumblingPanes(10, contents, backend)
  backend.setCurrentKey('a')
  // More windows than names are remembered, one after the other and again.
  for (let round = 0; round < 2; round++) {
    for (let start = -500; start < 500; start += 10) {
      expect(panes.add(start, start, -490)).toBe(start + 10 <= -490 ? 'late' : round === 0 ? start + 10 : undefined)
    }
  }
  expect(windows.get('30 40')).toBe(60)
  expect(panes.fire({ start: 30, end: 40 }, '30 40')).toBe(60)
  expect([windows.get('30 40'), panes.fire({ start: 30, end: 40 }, '30 40')]).toEqual([undefined, undefined])
  expect([...windows.keys()]).toHaveLength(98)
})
