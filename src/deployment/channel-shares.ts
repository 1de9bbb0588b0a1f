/**
 * Which subtask gets the records that an unaligned checkpoint found on their way to an operator, and in which channel, at the
 * parallelism that wrote them or at another one: pure.
 *
 * By key, a record goes to the subtask that owns its key now. Records dealt in turn or by chance could have gone to anybody:
 * each old channel goes to one subtask as a whole. Of those sent to everybody each subtask takes what was on its way to one old
 * subtask, the one that broadcast state comes from (`operator-state-shares.ts`). Which senders are left decides the channel;
 * what an old sender had sent stays together and in its order. What cannot go on is refused before (`channel-check.ts`).
 * Tests: test/deployment/channel-shares.test.ts.
 */
import type { ChannelPiece } from '../actors/subtask-descriptor.ts'
import type { ChannelStateHandle, ManifestOperator } from '../backends/manifest.ts'
import { type KeyGroupRange, keyGroupRangeOf } from '../core/key-groups.ts'
import type { JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts'
import { sendersTo } from './joined-subtasks.ts'

interface Given {
  readonly handle: ChannelStateHandle
  /** The old subtask that it was on its way to. */
  readonly to: number
}

/** For each subtask of a vertex, in their order, what was on its way to the operator whose place its head takes. */
export function shareChannels(graph: JobGraph, vertex: JobVertex, place: ManifestOperator): readonly ChannelPiece[][] {
  const pieces = Array.from({ length: vertex.parallelism }, (): ChannelPiece[] => [])
  const gates = graph.edges.filter(({ to }) => to === vertex.id)
  const given = place.subtasks.flatMap(({ index, inFlight = [] }) => inFlight.map((handle) => ({ handle, to: index })))
  for (const [gate, edge] of gates.entries()) {
    const feeder = graph.vertices.find(({ id }) => id === edge.from)!
    for (const [turn, one] of given.filter(({ handle }) => handle.gate === gate).entries()) {
      for (const { index, keyGroups } of receiversOf(edge, vertex, place, one, turn)) {
        const { handle } = one
        const senders = sendersTo(edge, index, feeder, vertex)
        const from = senders.includes(handle.from) ? handle.from : senders[handle.from % senders.length]!
        pieces[index]!.push({ handle, from, ...(keyGroups && { keyGroups }) })
      }
    }
  }
  return pieces
}

interface Receiver {
  readonly index: number
  readonly keyGroups?: KeyGroupRange
}

function receiversOf(
  { partitioning }: JobEdge,
  { parallelism, maxParallelism }: JobVertex,
  place: ManifestOperator,
  { to }: Given,
  turn: number,
): readonly Receiver[] {
  const regrouped = partitioning.type === 'hash' && maxParallelism !== place.maxParallelism
  if (parallelism === place.parallelism && !regrouped) return [{ index: to }]
  switch (partitioning.type) {
    case 'hash': {
      // With another number of key groups, which only an operator without keyed state can have, a key may be in any.
      const before = regrouped
        ? { start: 0, end: maxParallelism - 1 }
        : keyGroupRangeOf(to, place.parallelism, maxParallelism)
      const all = Array.from({ length: parallelism }, (_, index) => keyGroupRangeOf(index, parallelism, maxParallelism))
      return all.flatMap((own, index): Receiver[] => {
        if (own.start > before.end || before.start > own.end) return []
        const everything = !regrouped && own.start <= before.start && before.end <= own.end
        return [everything ? { index } : { index, keyGroups: own }]
      })
    }
    case 'broadcast':
      return Array.from({ length: parallelism }, (_, index) => ({ index })).filter(
        ({ index }) => index % place.parallelism === to,
      )
    case 'global':
      return [{ index: 0 }]
    default:
      return [{ index: turn % parallelism }]
  }
}
