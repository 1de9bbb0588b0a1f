import { expect, it } from 'vitest'
import type { SubtaskDescriptor } from '../../../src/actors/subtask-descriptor.ts'
import type { KeyGroupRange } from '../../../src/core/key-groups.ts'
import { restoredKeyGroups, type WrittenKeyGroups } from '../../../src/testing/simulation/restored-key-groups.ts'

/** Only what the function looks at. */
const descriptor = (index: number, ranges: readonly KeyGroupRange[], parallelism = 2) =>
  ({
    id: `v/${index}`,
    index,
    parallelism,
    maxParallelism: 128,
    operators: [{ id: 'count' }, { id: 'stateless' }],
    restore: { operators: [{ operatorId: 'count', keyed: ranges.map((keyGroups) => ({ handle: { keyGroups } })) }] },
  }) as unknown as SubtaskDescriptor

const told = (descriptors: readonly SubtaskDescriptor[], writtenOf?: WrittenKeyGroups) =>
  restoredKeyGroups(descriptors, 3, (id) => id, writtenOf).map(
    ({ subtask, operator, first, last }) => `${subtask} ${operator} ${first}-${last}`,
  )

const low = { start: 0, end: 63 }
const high = { start: 64, end: 127 }

it('tells what each subtask was handed of its own, and what it should not have been', () => {
  expect(told([descriptor(0, [low]), descriptor(1, [low])])).toEqual([
    'v/0 count 0-63',
    'v/1 count 0-63',
    'v/1 count 64-127',
  ])
  expect(told([descriptor(0, [low, high], 1)])).toEqual(['v/0 count 0-63', 'v/0 count 64-127'])
  const shared = [descriptor(0, [low], 3), descriptor(1, [low, high], 3), descriptor(2, [high], 3)]
  expect(told(shared)).toEqual(['v/0 count 0-42', 'v/1 count 43-63', 'v/1 count 64-85', 'v/2 count 86-127'])
})

it('tells the own groups that nobody had written, and nothing when nobody had written any', () => {
  expect(told([descriptor(0, [low]), descriptor(1, [])])).toEqual(['v/0 count 0-63', 'v/1 count 64-127'])
  expect(told([descriptor(0, []), descriptor(1, [])])).toEqual([])
})

it('does not tell what was written and handed to nobody', () => {
  const written = (operator: string) => (operator === 'count' ? [low, high] : [])
  expect(told([descriptor(0, [low]), descriptor(1, [])], written)).toEqual(['v/0 count 0-63'])
})
