import { expect, it } from 'vitest'
import type { SubtaskDescriptor } from '../../../src/actors/subtask-descriptor.ts'
import { restoredKeyGroups } from '../../../src/testing/simulation/restored-key-groups.ts'

/** Only what the function looks at. */
const descriptor = (index: number, ranges: readonly { start: number; end: number }[]) =>
  ({
    id: `v/${index}`,
    index,
    parallelism: 2,
    maxParallelism: 128,
    operators: [{ id: 'count' }, { id: 'stateless' }],
    restore: { operators: [{ operatorId: 'count', keyed: ranges.map((keyGroups) => ({ handle: { keyGroups } })) }] },
  }) as unknown as SubtaskDescriptor

const told = (...descriptors: readonly SubtaskDescriptor[]) =>
  restoredKeyGroups(descriptors, 3, (id) => id).map(({ subtask, operator, first, last }) => [
    subtask,
    operator,
    first,
    last,
  ])

it('tells what each subtask was handed', () => {
  expect(told(descriptor(0, [{ start: 0, end: 63 }]), descriptor(1, [{ start: 0, end: 63 }]))).toEqual([
    ['v/0', 'count', 0, 63],
    ['v/1', 'count', 0, 63],
  ])
})

it('tells the own groups of a subtask that had no keys, and nothing when nobody had any', () => {
  expect(told(descriptor(0, [{ start: 0, end: 63 }]), descriptor(1, []))).toEqual([
    ['v/0', 'count', 0, 63],
    ['v/1', 'count', 64, 127],
  ])
  expect(told(descriptor(0, []), descriptor(1, []))).toEqual([])
})
