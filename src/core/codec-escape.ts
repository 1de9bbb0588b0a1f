/**
 * What MessagePack cannot say: an escape is an array that starts with `C1`, a marker that no user's value contains,
 * then a tag, then the content. `escapeValue` also refuses what cannot be encoded, in the same walk.
 *
 * The walk copies nothing as long as nothing needs an escape. It does not look for accessors and symbol keys, which
 * would cost more than the encoding itself; `findUnserializable` does. Tests: test/core/codec.test.ts.
 */
import { unpack } from 'msgpackr/unpack'
import { limits } from './limits.ts'

/** What msgpackr reads from the byte 0xC1, which no MessagePack value starts with, and writes as that byte. */
const C1: unknown = unpack(new Uint8Array([0xc1]))

const tags = { negativeZero: 0, string: 1, map: 2, set: 3, object: 4, bareObject: 5, hole: 6, buffer: 7 } as const

const negativeZero = [C1, tags.negativeZero]
const hole = [C1, tags.hole]
const refused = Symbol('refused')

const typedArrayTypes = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

/** Prototypes that msgpackr writes and reads back as they are. */
const nativePrototypes = new Set<unknown>([
  Date.prototype,
  ArrayBuffer.prototype,
  ...typedArrayTypes.map((type) => type.prototype),
])

/** Can a value of this prototype be encoded? What is inside it is another question. */
export const isEncodablePrototype = (prototype: unknown): boolean =>
  prototype === null ||
  prototype === Object.prototype ||
  prototype === Array.prototype ||
  prototype === Map.prototype ||
  prototype === Set.prototype ||
  prototype === Buffer.prototype ||
  nativePrototypes.has(prototype)

// One walk at a time and never re-entered (no user code runs in it but an accessor), so plain variables do.
let sawEscape = false

/** The value to pack, and whether it holds escapes; undefined when something in it cannot be encoded. */
export function escapeValue(value: unknown): { readonly value: unknown; readonly escaped: boolean } | undefined {
  sawEscape = false
  try {
    const result = escapeAny(value, 0)
    return { value: result, escaped: sawEscape }
  } catch (error) {
    if (error === refused) return undefined
    throw error
  }
}

function escapeAny(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return isLossyString(value) ? asEscape([C1, tags.string, codeUnits(value)]) : value
    case 'number':
      return value === 0 && 1 / value < 0 ? asEscape(negativeZero) : value
    case 'object':
      return value === null ? null : escapeObject(value, depth)
    case 'boolean':
    case 'bigint':
    case 'undefined':
      return value
    default:
      throw refused
  }
}

function escapeObject(value: object, depth: number): unknown {
  if (depth > limits.valueDepthMax) throw refused
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return escapePlain(value as Record<string, unknown>, depth)
  if (prototype === Array.prototype) return escapeArray(value as unknown[], depth)
  if (prototype === Map.prototype) {
    const content: unknown[] = [C1, tags.map]
    for (const [key, item] of value as Map<unknown, unknown>) {
      content.push(escapeAny(key, depth + 1), escapeAny(item, depth + 1))
    }
    return asEscape(content)
  }
  if (prototype === Set.prototype) {
    const content: unknown[] = [C1, tags.set]
    for (const item of value as Set<unknown>) content.push(escapeAny(item, depth + 1))
    return asEscape(content)
  }
  if (nativePrototypes.has(prototype)) return value
  if (prototype === Buffer.prototype) return asEscape([C1, tags.buffer, new Uint8Array(value as Buffer)])
  if (prototype === null) return escapeEntries(value as Record<string, unknown>, tags.bareObject, depth)
  throw refused
}

function escapeArray(items: unknown[], depth: number): unknown[] {
  let copy: unknown[] | undefined
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (copy === undefined && typeof item === 'number' && item !== 0) continue
    const result = item === undefined && !(i in items) ? asEscape(hole) : escapeAny(item, depth + 1)
    // An escape is always an object, so NaN, which differs from itself, is not taken for one.
    if (result !== item && typeof result === 'object') copy ??= items.slice()
    if (copy !== undefined) copy[i] = result
  }
  return copy ?? items
}

function escapePlain(object: Record<string, unknown>, depth: number): unknown {
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(object)) {
    if (!safeKeys.has(key) && !isSafeKey(key)) return escapeEntries(object, tags.object, depth)
    const item = object[key]
    // Said here once more than in `escapeAny`, because most properties are numbers and this loop is hot.
    if (copy === undefined && typeof item === 'number' && item !== 0) continue
    const result = escapeAny(item, depth + 1)
    if (result !== item && typeof result === 'object') copy ??= { ...object }
    if (copy !== undefined) copy[key] = result
  }
  return copy ?? object
}

function escapeEntries(object: Record<string, unknown>, tag: number, depth: number): unknown {
  const content: unknown[] = [C1, tag]
  for (const key of Object.keys(object)) content.push(escapeAny(key, depth), escapeAny(object[key], depth + 1))
  return asEscape(content)
}

function asEscape(content: unknown[]): unknown[] {
  sawEscape = true
  return content
}

/** Keys found to need no escape: records of one kind have the same few, and looking at each again takes longer. */
const safeKeys = new Set<string>()

function isSafeKey(key: string): boolean {
  if (key === '__proto__' || isLossyString(key)) return false
  if (safeKeys.size < limits.safeKeysMax) safeKeys.add(key)
  return true
}

// UTF-8 has no lone surrogates, and its readers drop a byte order mark at the start.
const isLossyString = (text: string): boolean =>
  !(text as string & { isWellFormed(): boolean }).isWellFormed() || text.charCodeAt(0) === 0xfeff

function codeUnits(text: string): Uint16Array {
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i)
  return units
}

/** Undoes the escapes in a decoded value, in place where it can. Throws on an unknown tag. */
export function reviveValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value[0] === C1 ? reviveEscape(value) : reviveArray(value)
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) object[key] = reviveValue(object[key])
  return object
}

function reviveArray(items: unknown[]): unknown[] {
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (Array.isArray(item) && item[0] === C1 && item[1] === tags.hole) delete items[i]
    else items[i] = reviveValue(item)
  }
  return items
}

function reviveEscape(content: unknown[]): unknown {
  switch (content[1]) {
    case tags.negativeZero:
      return -0
    case tags.string:
      return reviveString(content[2])
    case tags.map:
      return new Map(reviveEntries(content))
    case tags.set:
      return new Set(content.slice(2).map(reviveValue))
    case tags.object:
      return defineAll({}, reviveEntries(content))
    case tags.bareObject:
      return defineAll(Object.create(null) as object, reviveEntries(content))
    case tags.buffer:
      return Buffer.from(content[2] as Uint8Array)
    default:
      throw new TypeError(`unknown escape ${String(content[1])}`)
  }
}

function* reviveEntries(content: unknown[]): Generator<[unknown, unknown]> {
  for (let i = 2; i + 1 < content.length; i += 2) yield [reviveValue(content[i]), reviveValue(content[i + 1])]
}

/** Defines instead of assigning, so that a key named `__proto__` is only a key. */
function defineAll(object: object, entries: Iterable<[unknown, unknown]>): object {
  for (const [key, value] of entries) {
    if (typeof key !== 'string') throw new TypeError('a property key is not a string')
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  }
  return object
}

function reviveString(units: unknown): string {
  if (!(units instanceof Uint16Array)) throw new TypeError('an escaped string is not an array of code units')
  let text = ''
  for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.subarray(i, i + 4096))
  return text
}
