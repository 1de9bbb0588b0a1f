/**
 * Values to bytes and back: the versioned encoding of everything that a checkpoint holds.
 *
 * What is encoded is MessagePack by msgpackr, with maps for plain objects, after one flag byte. MessagePack alone would
 * lose some JavaScript values (−0, a Map beside a plain object, lone surrogates, a key named `__proto__`); those are
 * escaped (`codec-escape.ts`) and the flag byte says so, so that ordinary values are read without a second pass.
 *
 * INV-CO-1 decode(encode(v)) equals v, for every v in which `findUnserializable` finds nothing.
 * INV-CO-2 Encoding and decoding share no state: any bytes can be read by any process of the same codec version.
 * INV-CO-3 Decoding calls no code named by the bytes and sets no prototype.
 * Two references to one object become two equal objects. Tests: test/core/codec.test.ts.
 */
import { Packr } from 'msgpackr/pack'
import { escapeValue, reviveValue } from './codec-escape.ts'
import { messageOf, StreamError } from './errors.ts'
import { describeUnserializable, findUnserializable } from './unserializable.ts'

export type { Unserializable } from './unserializable.ts'
export { findUnserializable } from './unserializable.ts'

/** Written beside every piece of encoded state; raised when the bytes change their meaning. */
export const codecVersion = 1

const plain = 0
const escaped = 1

// `msgpackr/pack` is the build without the native string reader, so that bytes read the same on every machine.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  moreTypes: true,
  structuredClone: false,
  useToJSON: false,
  copyBuffers: true,
} as ConstructorParameters<typeof Packr>[0])

/** msgpackr's `RESERVE_START_SPACE`, for one byte. */
const reserveOneByte = 2048 + 1
/** The same with `RESET_BUFFER_MODE`: the next call writes over these bytes. */
const reserveInScratch = reserveOneByte + 1024
const afterFlag = { start: 1 }

/**
 * Encodes a value. The bytes may be a view on a larger buffer, and are never written again.
 * Fails with `STATE_NOT_SERIALIZABLE`, naming the path inside the value.
 *
 * @example
 * decodeValue(encodeValue(new Map([['a', 1n]]))) // Map { 'a' => 1n }
 */
export function encodeValue(value: unknown): Uint8Array {
  return encode(value, reserveOneByte)
}

/** As `encodeValue`, but the bytes are only good until the next call of either: for who copies them at once. */
export function encodeTransient(value: unknown): Uint8Array {
  return encode(value, reserveInScratch)
}

function encode(value: unknown, options: number): Uint8Array {
  const prepared = escapeValue(value)
  if (prepared === undefined) throw notSerializable(value)
  const bytes = packr.pack(prepared.value, options)
  bytes[0] = prepared.escaped ? escaped : plain
  return bytes
}

/** Decodes what `encodeValue` made. Fails with `STATE_FILE_DAMAGED` when the bytes are not that. */
export function decodeValue(bytes: Uint8Array): unknown {
  const flag = bytes[0]
  if (flag !== plain && flag !== escaped) {
    throw new StreamError(
      'STATE_FILE_DAMAGED',
      `State bytes are damaged: expected them to start with 0 or 1, got ${flag ?? 'no bytes'}.`,
    )
  }
  try {
    const value: unknown = packr.unpack(bytes, afterFlag)
    return flag === plain ? value : reviveValue(value)
  } catch (error) {
    throw new StreamError('STATE_FILE_DAMAGED', `State bytes are damaged: ${messageOf(error)}.`, { cause: error })
  }
}

/** The error for a value that cannot be encoded; `owner` (a state's name, say) starts the sentence. */
export function notSerializable(value: unknown, owner = 'value'): StreamError {
  const found = findUnserializable(value) ?? { path: '', what: 'not of a kind that can be encoded' }
  return new StreamError(
    'STATE_NOT_SERIALIZABLE',
    `${describeUnserializable(owner, found)}: expected plain data (primitives, plain objects, arrays, Map, Set, Date, typed arrays).`,
    { details: { owner, path: found.path, what: found.what } },
  )
}
