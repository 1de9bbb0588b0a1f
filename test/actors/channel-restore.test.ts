import { describe, expect, it } from 'vitest'
import { loadChannels } from '../../src/actors/channel-restore.ts'
import type { InputDescriptor, SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import { encodeBatch, encodeBatchCount, encodeChannel } from '../../src/backends/channel-segment.ts'
import type { StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import type { ChannelStateHandle, StateHandle } from '../../src/backends/manifest.ts'
import { type RecordBatch, recordBatch } from '../../src/core/elements.ts'
import { subtaskId, type VertexId } from '../../src/core/ids.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { descriptor } from './descriptors.ts'

const files = new Map<string, Uint8Array>()
const from = {
  path: '/state/chk-1',
  read: async (handle: StateHandle) => files.get('file' in handle ? handle.file : '')!,
} as StoredSnapshot

function store(sender: number, ...batches: readonly RecordBatch[]): ChannelStateHandle {
  const name = { gate: 0, input: 0 as const, from: sender }
  const file = `file-${files.size}`
  const frames = [encodeChannel(name), ...batches.map(encodeBatch), encodeBatchCount(batches.length)]
  files.set(file, Buffer.concat(frames.map((frame) => Buffer.from(frame))))
  return { file, offset: 0, length: 1, checksum: '00000000', codec: 1, ...name }
}

const vertex = '1'.padStart(32, '0') as VertexId
const input = (sender: number, keyed = true): InputDescriptor => ({
  channel: `c${sender}`,
  input: 0,
  gate: 0,
  from: subtaskId(vertex, sender),
  keyed,
})
const reading = (...inputs: readonly InputDescriptor[]): SubtaskDescriptor => ({ ...descriptor([]), inputs })

const words = ['a', 'hello', 'key-1', 'user-42', ''] // Key groups 81, 35, 54, 20 and 94 of 128.
const groups = words.map((word) => keyGroupOf(word, 128))

describe('records that were on their way', () => {
  it('are put into the channels that they are for, piece after piece', async () => {
    const pieces = [
      { handle: store(0, recordBatch([1]), recordBatch([2])), from: 0 },
      { handle: store(1, recordBatch([3])), from: 1 },
      { handle: store(2, recordBatch([4])), from: 0 },
    ]
    expect(await loadChannels(from, reading(input(0, false), input(1, false)), pieces)).toEqual([
      { channel: 0, batches: [recordBatch([1]), recordBatch([2]), recordBatch([4])] },
      { channel: 1, batches: [recordBatch([3])] },
    ])
  })

  it('are those of the own key groups, with all that belongs to them', async () => {
    const handle = store(0, recordBatch([1, 2, 3, 4, 5], [10, 20, 30, 40, 50], words, groups))
    const [channel] = await loadChannels(from, reading(input(0)), [
      { handle, from: 0, keyGroups: { start: 35, end: 81 } },
    ])
    expect(channel!.batches).toEqual([recordBatch([1, 2, 3], [10, 20, 30], words.slice(0, 3), groups.slice(0, 3))])
  })

  it('get their key groups, where the sender had one target and computed none', async () => {
    const [channel] = await loadChannels(from, reading(input(0)), [
      { handle: store(0, recordBatch(words, undefined, words)), from: 0, keyGroups: { start: 0, end: 40 } },
    ])
    const [batch] = channel!.batches
    expect(batch).toEqual(recordBatch(['hello', 'user-42'], undefined, ['hello', 'user-42'], [35, 20]))
    expect(batch!.keys).toBe(batch!.values)
  })

  it('leave no empty batch', async () => {
    const [channel] = await loadChannels(from, reading(input(0)), [
      { handle: store(0, recordBatch(['a'], undefined, ['a'])), from: 0, keyGroups: { start: 0, end: 1 } },
    ])
    expect(channel!.batches).toEqual([])
  })

  it('are refused without keys where the program sends by key, and with keys that are none', async () => {
    const bare = [{ handle: store(0, recordBatch([1])), from: 0 }]
    await expect(loadChannels(from, reading(input(0)), bare)).rejects.toMatchObject({
      code: 'RESTORE_CHANNEL_MISMATCH',
    })
    const keyGroups = { start: 0, end: 127 }
    const broken = [{ handle: store(0, recordBatch([1], undefined, [[]])), from: 0, keyGroups }]
    await expect(loadChannels(from, reading(input(0)), broken)).rejects.toMatchObject({
      code: 'STATE_FILE_DAMAGED',
      message: expect.stringContaining('/state/chk-1'),
    })
  })
})
