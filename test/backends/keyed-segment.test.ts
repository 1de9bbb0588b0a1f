import { describe, expect, it } from 'vitest'
import {
  checkSegmentIs,
  FrameBuffer,
  holdsChanges,
  readSegment,
  segmentHeader,
  storedStateOf,
} from '../../src/backends/keyed-segment.ts'
import { decodeValue, encodeValue } from '../../src/core/codec.ts'

const segment = (...values: unknown[]): Uint8Array => {
  const frames = new FrameBuffer(1)
  for (const value of values) frames.add(encodeValue(value))
  return frames.take()
}
const header = segmentHeader({ start: 0, end: 7 }, [{ name: 'v', kind: 'value' }], false)
const changes = { ...header, format: 3 }
const ignore = { header: () => {}, entry: () => {}, removal: () => {} }

describe('the bytes of a segment', () => {
  it('are frames of encoded values', () => {
    const entries: unknown[] = []
    readSegment(segment(header, [0, [7, 3], 'a', 1, 'b', 2], [0, []], 2), {
      ...ignore,
      entry: (...entry) => void entries.push(entry),
    })
    expect(entries).toEqual([
      [0, 7, 'a', 1],
      [0, 3, 'b', 2],
    ])
    expect(decodeValue(segment(header).subarray(4))).toEqual({ format: 2, keyGroups: [0, 7], states: [['v', 'value']] })
  })

  it('of format 1 have one key group for a whole frame', () => {
    const entries: unknown[] = []
    readSegment(segment({ ...header, format: 1 }, [0, 7, 'a', 1, 'b', 2], [0, 0], 2), {
      ...ignore,
      entry: (...entry) => void entries.push(entry),
    })
    expect(entries).toEqual([
      [0, 7, 'a', 1],
      [0, 7, 'b', 2],
    ])
  })

  it('of format 3 name removed keys, too', () => {
    const seen: unknown[] = []
    readSegment(segment(changes, [~0, [7, 3], 'a', 'b'], [0, [3], 'b', 2], 3), {
      ...ignore,
      entry: (...entry) => void seen.push(entry),
      removal: (...removal) => void seen.push(removal),
    })
    expect(seen).toEqual([
      [0, 7, 'a'],
      [0, 3, 'b'],
      [0, 3, 'b', 2],
    ])
  })

  it.each<[string, unknown[], string]>([
    ['removals where everything is', [header, [~0, [0], 'a'], 1], 'of state -1, expected 0 to 0'],
    ['removals of a state that is not named', [changes, [~1, [0], 'a'], 1], 'of state 1, expected 0 to 0'],
    ['a frame that is none', [header, 'frame', 1], 'a frame is not a list'],
    ['no header', [], 'the header is missing'],
    ['a count that is wrong', [header, [0, 0, 'a', 1], 2], 'expected 2 entries, got 1'],
    ['no end', [header, [0, 0, 'a', 1]], 'the last frame is missing'],
    ['more after the end', [header, 0, 0], 'bytes follow the last frame'],
    ['a state that is not named', [header, [1, 0, 'a', 1], 1], 'of state 1, expected 0 to 0'],
    ['a key group outside the header', [header, [0, 8, 'a', 1], 1], 'of key group 8, expected 0 to 7'],
    ['a key group too few', [header, [0, [1], 'a', 1, 'b', 2], 2], '1 key groups for 2 entries'],
    ['one wrong key group', [header, [0, [1, '2'], 'a', 1, 'b', 2], 2], 'of key group 2, expected 0 to 7'],
    ['half an entry', [header, [0, 0, 'a'], 1], 'not a list of pairs'],
    ['a header without states', [{ ...header, states: [['v', 'tree']] }, 0], 'does not name its states'],
    ['a header without a range', [{ ...header, keyGroups: [7, 0] }, 0], 'no key-group range'],
  ])('with %s are refused', (_, values, message) => {
    expect(() => readSegment(segment(...values), ignore)).toThrow(
      expect.objectContaining({ code: 'STATE_FILE_DAMAGED', message: expect.stringContaining(message) }),
    )
  })

  it('are those of their handle only with its key groups, names and kinds', () => {
    const bytes = segment(header, 0)
    const handle = { file: 'f', offset: 0, length: 1, checksum: '0', codec: 1, keyGroups: { start: 0, end: 7 } }
    const check = (change: object) => () => checkSegmentIs(bytes, { ...handle, states: [value], ...change }, '/f')
    const value = { name: 'v', kind: 'value' } as const
    expect(check({})()).toBe(bytes)
    for (const states of [[], [{ ...value, name: 'w' }], [{ ...value, kind: 'list' }], [value, value]]) {
      expect(check({ states })).toThrow(expect.objectContaining({ code: 'STATE_FILE_DAMAGED' }))
    }
    expect(check({ keyGroups: { start: 0, end: 5 } })).toThrow(
      'State file /f is damaged at offset 0: its manifest expects key groups 0 to 5 of "v" (value), ' +
        'got key groups 0 to 7 of "v" (value).',
    )
    expect(check({ delta: true })).toThrow('expects changes of key groups 0 to 7 of "v" (value), got key groups 0 to 7')
    const nothing = () => checkSegmentIs(Buffer.alloc(0), { ...handle, states: [value] }, '/f')
    expect(nothing).toThrow(
      expect.objectContaining({
        code: 'STATE_FILE_DAMAGED',
        message: expect.stringMatching(/^State file \/f: .*header/),
      }),
    )
  })

  it('of another format are refused', () => {
    expect(() => readSegment(segment({ ...header, format: 6 }, 0), ignore)).toThrow(
      expect.objectContaining({ code: 'STATE_CODEC_UNSUPPORTED', message: expect.stringContaining('format 6') }),
    )
  })
})

describe('the header of a segment with states that have a version or times', () => {
  const range = { start: 0, end: 7 }
  const states = [
    { name: 'v', kind: 'value', version: 2 },
    { name: 'm', kind: 'map', ttl: true },
    { name: 'l', kind: 'list' },
  ] as const

  it('has a format of its own, and says them of each state', () => {
    const evolved = segmentHeader(range, states, false)
    expect(evolved).toMatchObject({
      format: 4,
      states: [
        ['v', 'value', 2, false],
        ['m', 'map', 0, true],
        ['l', 'list', 0, false],
      ],
    })
    expect(evolved.states.map(storedStateOf)).toEqual(states)
    expect([segmentHeader(range, states, true).format, holdsChanges(5), holdsChanges(4)]).toEqual([5, true, false])
    // What an earlier build reads is written as it always was.
    expect(segmentHeader(range, [states[2]], false)).toMatchObject({ format: 2, states: [['l', 'list']] })
  })

  it.each([
    [[['v', 'value']]],
    [[['v', 'value', -1, false]]],
    [[['v', 'value', 1.5, false]]],
    [[['v', 'value', 1, 1]]],
    [[['v', 'value', 1, true, 0]]],
  ])('is damaged when it does not: %j', (wrong) => {
    const bytes = segment({ format: 4, keyGroups: [0, 7], states: wrong }, 0)
    expect(() => readSegment(bytes, ignore)).toThrow(expect.objectContaining({ code: 'STATE_FILE_DAMAGED' }))
  })

  it('is damaged when it says more than its format has', () => {
    const bytes = segment({ format: 2, keyGroups: [0, 7], states: [['v', 'value', 1, true]] }, 0)
    expect(() => readSegment(bytes, ignore)).toThrow(/does not name its states/)
  })

  it('must be what the manifest says', () => {
    const bytes = segment(segmentHeader(range, [states[0]], false), 0)
    const handle = { file: 'f', offset: 0, length: 1, checksum: '0', codec: 1, keyGroups: range }
    expect(() => checkSegmentIs(bytes, { ...handle, states: [states[0]] }, 'p')).not.toThrow()
    expect(() => checkSegmentIs(bytes, { ...handle, states: [{ name: 'v', kind: 'value' }] }, 'p')).toThrow(
      /its manifest expects key groups 0 to 7 of "v" \(value\), got key groups 0 to 7 of "v" \(value, version 2\)/,
    )
  })
})
