/**
 * Do the records that an unaligned checkpoint found on their way fit the channels of a program? They can only go where they
 * were going: into the same input of the operator that receives them, from the operator that sent them. How many subtasks
 * either has may change (`channel-shares.ts`), but not where a record of one subtask can only go to that of the same index, nor
 * that of the receivers where a function of the program has chosen among them, or where every subtask does something with it
 * to the keys that it has.
 *
 * A savepoint holds no such records, so it is the way through such a change.
 */
import type { ChannelStateHandle, ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { OperatorId } from '../core/ids.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { JobGraph, JobOperator, JobVertex } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'

/** Why they do not, or undefined: `RESTORE_CHANNEL_MISMATCH`, naming the operator and the channel. */
export function channelRefusal({ graph, matched }: Found, vertex: JobVertex, path: string): StreamError | undefined {
  const gates = graph.edges.filter(({ to }) => to === vertex.id)
  for (const [position, operator] of vertex.operators.entries()) {
    const place = matched.get(operator.id)
    for (const { index, inFlight = [] } of place?.subtasks ?? []) {
      for (const handle of inFlight) {
        const edge = position === 0 ? gates[handle.gate] : undefined
        const feeder = graph.vertices.find(({ id }) => id === edge?.from)
        const sender = edge && feeder?.operators[edge.fromOperator]
        const type = edge?.partitioning.type
        // A function chose the subtask by how many there were. A key that moves could hear twice of what was broadcast, or never.
        const keyed = (operator.operator as OperatorFactory).keyed
        const fixed = type === 'forward' || type === 'custom' || (type === 'broadcast' && keyed)
        const fits =
          edge?.input === handle.input &&
          (!fixed || vertex.parallelism === place!.parallelism) &&
          (type !== 'forward' || handle.from === index) &&
          // The same place among the edges may have gone to another stream: the operands of a union were exchanged.
          [undefined, sender?.id, sender?.alternativeId, sender && matched.get(sender.id)?.id].includes(handle.feeder)
        if (!fits) return mismatch(operator, handle, path)
      }
    }
  }
  return undefined
}

interface Found {
  readonly graph: JobGraph
  readonly matched: ReadonlyMap<OperatorId, ManifestOperator>
}

function mismatch({ name, uid }: JobOperator, { gate, input, from }: ChannelStateHandle, path: string): StreamError {
  const channel = `input ${input} (edge ${gate}) from subtask ${from}`
  return new StreamError(
    'RESTORE_CHANNEL_MISMATCH',
    `${path} is an unaligned checkpoint with records on their way to operator ${operatorLabel({ operatorName: name, uid })}, ` +
      `${channel}, a channel that the program does not have. Restore it with the program and the parallelism that wrote ` +
      'it, or restore a savepoint, in which nothing is on its way.',
    { details: { operator: name, channel } },
  )
}
