/**
 * State values as JSON and keys back from it. What JSON has no form for is an object with one property whose name begins with
 * `$`; docs/savepoints.md lists them. Tests: test/savepoint/tagged-json.test.ts.
 */
import { StreamError } from '../core/errors.ts'
import { isKey, type Key } from '../core/key-groups.ts'

/** A value of a state as one line of JSON. */
export const printTagged = (value: unknown): string => JSON.stringify(tagged(value))

/** The same as what `JSON.stringify` can print without losing anything. */
export function tagged(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return { $bigint: value.toString() }
    case 'undefined':
      return { $undefined: true }
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return value
      return { $number: Object.is(value, -0) ? '-0' : String(value) }
    case 'object':
      return value === null ? null : taggedObject(value)
    default:
      return value
  }
}

function taggedObject(value: object): unknown {
  if (Array.isArray(value)) return Array.from(value, tagged)
  if (value instanceof Map) return { $map: Array.from(value, ([key, item]) => [tagged(key), tagged(item)]) }
  if (value instanceof Set) return { $set: Array.from(value, tagged) }
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() }
  if (value instanceof Uint8Array) return { $bytes: base64(value) }
  if (value instanceof ArrayBuffer) return { $buffer: base64(new Uint8Array(value)) }
  if (ArrayBuffer.isView(value)) return { [`$${value.constructor.name}`]: Array.from(value as Int8Array, tagged) }
  const entries = Object.entries(value)
  // A property of the value must not look like one of the forms above, nor set the prototype of what is made here.
  if (entries.some(([key]) => key.startsWith('$') || key === '__proto__')) {
    return { $object: entries.map(([key, item]) => [key, tagged(item)]) }
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, tagged(item)]))
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/**
 * A key as a person types it: JSON (`"a"`, `7`, `true`, `null`, `{"$bigint":"7"}`), and what is no JSON is the string itself.
 * Fails with `ARGUMENT_INVALID`.
 */
export function parseKey(text: string): Key {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text
  }
  const key = untagged(value)
  if (isKey(key)) return key
  throw new StreamError(
    'ARGUMENT_INVALID',
    `${text} is no key: expected a string, a number, true, false, null, or {"$bigint":"7"}.`,
  )
}

function untagged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const [[form, text] = [], ...others] = Object.entries(value)
  if (others.length > 0 || typeof text !== 'string') return value
  if (form === '$bigint' && /^-?\d+$/.test(text)) return BigInt(text)
  if (form === '$number' && /^-?(?:0|Infinity)$/.test(text)) return Number(text)
  return value
}
