import { describe, expect, it } from 'vitest'
import type { ChannelStateHandle, ManifestOperator } from '../../src/backends/manifest.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { channelRefusal } from '../../src/deployment/channel-check.ts'
import { edge, endpoint, graph, hex, operator, vertex } from './graphs.ts'
import { handle, stored } from './snapshots.ts'

const channel = (gate: number, from: number, input: 0 | 1 = 0): ChannelStateHandle => ({
  ...handle('2-0.state'),
  gate,
  input,
  from,
})

/** Records in this channel, stored for operator 2, against a program; `of` is the vertex that has the operator now. */
const check = (job: ReturnType<typeof graph>, of: number, ...inFlight: ChannelStateHandle[]) => {
  const bare = stored(2, [''])
  const found: ManifestOperator = { ...bare, subtasks: [{ ...bare.subtasks[0]!, inFlight }] }
  const matched = new Map([[hex(2) as OperatorId, found]])
  return channelRefusal({ graph: job, matched }, job.vertices[of]!, '/state/chk-6')
}

describe('records on their way', () => {
  const job = graph([vertex(1, 2), vertex(2)], [edge(1, 2), edge(1, 2, { input: 1 })])

  it('fit where each of their channels is still there', () => {
    expect(check(job, 1, channel(0, 0), channel(0, 1), channel(1, 1, 1))).toBe(undefined)
  })

  it('fit where the operator that sends is the same, by either of its ids', () => {
    expect(check(job, 1, { ...channel(0, 0), feeder: hex(1) as OperatorId })).toBe(undefined)
  })

  it('fit at another parallelism of those that send or receive them, where they are free to go to any', () => {
    for (const [senders, receivers] of [
      [1, 1],
      [2, 3],
      [1, 4],
    ] as const) {
      const other = graph([vertex(1, senders), vertex(2, receivers)], [edge(1, 2), edge(1, 2, { input: 1 })])
      expect(check(other, 1, channel(0, 1), channel(1, 0, 1))).toBe(undefined)
    }
  })

  const custom = edge(1, 2, { partitioning: { type: 'custom', key: (x) => x, partition: () => 0 } })
  it('fit where a function chose among as many subtasks as there are', () => {
    expect(check(graph([vertex(1, 3), vertex(2)], [custom]), 1, channel(0, 0), channel(0, 4))).toBe(undefined)
  })

  it('of a broadcast fit at the same parallelism, at another one only where there are no keys', () => {
    const broadcast = [edge(1, 2, { partitioning: { type: 'broadcast' } })]
    const unkeyed = { operators: [endpoint(2)] }
    expect(check(graph([vertex(1, 3), vertex(2)], broadcast), 1, channel(0, 0))).toBe(undefined)
    expect(check(graph([vertex(1), vertex(2, 2, unkeyed)], broadcast), 1, channel(0, 0))).toBe(undefined)
    expect(check(graph([vertex(1), vertex(2, 2)], broadcast), 1, channel(0, 0))?.code).toBe('RESTORE_CHANNEL_MISMATCH')
  })

  const forward = edge(1, 2, { partitioning: { type: 'forward' } })
  it.each([
    ['an edge that is not there', job, 1, channel(2, 0)],
    ['another input', job, 1, channel(0, 0, 1)],
    ['a sender that sends to another subtask only', graph([vertex(1), vertex(2)], [forward]), 1, channel(0, 1)],
    ['another parallelism where each sends to one', graph([vertex(1, 2), vertex(2, 2)], [forward]), 1, channel(0, 0)],
    ['another number of subtasks where a function chose', graph([vertex(1), vertex(2, 2)], [custom]), 1, channel(0, 0)],
    ['another sender at the same place', job, 1, { ...channel(0, 0), feeder: hex(9) as OperatorId }],
    ['an operator that has no inputs now', graph([vertex(2)]), 0, channel(0, 0)],
    [
      'an operator in the middle of a chain now',
      graph([vertex(1), vertex(3, 1, { operators: [operator(3), operator(2)] })], [edge(1, 3)]),
      1,
      channel(0, 0),
    ],
  ])('are refused for %s', (_what, program, of, at) => {
    const refused = check(program, of, at)!
    expect([refused.code, refused.restartable]).toEqual(['RESTORE_CHANNEL_MISMATCH', false])
    expect(refused.message).toContain('/state/chk-6 is an unaligned checkpoint with records on their way to operator')
    expect(refused.message).toContain('restore a savepoint, in which nothing is on its way')
  })
})
