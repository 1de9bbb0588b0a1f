/**
 * Reads the records that an unaligned checkpoint found on their way to a subtask, and puts them into the channels that it has
 * now, without those whose keys another subtask owns.
 *
 * Tests: test/actors/channel-restore.test.ts.
 */
import { readChannelSegment } from '../backends/channel-segment.ts'
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { placeOf } from '../backends/state-segments.ts'
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { assert, StreamError } from '../core/errors.ts'
import { parseSubtaskId } from '../core/ids.ts'
import { type KeyGroupRange, keyGroupOf } from '../core/key-groups.ts'
import type { ChannelPiece, SubtaskDescriptor } from './subtask-descriptor.ts'
import type { LoadedChannel } from './subtask-messages.ts'

/** The batches of each channel, in the order of the pieces. Fails as reading does, and with `RESTORE_CHANNEL_MISMATCH`. */
export async function loadChannels(
  from: StoredSnapshot,
  descriptor: SubtaskDescriptor,
  pieces: readonly ChannelPiece[],
): Promise<readonly LoadedChannel[]> {
  const loaded = await Promise.all(pieces.map((piece) => loadPiece(from, descriptor, piece)))
  const channels = new Map<number, RecordBatch[]>()
  for (const { channel, batches } of loaded) {
    const before = channels.get(channel)
    if (before === undefined) channels.set(channel, [...batches])
    else before.push(...batches)
  }
  return [...channels].map(([channel, batches]) => ({ channel, batches }))
}

async function loadPiece(
  from: StoredSnapshot,
  { inputs, vertexName, maxParallelism }: SubtaskDescriptor,
  piece: ChannelPiece,
): Promise<LoadedChannel> {
  const { handle, keyGroups } = piece
  const channel = inputs.findIndex((one) => one.gate === handle.gate && parseSubtaskId(one.from).index === piece.from)
  assert(inputs[channel]?.input === handle.input, 'records for a channel that is not there')
  const place = placeOf(from.path, handle)
  const batches = readChannelSegment(await from.read(handle), handle, place)
  if (inputs[channel].keyed === true && batches.some(({ keys }) => keys === undefined)) {
    throw new StreamError(
      'RESTORE_CHANNEL_MISMATCH',
      `${from.path} is an unaligned checkpoint with records on their way to operator "${vertexName}" that have no keys, but the ` +
        'program sends it records by key now. Restore it with the program that wrote it, or restore a savepoint, in which ' +
        'nothing is on its way.',
      { details: { operator: vertexName } },
    )
  }
  if (keyGroups === undefined) return { channel, batches }
  const own = batches.map((batch) => ownRecords(batch, keyGroups, maxParallelism, place))
  return { channel, batches: own.filter(({ values }) => values.length > 0) }
}

/**
 * The records of a batch whose keys are of these groups. The groups are computed again: a sender with one target had left
 * them out.
 */
function ownRecords(batch: RecordBatch, own: KeyGroupRange, maxParallelism: number, place: string): RecordBatch {
  const { values, timestamps, keys = [] } = batch
  const groups = keys.map((key) => keyGroupOf(key, maxParallelism))
  if (groups.includes(-1)) {
    throw new StreamError(
      'STATE_FILE_DAMAGED',
      `State file ${place} is damaged: a record has a key that cannot be one.`,
      {
        details: { file: place },
      },
    )
  }
  const is = (_: unknown, place: number) => groups[place]! >= own.start && groups[place]! <= own.end
  const kept = values.filter(is)
  const keptKeys = keys === values ? kept : keys.filter(is)
  return recordBatch(kept, timestamps?.filter(is), keptKeys, groups.filter(is))
}
