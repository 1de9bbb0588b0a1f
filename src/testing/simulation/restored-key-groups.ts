/**
 * Which key groups each subtask of an attempt restores, by what it was handed. Groups that nobody had written anything of are
 * restored by their owner: there is nothing to hand over.
 */
import type { SubtaskDescriptor } from '../../actors/subtask-descriptor.ts'
import { type KeyGroupRange, keyGroupRangeOf } from '../../core/key-groups.ts'
import type { Fact } from '../checkers/facts.ts'
import { missingFrom } from '../checkers/item-ranges.ts'

type Restored = Extract<Fact, { readonly type: 'key-groups.restored' }>

/** The key groups that a checkpoint has of an operator for so many subtasks; undefined for one that the run does not know. */
export type WrittenKeyGroups = (operatorId: string, parallelism: number) => readonly KeyGroupRange[] | undefined

/**
 * `attempt` is the number that the facts give it, `labelOf` the name of a subtask in them. Where `writtenOf` does not know
 * what was written, it is what was handed over.
 */
export function restoredKeyGroups(
  descriptors: readonly SubtaskDescriptor[],
  attempt: number,
  labelOf: (id: string) => string,
  writtenOf: WrittenKeyGroups = () => undefined,
): readonly Restored[] {
  const handed = new Map<string, KeyGroupRange[]>()
  for (const { restore } of descriptors) {
    for (const { operatorId } of restore?.operators ?? []) {
      handed.set(operatorId, [...(handed.get(operatorId) ?? []), ...rangesOf({ restore }, operatorId)])
    }
  }
  return descriptors.flatMap((descriptor) =>
    descriptor.operators.flatMap(({ id }): Restored[] => {
      const written = writtenOf(id, descriptor.parallelism) ?? handed.get(id) ?? []
      if (written.length === 0) return []
      const { index, parallelism, maxParallelism } = descriptor
      const own = keyGroupRangeOf(index, parallelism, maxParallelism)
      const of = { attempt, subtask: labelOf(descriptor.id), operator: labelOf(id), maxParallelism }
      return [...rangesOf(descriptor, id).map((range) => within(range, own)), ...unwritten(written, own)].map(
        ({ start, end }) => ({ type: 'key-groups.restored', ...of, first: start, last: end }),
      )
    }),
  )
}

/** What has changed since comes on top of what it changes, not beside it. */
const rangesOf = ({ restore }: Pick<SubtaskDescriptor, 'restore'>, operatorId: string): readonly KeyGroupRange[] =>
  (restore?.operators ?? [])
    .filter((operator) => operator.operatorId === operatorId)
    .flatMap(({ keyed }) => keyed.flatMap(({ handle }) => (handle.delta === true ? [] : [handle.keyGroups])))

/** The reader keeps the own key groups. Of what has none of them the whole is told, for it should not have been handed over. */
function within(range: KeyGroupRange, own: KeyGroupRange): KeyGroupRange {
  const start = Math.max(range.start, own.start)
  const end = Math.min(range.end, own.end)
  return start <= end ? { start, end } : range
}

const unwritten = (written: readonly KeyGroupRange[], own: KeyGroupRange): readonly KeyGroupRange[] =>
  missingFrom(
    written.map(({ start, end }) => [start, end, 0] as const).toSorted(([a], [b]) => a - b),
    own.start,
    own.end,
  ).map(([start, end]) => ({ start, end }))
