import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameBuffer, SegmentFrames, segmentHeader } from '../../src/backends/keyed-segment.ts'
import { SegmentParser } from '../../src/backends/segment-parser.ts'
import { encodeValue } from '../../src/core/codec.ts'

const segment = (...values: unknown[]): Uint8Array => {
  const frames = new FrameBuffer(1)
  for (const value of values) frames.add(encodeValue(value))
  return frames.take()
}
const header = segmentHeader({ start: 0, end: 7 }, [{ name: 'v', kind: 'value' }], false)
const whole = segment(header, [0, [7, 3], 'a', 'x'.repeat(300), 'b', 2], [0, []], [0, [1], 'c', null], 3)

function parse(pieces: readonly Uint8Array[]): unknown[] {
  const seen: unknown[] = []
  const reader = {
    header: () => void seen.push('header'),
    entry: (...entry: unknown[]) => void seen.push(entry),
    removal: () => {},
  }
  const parser = new SegmentParser(new SegmentFrames(reader))
  for (const piece of pieces) parser.take(piece)
  parser.end()
  return seen
}

describe('a segment that comes in pieces', () => {
  it('is the same wherever it is cut', () => {
    const expected = parse([whole])
    expect(expected).toEqual(['header', [0, 7, 'a', 'x'.repeat(300)], [0, 3, 'b', 2], [0, 1, 'c', null]])
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 30, size: 'max' }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
        expect(parse(at.slice(1).map((end, i) => whole.subarray(at[i]!, end)))).toEqual(expected)
      }),
    )
  })

  it('is damaged when something is missing or follows', () => {
    for (let end = 0; end < whole.length; end++) {
      expect(() => parse([whole.subarray(0, end)]), `${end} bytes`).toThrow(
        expect.objectContaining({ code: 'STATE_FILE_DAMAGED' }),
      )
    }
    expect(() => parse([whole, segment(0)])).toThrow('bytes follow the last frame')
    expect(() => parse([segment(header, [0, [1], 'c', null], 7)])).toThrow('expected 7 entries, got 1')
  })

  it('is taken over as it comes, not at its end', () => {
    const seen: unknown[] = []
    const reader = { header: () => {}, entry: (...entry: unknown[]) => void seen.push(entry[2]), removal: () => {} }
    const parser = new SegmentParser(new SegmentFrames(reader))
    parser.take(whole.subarray(0, whole.length - 20))
    expect(seen).toEqual(['a', 'b'])
  })
})
