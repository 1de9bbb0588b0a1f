/**
 * Segments of a state file: their handles while they are written, and the checks when they are read. Shared by all
 * storages, so that a handle means the same in each.
 */
import { codecVersion } from '../core/codec.ts'
import { assert, StreamError } from '../core/errors.ts'
import { parseSubtaskId, type SubtaskId } from '../core/ids.ts'
import { checksumOf, extendChecksum, printChecksum } from './checksum.ts'
import type { FileHandle, InlineHandle, StateHandle } from './manifest.ts'

/** The name of the file of one subtask. Vertex ids are hex digits; anything else cannot become a path. */
export function stateFileName(subtask: SubtaskId): string {
  const { vertex, index } = parseSubtaskId(subtask)
  return `${vertex.replace(/\W/g, '_')}-${index}.state`
}

/** Counts bytes and checksums of a file as it is appended to. */
export class SegmentLog {
  readonly #file: string
  #length = 0
  #start: number | undefined
  #checksum = 0

  constructor(file: string) {
    this.#file = file
  }

  begin(): void {
    assert(this.#start === undefined, `a segment of ${this.#file} is begun within another`)
    this.#start = this.#length
    this.#checksum = 0
  }

  append(bytes: Uint8Array): void {
    assert(this.#start !== undefined, `bytes are appended to ${this.#file} outside a segment`)
    this.#checksum = extendChecksum(bytes, this.#checksum)
    this.#length += bytes.length
  }

  end(): FileHandle {
    const offset = this.#start
    assert(offset !== undefined, `a segment of ${this.#file} is ended that was not begun`)
    this.#start = undefined
    const checksum = printChecksum(this.#checksum)
    return { file: this.#file, offset, length: this.#length - offset, checksum, codec: codecVersion }
  }
}

/** The few bytes of a segment, in its handle. */
export const inlineHandle = (bytes: Uint8Array): InlineHandle => ({
  inline: Buffer.from(bytes).toString('base64'),
  length: bytes.length,
  checksum: checksumOf(bytes),
  codec: codecVersion,
})

/** Where the bytes of a handle are, for messages; `dir` is that of the manifest. */
export const placeOf = (dir: string, handle: StateHandle): string =>
  'inline' in handle ? `${dir}/_metadata` : `${dir}/${handle.file}`

/** ` at offset 12` in a file. */
export const offsetOf = (handle: StateHandle): string => ('inline' in handle ? '' : ` at offset ${handle.offset}`)

/** The bytes that a handle holds itself, checked. */
export function readInline(handle: InlineHandle, path: string): Uint8Array {
  checkCodec(handle, path)
  return checkSegment(Buffer.from(handle.inline, 'base64'), handle, path)
}

/**
 * The bytes of a segment, checked, for a storage of your own. `path` is that of the checkpoint; `read` gives up to `length`
 * bytes from `offset` of a file by the name that the handle has, or undefined when there is no such file. Fails with
 * `STATE_FILE_MISSING`, `STATE_FILE_DAMAGED`, `STATE_CODEC_UNSUPPORTED`.
 *
 * @example const read = (handle) => readSegment(path, handle, ({ file, offset, length }) => bucket.get(keyOf(file), offset, length))
 */
export async function readSegment(
  path: string,
  handle: StateHandle,
  read: (handle: FileHandle) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array> {
  const where = placeOf(path, handle)
  if ('inline' in handle) return readInline(handle, where)
  checkCodec(handle, where)
  const bytes = await read(handle)
  if (bytes === undefined) throw stateFileMissing(where)
  return checkSegment(bytes, handle, where)
}

/** Fails with `STATE_CODEC_UNSUPPORTED`, before anything is read. */
export function checkCodec(handle: StateHandle, path: string): void {
  if (handle.codec === codecVersion) return
  throw new StreamError(
    'STATE_CODEC_UNSUPPORTED',
    `State in ${path} was written with codec version ${handle.codec}: this build reads version ${codecVersion}.`,
    { details: { file: path, expected: codecVersion, got: handle.codec } },
  )
}

/** Fails with `STATE_FILE_DAMAGED`, naming the file, what was expected and what is there. */
export function checkSegment(bytes: Uint8Array, handle: StateHandle, path: string): Uint8Array {
  const got = checksumOf(bytes)
  if (bytes.length === handle.length && got === handle.checksum) return bytes
  throw segmentDamaged(handle, path, `${bytes.length} bytes with CRC-32 ${got}`)
}

/** `got`: what is there instead. */
export function segmentDamaged(handle: StateHandle, path: string, got: string): StreamError {
  const expected = `${handle.length} bytes with CRC-32 ${handle.checksum}`
  return new StreamError(
    'STATE_FILE_DAMAGED',
    `State file ${path} is damaged${offsetOf(handle)}: expected ${expected}, got ${got}.`,
    { details: { file: path, expected, got } },
  )
}

export const stateFileMissing = (path: string, cause?: unknown): StreamError =>
  new StreamError('STATE_FILE_MISSING', `State file ${path} does not exist, but a manifest names it.`, {
    cause,
    details: { file: path },
  })
