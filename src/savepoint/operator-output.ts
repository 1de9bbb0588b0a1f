/**
 * Writes the state of one operator of a savepoint in the making. What has not changed is copied, segment by segment, with its
 * checksum compared; chains of incremental checkpoints stay chains.
 *
 * INV-OO-1 Keys that are dealt out again never go to a subtask that counts as finished unless all do, because a restore leaves
 *   its keyed state out. Tests: test/savepoint/savepoint-builder.test.ts, test/savepoint/finished-subtasks.test.ts.
 */
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { extendChecksum, printChecksum } from '../backends/checksum.ts'
import type { FileSystem } from '../backends/file-system.ts'
import type {
  ChannelStateHandle,
  KeyedStateHandle,
  ManifestOperator,
  ManifestSubtask,
  OperatorStateHandle,
  StateHandle,
  StoredState,
} from '../backends/manifest.ts'
import { placeOf, segmentDamaged } from '../backends/state-segments.ts'
import { decodeValue, encodeValue } from '../core/codec.ts'
import type { OperatorId, VertexId } from '../core/ids.ts'
import { DividedState, decodeDivided, type OperatorItems } from '../core/operator-state.ts'
import { KeyedOutput } from './keyed-output.ts'
import { isDealtAgain, isListsChanged, type OperatorDraft } from './operator-draft.ts'
import { changedItems } from './row-changes.ts'
import type { OperatorStateRow } from './savepoint-reader.ts'
import { StateOutput } from './state-output.ts'
import { stateRows } from './state-rows.ts'

export interface WrittenOperator {
  readonly operator: ManifestOperator
  /** Entries of each key group; undefined when its keyed state was copied. */
  readonly counts: ArrayLike<number> | undefined
}

/**
 * Leaves every file durable in `dir`, or none. `begunAgain`: none of its subtasks counts as finished any more. Fails as
 * `stateRows`, `changedItems` and `KeyedOutput`.
 */
export async function writeOperator(
  fs: FileSystem,
  dir: string,
  draft: OperatorDraft,
  begunAgain: boolean,
): Promise<WrittenOperator> {
  const outputs = Array.from({ length: draft.parallelism }, (_, index) => new StateOutput(fs, dir, draft.id, index))
  try {
    const anew = isDealtAgain(draft) ? await writeKeyed(draft, outputs) : undefined
    const subtasks: ManifestSubtask[] = []
    for (const [index, output] of outputs.entries()) {
      const subtask = await writeSubtask(draft, index, output, anew?.handles)
      subtasks.push(begunAgain ? { ...subtask, finished: false } : subtask)
      await output.close()
    }
    const { id, uid, name, vertex, parallelism, maxParallelism } = draft
    const named = { id: id as OperatorId, uid, name, vertex: vertex as VertexId }
    return { operator: { ...named, parallelism, maxParallelism, subtasks }, counts: anew?.counts }
  } catch (error) {
    for (const output of outputs) await output.abort()
    throw error
  }
}

async function writeKeyed(draft: OperatorDraft, outputs: readonly StateOutput[]) {
  const states = draft.states.map(
    ({ name, kind, version, ttl }): StoredState => ({
      name,
      kind,
      ...(version !== undefined && { version }),
      ...(ttl === true && { ttl }),
    }),
  )
  const output = new KeyedOutput(draft, states, outputs)
  for (const [place, state] of draft.states.entries()) {
    for await (const { key, value } of stateRows(draft, state)) {
      // No timers are no row; a value that is undefined is one.
      if (state.kind !== 'timers') await output.add(place, key, value)
      else if (!Array.isArray(value) || value.length > 0) await output.add(place, key, timersContent(value))
    }
  }
  const handles = await output.end()
  return { handles, counts: output.counts }
}

/** One timestamp alone, several as a list; what is neither is refused by the output. */
function timersContent(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return value.length === 1 ? value[0] : [...new Set(value)]
}

async function writeSubtask(
  draft: OperatorDraft,
  index: number,
  output: StateOutput,
  anew: ReadonlyMap<number, KeyedStateHandle> | undefined,
): Promise<ManifestSubtask> {
  const from = draft.stored?.savepoint.snapshot
  const stored = draft.stored?.operator.subtasks[index]
  const copied: KeyedStateHandle[] = []
  if (from !== undefined && stored !== undefined && anew === undefined && draft.states.length > 0) {
    for (const handle of stored.keyed) copied.push(await copy(from, handle, output))
  }
  const handle = anew?.get(index)
  const inFlight: ChannelStateHandle[] = []
  const operator = await writeOperatorState(draft, index, output)
  if (from !== undefined) {
    for (const channel of stored?.inFlight ?? []) inFlight.push(await copy(from, channel, output))
  }
  return {
    index,
    finished: stored?.finished ?? false,
    keyed: handle === undefined ? copied : [handle],
    operator,
    ...(inFlight.length > 0 && { inFlight }),
  }
}

/** The same bytes, compared with their checksum on the way. */
async function copy<H extends StateHandle>(from: StoredSnapshot, handle: H, output: StateOutput): Promise<H> {
  if ('inline' in handle) return handle
  const pieces = from.readInPieces?.(handle) ?? [await from.read(handle)]
  let checksum = 0
  const { file, offset, length } = await output.segment(
    (async function* () {
      for await (const bytes of pieces) {
        checksum = extendChecksum(bytes, checksum)
        yield bytes
      }
    })(),
  )
  if (length === handle.length && printChecksum(checksum) === handle.checksum) return { ...handle, file, offset }
  throw segmentDamaged(handle, placeOf(from.path, handle), `${length} bytes with CRC-32 ${printChecksum(checksum)}`)
}

async function writeOperatorState(
  draft: OperatorDraft,
  index: number,
  output: StateOutput,
): Promise<OperatorStateHandle | undefined> {
  const from = draft.stored?.savepoint.snapshot
  const handle = draft.stored?.operator.subtasks[index]?.operator
  if (from !== undefined && handle !== undefined && !isListsChanged(draft)) return copy(from, handle, output)
  if (draft.whole !== undefined) return output.segment([encodeValue(draft.whole[index])])
  const { listsRemoved, lists, parallelism } = draft
  const all = new Map<string, OperatorItems>()
  if (from !== undefined && handle !== undefined) {
    const bytes = await from.read(handle)
    if (handle.states === undefined) {
      const row = { subtask: index, list: undefined, mode: undefined, value: decodeValue(bytes) }
      const [kept] = changedItems([row], draft.listChanges, draft)
      return kept === undefined ? undefined : output.segment([encodeValue(kept.value)])
    }
    for (const [list, { mode, items }] of decodeDivided(bytes, handle.states).lists) {
      if (listsRemoved.has(list)) continue
      const rows = items.map((value): OperatorStateRow => ({ subtask: index, list, mode, value }))
      all.set(list, { mode, items: changedItems(rows, draft.listChanges, draft).map(({ value }) => value) })
    }
  }
  for (const [list, { mode, items }] of lists) all.set(list, { mode, items: shareOf(items, mode, index, parallelism) })
  if (all.size === 0) return undefined
  const state = new DividedState(all)
  return { ...(await output.segment([state.encode()])), states: state.facts }
}

/** Of a list that is everywhere the same, everything; of another, what the subtask begins with. */
const shareOf = (items: readonly unknown[], mode: string, index: number, parallelism: number): readonly unknown[] =>
  mode === 'broadcast'
    ? items
    : items.slice(
        Math.floor((index * items.length) / parallelism),
        Math.floor(((index + 1) * items.length) / parallelism),
      )
