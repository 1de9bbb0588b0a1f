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
        const handles = restore?.operators.find(({ operatorId }) => operatorId === operator.id)?.keyed ?? []
        // What has changed since comes on top of what it changes, not beside it.
        const ranges = handles.filter(({ delta }) => delta !== true).map(({ keyGroups }) => keyGroups)
        if (ranges.length === 0) ranges.push(keyGroupRangeOf(index, parallelism, maxParallelism))
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
