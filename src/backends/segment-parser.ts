/**
 * Reads a keyed-state segment that comes in pieces, wherever those are cut.
 *
 * Keeps at most one frame that is not whole. Tests: test/backends/segment-parser.test.ts.
 */
import { decodeValue } from '../core/codec.ts'
import { damagedSegment, type SegmentFrames } from './keyed-segment.ts'

export class SegmentParser {
  readonly #frames: SegmentFrames
  /** What came of a frame that is not whole yet, and how many bytes that is. */
  #rest: Uint8Array[] = []
  #restBytes = 0
  /** Of the whole segment, still to come. */
  #bytesLeft: number

  /** `bytes`: of the whole segment, when that is known; a frame that claims more is not waited for. */
  constructor(frames: SegmentFrames, bytes = Number.POSITIVE_INFINITY) {
    this.#frames = frames
    this.#bytesLeft = bytes
  }

  /** Takes over every frame that is whole. Fails with `STATE_FILE_DAMAGED` or `STATE_CODEC_UNSUPPORTED`. */
  take(bytes: Uint8Array): void {
    this.#rest.push(bytes)
    this.#restBytes += bytes.length
    this.#bytesLeft -= bytes.length
    const needed = this.#needed()
    if (needed > this.#restBytes + this.#bytesLeft) throw damagedSegment(`a frame of ${needed - 4} bytes is cut short`)
    if (this.#restBytes < needed) return
    const data = this.#rest.length === 1 ? bytes : Buffer.concat(this.#rest)
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    let at = 0
    while (at + 4 <= data.length && at + 4 + view.getUint32(at) <= data.length) {
      const end = at + 4 + view.getUint32(at)
      this.#frames.take(decodeValue(data.subarray(at + 4, end)))
      at = end
    }
    this.#rest = at === data.length ? [] : [data.subarray(at)]
    this.#restBytes = data.length - at
  }

  end(): void {
    if (this.#restBytes > 0) throw damagedSegment('a frame is cut short')
    this.#frames.end()
  }

  /** Bytes until the frame at the front is whole, so far as is known. */
  #needed(): number {
    let needed = 4
    let seen = 0
    const head = Buffer.alloc(4)
    for (const bytes of this.#rest) {
      for (let i = 0; i < bytes.length && seen < 4; i++) head[seen++] = bytes[i]!
      if (seen === 4) break
    }
    if (seen === 4) needed += head.readUInt32BE(0)
    return needed
  }
}
