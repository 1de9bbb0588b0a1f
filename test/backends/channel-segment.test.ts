import { describe, expect, it } from 'vitest'
import { encodeBatch, encodeBatchCount, encodeChannel, readChannelSegment } from '../../src/backends/channel-segment.ts'
import { type RecordBatch, recordBatch } from '../../src/core/elements.ts'

const handle = {
  file: 'v-0.state',
  offset: 7,
  length: 0,
  checksum: '00000000',
  codec: 1,
  gate: 2,
  input: 1,
  from: 3,
} as const
const words = ['x', 'y']
const batches: RecordBatch[] = [
  recordBatch([1, { deep: [2n, undefined] }]),
  recordBatch(words, [5, 6], words, [1, 2]),
  recordBatch(['z'], undefined, ['other'], undefined),
]
const joined = (...frames: Uint8Array[]) => new Uint8Array(Buffer.concat(frames))
const bytes = joined(encodeChannel(handle), ...batches.map(encodeBatch), encodeBatchCount(3))

describe('the state of a channel as bytes', () => {
  it('comes back batch by batch, with keys that are the values as the same array', () => {
    const read = readChannelSegment(bytes, handle, 'file')
    expect(read).toEqual(batches)
    expect(read[1]!.keys).toBe(read[1]!.values)
  })

  it.each([
    [
      'another channel',
      joined(encodeChannel({ ...handle, from: 1 }), encodeBatchCount(0)),
      /subtask 3, got gate 2, input 1, subtask 1/,
    ],
    ['no header', encodeBatchCount(0), /the header of a channel is missing/],
    [
      'a batch too few',
      joined(encodeChannel(handle), encodeBatch(batches[0]!), encodeBatchCount(2)),
      /expected 2 batches, got 1/,
    ],
    ['no end', joined(encodeChannel(handle), encodeBatch(batches[0]!)), /the last frame is missing/],
    ['more than the end', joined(bytes, encodeBatchCount(3)), /bytes follow the last frame/],
    ['cut short', bytes.subarray(0, bytes.length - 3), /cut short/],
    [
      'fewer timestamps than records',
      joined(encodeChannel(handle), encodeBatch({ ...batches[0]!, timestamps: [1] })),
      /2 records does not have as many timestamps/,
    ],
    [
      'key groups that are no numbers',
      joined(encodeChannel(handle), encodeBatch({ ...batches[2]!, keyGroups: ['1'] as never })),
      /key groups of a batch are not numbers/,
    ],
  ])('is refused with %s', (_what, damaged, message) => {
    expect(() => readChannelSegment(damaged, handle, 'v-0.state')).toThrow(
      expect.objectContaining({ code: 'STATE_FILE_DAMAGED', message: expect.stringMatching(message) }),
    )
  })
})
