/**
 * What each subtask of a vertex gets of the state of its operators, at the parallelism that wrote it or at another one: pure.
 *
 * Owns how state is given out. Which operator takes whose state is decided before (`operator-matching.ts`), and so is
 * whether the parallelism may change (`parallelism-check.ts`).
 *
 * INV-SS-1 Of every key group each subtask that owns it, and no other, is handed all that was written of it, chain after chain in
 *   the order of the old subtasks; it is the reader that leaves out the key groups of others.
 * INV-SS-2 At the parallelism that wrote it, keyed state goes to the subtask of the same index as it is.
 * INV-SS-3 A subtask has finished when the subtasks that had what it has now had all finished. Of others the keyed state of
 *   finished subtasks is left out: what was to become of these keys at their end has happened.
 * Tests: test/deployment/state-shares.test.ts.
 */
import type { OperatorPiece, OperatorRestore } from '../actors/subtask-descriptor.ts'
import type { KeyedStateHandle, ManifestOperator } from '../backends/manifest.ts'
import type { StateChoice } from '../backends/state-backend.ts'
import { type KeyGroupRange, keyGroupRangeOf } from '../core/key-groups.ts'
import type { JobOperator, JobVertex } from '../graph/job-graph.ts'
import type { UnkeyedSource } from './list-matching.ts'
import type { KeyedSource } from './operator-matching.ts'
import { operatorStateShares } from './operator-state-shares.ts'

/** What an operator takes over. */
export interface Heritage {
  readonly keyed: readonly KeyedSource[]
  readonly unkeyed: readonly UnkeyedSource[]
}

/** The state of one operator for each subtask of its vertex, in their order; undefined where there is none. */
export function shareState(
  { parallelism, maxParallelism }: JobVertex,
  { id: operatorId }: JobOperator,
  { keyed: sources, unkeyed }: Heritage,
): readonly (OperatorRestore | undefined)[] {
  const pieces = unkeyed.map((source) => shareOperatorState(source, parallelism))
  return Array.from({ length: parallelism }, (_, index) => {
    const own = keyGroupRangeOf(index, parallelism, maxParallelism)
    const keyed = sources.flatMap(({ stored, states }) =>
      handlesFor(stored, index, parallelism, own).map((handle) => ({ handle, ...(states && { states }) })),
    )
    const operator = pieces.flatMap((of) => of[index] ?? [])
    return keyed.length === 0 && operator.length === 0 ? undefined : { operatorId, keyed, operator }
  })
}

/** Had subtask `index` of `parallelism` finished, so far as this operator goes? */
export const hadFinished = ({ subtasks }: ManifestOperator, index: number, parallelism: number): boolean =>
  subtasks.length === parallelism ? subtasks[index]!.finished : subtasks.every(({ finished }) => finished)

const handlesFor = (
  { subtasks }: ManifestOperator,
  index: number,
  parallelism: number,
  own: KeyGroupRange,
): readonly KeyedStateHandle[] =>
  subtasks.length === parallelism
    ? subtasks[index]!.keyed
    : subtasks.flatMap(({ finished, keyed }) => (finished ? [] : keyed.filter(({ keyGroups }) => meet(keyGroups, own))))

const meet = (a: KeyGroupRange, b: KeyGroupRange): boolean => a.start <= b.end && b.start <= a.end

function shareOperatorState(
  { stored: { subtasks }, lists }: UnkeyedSource,
  parallelism: number,
): readonly (readonly OperatorPiece[])[] {
  const handles = subtasks.map(({ operator }) => operator)
  if (lists === undefined && handles.some((handle) => handle !== undefined && handle.states === undefined)) {
    // Whole: to the same index or to nobody.
    return Array.from({ length: parallelism }, (_, index) => (handles[index] ? [{ handle: handles[index] }] : []))
  }
  const reports = handles.map((handle) => handle?.states?.filter(({ name }) => chosen(name, lists) !== undefined))
  return operatorStateShares(reports, parallelism).map((own) =>
    own.map(({ subtask, take }) => {
      const handle = handles[subtask]!
      if (lists === undefined) return { handle, ...(take && { take }) }
      const ranges = take ?? reports[subtask]!.map(({ name, items }) => ({ name, from: 0, to: items }))
      return { handle, take: ranges.map((range) => ({ ...range, as: chosen(range.name, lists)! })) }
    }),
  )
}

/** The name under which a list goes on. */
const chosen = (name: string, lists: readonly StateChoice[] | undefined): string | undefined =>
  lists === undefined ? name : lists.find(({ from }) => from === name)?.to
