import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChannelStateHandle, ManifestOperator } from '../../src/backends/manifest.ts'
import { keyGroupRangeOf, subtaskOfKeyGroup } from '../../src/core/key-groups.ts'
import { shareChannels } from '../../src/deployment/channel-shares.ts'
import { sendersTo } from '../../src/deployment/joined-subtasks.ts'
import type { Partitioning } from '../../src/graph/transformation.ts'
import { edge, graph, vertex } from './graphs.ts'
import { handle, stored } from './snapshots.ts'

const hash: Partitioning = { type: 'hash', key: (x) => x }
const custom: Partitioning = { type: 'custom', key: (x) => x, partition: () => 0 }

const channel = (to: number, from: number, gate = 0): ChannelStateHandle => ({
  ...handle(`${from}>${to}#${gate}`),
  gate,
  input: 0,
  from,
})

/** Something was on its way in every channel, from `senders` subtasks to `receivers`. */
function full(senders: number, receivers: number): ManifestOperator {
  const bare = stored(2, Array<string>(receivers).fill(''))
  const inFlight = (to: number) => Array.from({ length: senders }, (_, from) => channel(to, from))
  return { ...bare, subtasks: bare.subtasks.map((subtask) => ({ ...subtask, inFlight: inFlight(subtask.index) })) }
}

const jobOf = (senders: number, receivers: number, partitioning: Partitioning) =>
  graph([vertex(1, senders), vertex(2, receivers)], [edge(1, 2, { partitioning })])

/** Per subtask `old channel into the one of sender`, with the key groups where not all are taken. */
function shared(place: ManifestOperator, senders: number, receivers: number, partitioning: Partitioning) {
  const job = jobOf(senders, receivers, partitioning)
  return shareChannels(job, job.vertices[1]!, place).map((pieces) =>
    pieces.map(({ handle: one, from, keyGroups }) => {
      const name = 'file' in one ? one.file.slice(0, -2) : ''
      return `${name} into ${from}${keyGroups === undefined ? '' : `, ${keyGroups.start} to ${keyGroups.end}`}`
    }),
  )
}

describe('records on their way', () => {
  it.each([[hash], [{ type: 'rebalance' }], [{ type: 'broadcast' }], [{ type: 'shuffle' }], [custom]] as const)(
    'stay where they were at the same parallelism (%o)',
    (partitioning) => {
      const place = full(2, 2)
      expect(shared(place, 2, 2, partitioning)).toEqual([
        ['0>0 into 0', '1>0 into 1'],
        ['0>1 into 0', '1>1 into 1'],
      ])
    },
  )

  it('from senders that are fewer come in the channels of those that are left', () => {
    expect(shared(full(3, 1), 2, 1, { type: 'rebalance' })).toEqual([['0>0 into 0', '1>0 into 1', '2>0 into 0']])
  })

  it('for the first subtask only go to the one of now', () => {
    expect(shared(full(1, 2), 1, 3, { type: 'global' })).toEqual([['0>0 into 0', '0>1 into 0'], [], []])
  })

  it('by chance go to anyone, each channel as a whole', () => {
    expect(shared(full(1, 3), 1, 2, { type: 'shuffle' })).toEqual([['0>0 into 0', '0>2 into 0'], ['0>1 into 0']])
  })

  it('that are rescaled come in channels that there are now', () => {
    const small = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(small, small, small, small, (senders, receivers, newSenders, newReceivers) => {
        const job = jobOf(newSenders, newReceivers, { type: 'rescale' })
        const [from, to] = job.vertices
        const shares = shareChannels(job, to!, full(senders, receivers))
        expect(shares.flat()).toHaveLength(senders * receivers)
        for (const [index, pieces] of shares.entries()) {
          const channels = sendersTo(job.edges[0]!, index, from!, to!)
          for (const piece of pieces) expect(channels).toContain(piece.from)
        }
      }),
    )
  })

  it('by key go to the subtasks that own their keys, to each only its own', () => {
    expect(shared(full(1, 2), 1, 3, hash)).toEqual([
      ['0>0 into 0, 0 to 42'],
      ['0>0 into 0, 43 to 85', '0>1 into 0, 43 to 85'],
      ['0>1 into 0, 86 to 127'],
    ])
    expect(shared(full(1, 2), 1, 1, hash)).toEqual([['0>0 into 0', '0>1 into 0']])
  })

  it('by key are each taken by exactly one, whatever the parallelisms', () => {
    const small = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(small, small, small, small, (senders, receivers, newSenders, newReceivers) => {
        const job = jobOf(newSenders, newReceivers, hash)
        const shares = shareChannels(job, job.vertices[1]!, full(senders, receivers))
        for (let group = 0; group < 128; group++) {
          for (let from = 0; from < senders; from++) {
            const to = subtaskOfKeyGroup(group, receivers, 128)
            const takers = shares.flatMap((pieces, index) =>
              pieces
                .filter(({ handle: one }) => 'file' in one && one.file === `${from}>${to}#0`)
                .filter(({ keyGroups = keyGroupRangeOf(index, newReceivers, 128) }) => {
                  return keyGroups.start <= group && group <= keyGroups.end
                })
                .map((piece) => [index, piece.from]),
            )
            expect(takers).toEqual([[subtaskOfKeyGroup(group, newReceivers, 128), from % newSenders]])
          }
        }
      }),
      { seed: 1, numRuns: 30 },
    )
  })

  it('by key go to everybody, who takes its own, when there are other key groups', () => {
    const place = { ...full(1, 2), maxParallelism: 64 }
    expect(shared(place, 1, 2, hash)).toEqual([
      ['0>0 into 0, 0 to 63', '0>1 into 0, 0 to 63'],
      ['0>0 into 0, 64 to 127', '0>1 into 0, 64 to 127'],
    ])
    expect(shared(place, 1, 2, { type: 'rebalance' })).toEqual([['0>0 into 0'], ['0>1 into 0']])
  })

  it('dealt in turn go as whole channels to one subtask after the other', () => {
    expect(shared(full(2, 2), 2, 3, { type: 'rebalance' })).toEqual([
      ['0>0 into 0', '1>1 into 1'],
      ['1>0 into 1'],
      ['0>1 into 0'],
    ])
  })

  it('sent to everybody are taken from one old subtask each', () => {
    expect(shared(full(1, 2), 1, 3, { type: 'broadcast' })).toEqual([['0>0 into 0'], ['0>1 into 0'], ['0>0 into 0']])
    expect(shared(full(1, 3), 1, 1, { type: 'broadcast' })).toEqual([['0>0 into 0']])
  })

  it('are dealt edge by edge', () => {
    const job = graph([vertex(1), vertex(3), vertex(2, 3)], [edge(1, 2), edge(3, 2, { partitioning: hash })])
    const bare = stored(2, [''])
    const place = { ...bare, subtasks: [{ ...bare.subtasks[0]!, inFlight: [channel(0, 0, 1), channel(0, 0, 0)] }] }
    const gates = shareChannels(job, job.vertices[2]!, place).map((pieces) => pieces.map((piece) => piece.handle.gate))
    expect(gates).toEqual([[0, 1], [1], [1]])
  })
})
