/**
 * What a checkpoint holds of a file sink: of each writer its counter and the parts that are not known to be committed.
 *
 * It is a union, so that every subtask knows all parts that are due: what belongs to a writer that is no more is committed
 * and cleaned up by one subtask (`isHeirOf`), the counters are found again by whoever has the same index later, and nobody
 * takes a part that another one is about to commit for rubbish.
 */
import { DividedState } from '../core/operator-state.ts'
import type { EndpointContext } from '../operators/endpoints.ts'
import { isHeirOf, isOfSink, isOwnerName, ownerIndexOf, type Part, parsePartName } from './part-names.ts'
import { incompatibleState } from './position.ts'

/** One writer: a subtask of one operator of one job. */
export interface WriterState {
  readonly owner: string
  /** The counter of its next part. */
  readonly counter: number
  readonly parts: readonly Part[]
}

/** Of the state, and what it is called in a manifest. */
const listName = 'writers'

export const encodeFileSinkState = (writers: readonly WriterState[]): DividedState =>
  new DividedState({ [listName]: { mode: 'union', items: writers } })

/**
 * All writers that were restored; none when nothing was. Fails with `RESTORE_STATE_INCOMPATIBLE`. Names are checked, so that
 * a state file cannot name another path.
 */
export function decodeFileSinkState(context: EndpointContext, restored: unknown): readonly WriterState[] {
  if (restored === undefined) return []
  const writers = restored instanceof DividedState ? restored.items(listName) : ofWholeState(restored)
  if (writers.every(isWriterState)) return writers
  throw incompatibleState(context, 'a toFile sink')
}

/** Where the writer of a subtask goes on to count: behind every writer of its index, also of the job it was restored from. */
export const counterOf = (writers: readonly WriterState[], { subtaskIndex }: EndpointContext): number =>
  writers.reduce((max, { owner, counter }) => (ownerIndexOf(owner) === subtaskIndex ? Math.max(max, counter) : max), 0)

/**
 * What a subtask carries on of writers of the same sink that are no more: with more subtasks there may be one of that index
 * again, which must not count from the beginning.
 */
export const carriedOn = (writers: readonly WriterState[], context: EndpointContext): readonly WriterState[] =>
  writers
    .filter(
      ({ owner }) =>
        isOfSink(owner, context) && isHeirOf(owner, context) && ownerIndexOf(owner) !== context.subtaskIndex,
    )
    .map((writer) => ({ ...writer, parts: [] }))

/** State as it was written before it could be divided. */
const ofWholeState = (restored: unknown): readonly unknown[] => {
  const { format, ...writer } = (restored ?? {}) as { readonly format?: unknown }
  return [format === 1 ? writer : undefined]
}

function isWriterState(value: unknown): value is WriterState {
  const { owner, counter, parts } = (value ?? {}) as Partial<WriterState>
  if (typeof owner !== 'string' || !isOwnerName(owner) || !isCount(counter) || !Array.isArray(parts)) return false
  return parts.every(
    (part: Partial<Part> | null) =>
      typeof part?.name === 'string' && parsePartName(part.name)?.owner === owner && isCount(part.bytes),
  )
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
