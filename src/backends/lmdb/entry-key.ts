/**
 * The keys of the database: the number of the state, a hash, then the key of the stream, encoded so that equal keys, and
 * no others, have equal bytes.
 *
 * The hash makes ranges of keys that are equally full whatever the keys are (`dirty-slots.ts` says what for). It is not the key
 * group, of which a subtask may have a single one; nothing reads a range of those, since the database never outlives
 * its process. A key that is too long for LMDB is stored under its digest, and its bytes stand before the value
 * (`entry-batch.ts`). Tests: test/backends/lmdb/entry-key.test.ts.
 */
import { createHash } from 'node:crypto'
import { type Key, keyHash, murmurInt } from '../../core/key-groups.ts'
import type { KeyEncoder } from './lmdb-module.ts'

/** Written over for every call: the database takes the bytes at once. `key` is undefined for the start of a state. */
export interface EntryKey {
  state: number
  /** `hashOf` the key. */
  hash: number
  key: Key | undefined
}

/** Read in place of a key that is too long: the value has it. */
export const digested = Symbol('digested')

const tags = { integer: 1, number: 2, ascii: 3, utf16: 4, bigint: 5, false: 6, true: 7, null: 8, digest: 9 } as const
const stateBytes = 2
export const prefixBytes = stateBytes + 2
/** LMDB allows 1,978 bytes in all. */
const keyBytesMax = 1_900

const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

export const entryKeyEncoder: KeyEncoder<EntryKey, Key | typeof digested> = {
  writeKey({ state, hash, key }, target, start) {
    target[start] = state >> 8
    target[start + 1] = state
    if (key === undefined) return start + stateBytes
    target[start + 2] = hash >> 8
    target[start + 3] = hash
    return isLong(key) ? writeDigest(key, target, start + prefixBytes) : writeKey(key, target, start + prefixBytes)
  },
  readKey: (source, start, end) =>
    source[start + prefixBytes] === tags.digest ? digested : readKey(source, start + prefixBytes, end),
}

/** The upper 16 of 31 bits: the key group takes the lower ones, of which a subtask's keys have few values. */
export const hashOf = (key: Key): number => murmurInt(keyHash(key)!) >>> 15

/** Is the key stored under its digest? */
export const isLong = (key: Key): boolean =>
  (typeof key === 'string' && key.length > keyBytesMax / 2 && !(key.length < keyBytesMax && isAscii(key))) ||
  (typeof key === 'bigint' && key.toString(16).length >= keyBytesMax)

/** The bytes of a key that is too long. */
export function longKeyBytes(key: Key): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * String(key).length)
  return bytes.subarray(0, writeKey(key, bytes, 0))
}

function writeDigest(key: Key, target: Uint8Array, start: number): number {
  const digest = createHash('sha256').update(longKeyBytes(key)).digest()
  target[start] = tags.digest
  target.set(digest, start + 1)
  return start + 1 + digest.length
}

/** Writes the tag of the key's type and its content, and returns the end. */
function writeKey(key: Key, target: Uint8Array, start: number): number {
  switch (typeof key) {
    case 'number':
      return key === (key | 0) ? writeInteger(key, target, start) : writeNumber(key, target, start)
    case 'string':
      return writeString(key, target, start)
    case 'bigint':
      target[start] = tags.bigint
      return writeAscii(key.toString(16), target, start + 1)
    case 'boolean':
      target[start] = key ? tags.true : tags.false
      return start + 1
    default:
      target[start] = tags.null
      return start + 1
  }
}

/** −0 is 0 here as it is in a Map. */
function writeInteger(key: number, target: Uint8Array, start: number): number {
  target[start] = tags.integer
  writeUint32(key ^ 0x80000000, target, start + 1)
  return start + 5
}

function writeNumber(key: number, target: Uint8Array, start: number): number {
  float[0] = key
  target[start] = tags.number
  for (let i = 0; i < 8; i++) target[start + 1 + i] = floatBytes[littleEndian ? 7 - i : i]!
  return start + 9
}

function writeString(key: string, target: Uint8Array, start: number): number {
  target[start] = tags.ascii
  const end = writeAscii(key, target, start + 1)
  if (end > 0) return end
  target[start] = tags.utf16
  let at = start + 1
  // Not UTF-8, in which two different halves of a surrogate pair, alone, are the same bytes.
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i)
    target[at++] = unit >> 8
    target[at++] = unit
  }
  return at
}

/** Returns 0 when it is not ASCII. */
function writeAscii(text: string, target: Uint8Array, start: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) return 0
    target[start + i] = unit
  }
  return start + text.length
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

/** The key whose bytes these are. */
export function readKey(source: Uint8Array, start: number, end: number): Key {
  switch (source[start]) {
    case tags.integer:
      return readUint32(source, start + 1) ^ 0x80000000
    case tags.number:
      for (let i = 0; i < 8; i++) floatBytes[littleEndian ? 7 - i : i] = source[start + 1 + i]!
      return float[0]!
    case tags.ascii:
      return readUnits(source, start + 1, end, 1)
    case tags.utf16:
      return readUnits(source, start + 1, end, 2)
    case tags.bigint:
      return readBigint(readUnits(source, start + 1, end, 1))
    case tags.null:
      return null
    default:
      return source[start] === tags.true
  }
}

export function writeUint32(value: number, target: Uint8Array, at: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

export const readUint32 = (source: Uint8Array, at: number): number =>
  ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0

const readBigint = (digits: string): bigint =>
  digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`)

function readUnits(source: Uint8Array, start: number, end: number, bytesEach: 1 | 2): string {
  let text = ''
  for (let at = start; at < end; at += bytesEach) {
    text += String.fromCharCode(bytesEach === 1 ? source[at]! : (source[at]! << 8) | source[at + 1]!)
  }
  return text
}
