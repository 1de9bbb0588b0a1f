/** Which key groups each subtask of an attempt restores, by what it was handed; one that was handed none has its own. */
import type { SubtaskDescriptor } from '../../actors/subtask-descriptor.ts'
import { keyGroupRangeOf } from '../../core/key-groups.ts'
import type { Fact } from '../checkers/facts.ts'

type Restored = Extract<Fact, { readonly type: 'key-groups.restored' }>

/** `attempt` is the number that the facts give it, `labelOf` the name of a subtask in them. */
export function restoredKeyGroups(
  descriptors: readonly SubtaskDescriptor[],
  attempt: number,
  labelOf: (id: string) => string,
): readonly Restored[] {
  const keyed = new Set(
    descriptors.flatMap(({ restore }) =>
      (restore?.operators ?? []).flatMap((operator) => (operator.keyed.length > 0 ? [operator.operatorId] : [])),
    ),
  )
  return descriptors.flatMap(({ id, operators, index, parallelism, maxParallelism, restore }) =>
    operators
      .filter((operator) => keyed.has(operator.id))
      .flatMap((operator): Restored[] => {
        const own = keyGroupRangeOf(index, parallelism, maxParallelism)
        const pieces = restore?.operators.find(({ operatorId }) => operatorId === operator.id)?.keyed ?? []
        // What has changed since comes on top of what it changes, not beside it.
        const ranges = pieces
          .filter(({ handle }) => handle.delta !== true)
          .map(({ handle: { keyGroups } }) => ({
            start: Math.max(keyGroups.start, own.start),
            end: Math.min(keyGroups.end, own.end),
          }))
        if (ranges.length === 0) ranges.push(own)
        const of = {
          type: 'key-groups.restored',
          attempt,
          subtask: labelOf(id),
          operator: labelOf(operator.id),
        } as const
        return ranges.map(({ start, end }) => ({ ...of, maxParallelism, first: start, last: end }))
      }),
  )
}
