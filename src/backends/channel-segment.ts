/**
 * The bytes of one channel's state: frames as in keyed segments. First `{ format, channel: [gate, input, from] }`, then
 * one frame per batch, `[values, timestamps, keys, key groups]`, then the number of batches. What a batch does not have is
 * null; keys that are the values themselves are `true`.
 *
 * Key groups are stored, although they could be computed: the sender computed them once, with a maximum parallelism that
 * the state of the receiver binds. Tests: test/backends/channel-segment.test.ts.
 */
import { encodeValue } from '../core/codec.ts'
import { type RecordBatch, recordBatch } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import { FrameBuffer, readFrames } from './keyed-segment.ts'
import type { ChannelStateHandle } from './manifest.ts'
import { offsetOf } from './state-segments.ts'

export const channelSegmentVersion = 1

export type ChannelName = Pick<ChannelStateHandle, 'gate' | 'input' | 'from'>

/** The first frame. */
export const encodeChannel = ({ gate, input, from }: ChannelName): Uint8Array =>
  framed({ format: channelSegmentVersion, channel: [gate, input, from] })

/** One batch. Fails with `STATE_NOT_SERIALIZABLE`. */
export const encodeBatch = ({ values, timestamps, keys, keyGroups }: RecordBatch): Uint8Array =>
  framed([values, timestamps ?? null, keys === values ? true : (keys ?? null), keyGroups ?? null])

/** The last frame. */
export const encodeBatchCount = (batches: number): Uint8Array => framed(batches)

function framed(value: unknown): Uint8Array {
  const bytes = encodeValue(value)
  const frame = new FrameBuffer(bytes.length + 4)
  frame.add(bytes)
  return frame.take()
}

/**
 * The batches of a segment, in order, if they are those that `handle` means. Fails with `STATE_FILE_DAMAGED` or
 * `STATE_CODEC_UNSUPPORTED`, naming `path`.
 */
export function readChannelSegment(bytes: Uint8Array, handle: ChannelStateHandle, path: string): RecordBatch[] {
  const damaged = (what: string): StreamError =>
    new StreamError('STATE_FILE_DAMAGED', `State file ${path} is damaged${offsetOf(handle)}: ${what}.`, {
      details: { file: path },
    })
  const frames = readFrames(bytes, damaged)
  checkHeader(frames.next().value, handle, path, damaged)
  const batches: RecordBatch[] = []
  for (const frame of frames) {
    if (typeof frame !== 'number') {
      batches.push(batchOf(frame, damaged))
      continue
    }
    if (frame !== batches.length) throw damaged(`expected ${frame} batches, got ${batches.length}`)
    if (frames.next().done !== true) throw damaged('bytes follow the last frame')
    return batches
  }
  throw damaged('the last frame is missing')
}

function checkHeader(
  value: unknown,
  { gate, input, from }: ChannelName,
  path: string,
  damaged: (what: string) => StreamError,
): void {
  const header = value as { readonly format?: unknown; readonly channel?: unknown } | undefined | null
  if (typeof header !== 'object' || header === null) throw damaged('the header of a channel is missing')
  if (header.format !== channelSegmentVersion) {
    throw new StreamError(
      'STATE_CODEC_UNSUPPORTED',
      `State file ${path}: the state of a channel has format ${String(header.format)}: this build reads format ${channelSegmentVersion}.`,
      { details: { file: path } },
    )
  }
  const expected = `gate ${gate}, input ${input}, subtask ${from}`
  const [g, i, f] = Array.isArray(header.channel) ? (header.channel as unknown[]) : []
  const got = `gate ${String(g)}, input ${String(i)}, subtask ${String(f)}`
  if (got !== expected) throw damaged(`its manifest expects the channel of ${expected}, got ${got}`)
}

function batchOf(frame: unknown, damaged: (what: string) => StreamError): RecordBatch {
  if (!Array.isArray(frame) || frame.length !== 4 || !Array.isArray(frame[0]))
    throw damaged('a batch is not four lists')
  const [values, timestamps, keys, keyGroups] = frame as [unknown[], unknown, unknown, unknown]
  const list = (part: unknown, name: string): unknown[] | undefined => {
    if (part === null) return undefined
    if (Array.isArray(part) && part.length === values.length) return part
    throw damaged(`a batch of ${values.length} records does not have as many ${name}`)
  }
  const numbers = (part: unknown, name: string): number[] | undefined => {
    const found = list(part, name)
    if (found?.every((one) => typeof one === 'number') ?? true) return found as number[] | undefined
    throw damaged(`the ${name} of a batch are not numbers`)
  }
  const keyed = keys === true ? values : list(keys, 'keys')
  return recordBatch(values, numbers(timestamps, 'timestamps'), keyed, numbers(keyGroups, 'key groups'))
}
