import fc from 'fast-check'
import { expect, it } from 'vitest'
import { receiversFrom, sendersTo } from '../../src/deployment/joined-subtasks.ts'
import type { Partitioning } from '../../src/graph/transformation.ts'

const rescale: Partitioning = { type: 'rescale' }
const shares = (senders: number, receivers: number, partitioning: Partitioning = rescale) =>
  Array.from({ length: senders }, (_, sender) =>
    receiversFrom({ partitioning }, sender, { parallelism: senders }, { parallelism: receivers }),
  )

it.each([
  ['as many', 2, 2, [[0], [1]]],
  [
    'twice as many',
    2,
    4,
    [
      [0, 1],
      [2, 3],
    ],
  ],
  ['half as many', 4, 2, [[0], [0], [1], [1]]],
  ['some more', 2, 3, [[0, 1], [2]]],
  ['some fewer', 3, 2, [[0], [1], [1]]],
  [
    'many more',
    3,
    7,
    [
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ],
  ],
  ['one', 3, 1, [[0], [0], [0]]],
])('rescales from %s', (_what, senders, receivers, expected) => {
  expect(shares(senders, receivers)).toEqual(expected)
})

it('joins the same with the same to forward, and all with all otherwise', () => {
  expect(shares(2, 2, { type: 'forward' })).toEqual([[0], [1]])
  expect(shares(2, 3, { type: 'global' })).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ])
})

it('gives everyone its share, seen alike from both ends', () => {
  const count = fc.integer({ min: 1, max: 40 })
  fc.assert(
    fc.property(count, count, (senders, receivers) => {
      const [from, to] = [{ parallelism: senders }, { parallelism: receivers }]
      const given = shares(senders, receivers)
      for (let receiver = 0; receiver < receivers; receiver++) {
        const seen = sendersTo({ partitioning: rescale }, receiver, from, to)
        expect(seen).toEqual(given.flatMap((targets, sender) => (targets.includes(receiver) ? [sender] : [])))
        expect(seen.length).toBeGreaterThan(0)
        expect(seen.length).toBeLessThanOrEqual(Math.ceil(senders / receivers))
      }
      for (const targets of given) {
        expect(targets.length).toBeGreaterThan(0)
        expect(targets.length).toBeLessThanOrEqual(Math.ceil(receivers / senders))
      }
    }),
  )
})
