/**
 * The bytes of one keyed-state segment: length-prefixed frames, each one encoded value. docs/formats.md describes them.
 *
 * First the header, then any number of entry frames `[state, key groups, key, content, key, content, …]`, then the
 * number of entries. Every entry carries its key group, so a reader can keep only the groups it owns; entries come in
 * any order. Format 1 differs in one thing: all entries of a frame had one key group, written as a number. Format 3 holds
 * changes since an earlier segment: before the entries come removal frames `[~state, key groups, key, key, …]`, counted too.
 * Formats 4 and 5 are 2 and 3 with states of which the header says more than name and kind: their version, and whether their
 * values carry times.
 */
import { decodeValue } from '../core/codec.ts'
import { StreamError } from '../core/errors.ts'
import type { Key, KeyGroupRange } from '../core/key-groups.ts'
import type { KeyedStateHandle, StoredState } from './manifest.ts'
import { offsetOf } from './state-segments.ts'
import type { TableKind } from './state-table.ts'

/** Of a segment with everything, and of one with changes; and the same with states that have a version or times. */
const segmentVersions = { full: 2, delta: 3, evolvedFull: 4, evolvedDelta: 5 } as const
const readableVersions: readonly unknown[] = [1, ...Object.values(segmentVersions)]

/** Does a segment of this format hold only changes? */
export const holdsChanges = (format: number): boolean =>
  format === segmentVersions.delta || format === segmentVersions.evolvedDelta

const isEvolved = (format: number | undefined): boolean =>
  format === segmentVersions.evolvedFull || format === segmentVersions.evolvedDelta

/** Name, kind, and since format 4 the version, 0 when it has none, and whether the values carry times. */
export type SegmentState =
  | readonly [name: string, kind: TableKind]
  | readonly [name: string, kind: TableKind, version: number, stamped: boolean]

export interface SegmentHeader {
  readonly format: number
  readonly keyGroups: readonly [number, number]
  readonly states: readonly SegmentState[]
}

const kinds: readonly string[] = ['value', 'list', 'map', 'reducing', 'aggregating', 'timers'] satisfies TableKind[]

export function segmentHeader(range: KeyGroupRange, states: readonly StoredState[], delta: boolean): SegmentHeader {
  const evolved = states.some(({ version, ttl }) => version !== undefined || ttl)
  const { full, delta: changes, evolvedFull, evolvedDelta } = segmentVersions
  return {
    format: evolved ? (delta ? evolvedDelta : evolvedFull) : delta ? changes : full,
    keyGroups: [range.start, range.end],
    states: states.map(({ name, kind, version = 0, ttl = false }) =>
      evolved ? ([name, kind, version, ttl] as const) : ([name, kind] as const),
    ),
  }
}

/** What a header says of one of its states. */
export const storedStateOf = ([name, kind, version = 0, stamped = false]: SegmentState): StoredState => ({
  name,
  kind,
  ...(version > 0 && { version }),
  ...(stamped && { ttl: true }),
})

/** Gathers frames: encoded values, each with its length before it. May be used again and again. */
export class FrameBuffer {
  #bytes: Buffer
  #length = 0

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** Copies. */
  add(frame: Uint8Array): void {
    const needed = this.#length + 4 + frame.length
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.writeUInt32BE(frame.length, this.#length)
    this.#bytes.set(frame, this.#length + 4)
    this.#length = needed
  }

  /** What was added, until something is added again. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    return taken
  }
}

export interface SegmentReader {
  header(header: SegmentHeader): void
  /** `state` is the position in the header. */
  entry(state: number, keyGroup: number, key: Key, content: unknown): void
  /** The key is gone, unless an entry brings it back. */
  removal(state: number, keyGroup: number, key: Key): void
  /** That was all. */
  end?(): void
}

export const damagedSegment = (what: string): StreamError =>
  new StreamError('STATE_FILE_DAMAGED', `Keyed state bytes are damaged: ${what}.`)

/** The frames of one segment in their order: what may come next, and that nothing is missing. */
export class SegmentFrames {
  readonly #reader: SegmentReader
  #header: SegmentHeader | undefined
  #entries = 0
  #ended = false

  constructor(reader: SegmentReader) {
    this.#reader = reader
  }

  /** Fails with `STATE_FILE_DAMAGED` or `STATE_CODEC_UNSUPPORTED`. */
  take(frame: unknown): void {
    if (this.#ended) throw damagedSegment('bytes follow the last frame')
    if (this.#header === undefined) {
      this.#header = checkHeader(frame)
      this.#reader.header(this.#header)
    } else if (typeof frame !== 'number') this.#entries += readEntries(frame, this.#header, this.#reader)
    else {
      if (frame !== this.#entries) throw damagedSegment(`expected ${frame} entries, got ${this.#entries}`)
      this.#ended = true
      this.#reader.end?.()
    }
  }

  end(): void {
    if (this.#header === undefined) throw damagedSegment('the header is missing')
    if (!this.#ended) throw damagedSegment('the last frame is missing')
  }
}

/** Reads a whole segment. Fails with `STATE_FILE_DAMAGED` or `STATE_CODEC_UNSUPPORTED`. */
export function readSegment(bytes: Uint8Array, reader: SegmentReader): void {
  const frames = new SegmentFrames(reader)
  for (const frame of readFrames(bytes, damagedSegment)) frames.take(frame)
  frames.end()
}

/**
 * Are these bytes, or those that begin with these, what the manifest means? Its checksum says that they are as they were written, not that they belong
 * to this handle. Fails with `STATE_FILE_DAMAGED`, naming what the manifest and the segment say, or `STATE_CODEC_UNSUPPORTED`.
 */
export function checkSegmentIs(bytes: Uint8Array, handle: KeyedStateHandle, path: string): Uint8Array {
  const header = headerIn(bytes, path)
  const expected = describeHeader(segmentHeader(handle.keyGroups, handle.states, handle.delta === true))
  const got = describeHeader(header)
  if (expected === got) return bytes
  throw new StreamError(
    'STATE_FILE_DAMAGED',
    `State file ${path} is damaged${offsetOf(handle)}: its manifest expects ${expected}, got ${got}.`,
    { details: { file: path, expected, got } },
  )
}

function headerIn(bytes: Uint8Array, path: string): SegmentHeader {
  try {
    return checkHeader(readFrames(bytes, damagedSegment).next().value)
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    throw new StreamError(error.code, `State file ${path}: ${error.message}`, { cause: error, details: { file: path } })
  }
}

function describeHeader({ format, keyGroups, states }: SegmentHeader): string {
  const what = holdsChanges(format) ? 'changes of key groups' : 'key groups'
  const named = states.map(describeState)
  return `${what} ${keyGroups.join(' to ')} of ${named.join(', ') || 'no state'}`
}

function describeState(state: SegmentState): string {
  const { name, kind, version, ttl } = storedStateOf(state)
  const facts = [kind, ...(version === undefined ? [] : [`version ${version}`]), ...(ttl ? ['with times'] : [])]
  return `${JSON.stringify(name)} (${facts.join(', ')})`
}

function readEntries(frame: unknown, header: SegmentHeader, reader: SegmentReader): number {
  if (!Array.isArray(frame)) throw damagedSegment('a frame is not a list')
  const [first, keyGroups] = frame as [unknown, unknown]
  const removals = typeof first === 'number' && first < 0 && holdsChanges(header.format)
  const state = removals ? ~first : first
  if (typeof state !== 'number' || header.states[state] === undefined) {
    throw damagedSegment(`a frame is of state ${String(state)}, expected 0 to ${header.states.length - 1}`)
  }
  if (!removals && frame.length % 2 !== 0) throw damagedSegment('an entry frame is not a list of pairs')
  const entries = removals ? frame.length - 2 : frame.length / 2 - 1
  if (Array.isArray(keyGroups) && keyGroups.length !== entries) {
    throw damagedSegment(`a frame has ${keyGroups.length} key groups for ${entries} entries`)
  }
  for (let i = 0; i < entries; i++) {
    const keyGroup = checkKeyGroup(Array.isArray(keyGroups) ? keyGroups[i] : keyGroups, header)
    if (removals) reader.removal(state, keyGroup, frame[2 + i] as Key)
    else reader.entry(state, keyGroup, frame[2 + 2 * i] as Key, frame[3 + 2 * i])
  }
  return entries
}

function checkKeyGroup(keyGroup: unknown, { keyGroups: [start, end] }: SegmentHeader): number {
  if (typeof keyGroup === 'number' && Number.isInteger(keyGroup) && keyGroup >= start && keyGroup <= end)
    return keyGroup
  throw damagedSegment(`an entry is of key group ${String(keyGroup)}, expected ${start} to ${end}`)
}

function checkHeader(value: unknown): SegmentHeader {
  const header = value as Partial<SegmentHeader> | undefined | null
  if (typeof header !== 'object' || header === null) throw damagedSegment('the header is missing')
  if (!readableVersions.includes(header.format)) {
    throw new StreamError(
      'STATE_CODEC_UNSUPPORTED',
      `Keyed state has format ${String(header.format)}: this build reads formats ${readableVersions.join(', ')}.`,
    )
  }
  const range = header.keyGroups
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isInteger) || range[0] > range[1]) {
    throw damagedSegment('the header has no key-group range')
  }
  const states: unknown = header.states
  if (!Array.isArray(states) || !states.every((entry) => isStateEntry(entry, isEvolved(header.format)))) {
    throw damagedSegment('the header does not name its states')
  }
  return header as SegmentHeader
}

function isStateEntry(entry: unknown, evolved: boolean): boolean {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !kinds.includes(String(entry[1]))) return false
  if (!evolved) return entry.length === 2
  return entry.length === 4 && Number.isSafeInteger(entry[2]) && entry[2] >= 0 && typeof entry[3] === 'boolean'
}

/** The values of the frames; `damaged` says what is wrong with them. */
export function* readFrames(bytes: Uint8Array, damaged: (what: string) => StreamError): Generator<unknown, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw damaged('a frame is cut short')
    const length = view.getUint32(at)
    if (at + 4 + length > bytes.length) throw damaged(`a frame of ${length} bytes is cut short`)
    yield decodeValue(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return undefined
}
