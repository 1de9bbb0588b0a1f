/**
 * Checks and freezes what is put into state, in development builds: a value that a snapshot could not encode, or that
 * is changed in place after it was stored, then fails where it happens and not at the next checkpoint. What all keys
 * share, the initial value, is frozen in every build.
 */
import { findUnserializable, notSerializable } from '../core/codec.ts'
import type { TableKind } from './state-table.ts'

/** Fails with `STATE_NOT_SERIALIZABLE`, naming `owner` and the path; then freezes the value all the way down. */
export function freezeStored(value: unknown, owner: string): void {
  const type = typeof value
  if (type !== 'object' && type !== 'function' && type !== 'symbol') return
  // Frozen values were checked when they were frozen, here or, at the latest, by the encoder. Also those inside of others:
  // the cost of a large value of which a part is replaced is that of the part.
  if (value === null || (type === 'object' && Object.isFrozen(value))) return
  if (findUnserializable(value, true) !== undefined) throw notSerializable(value, owner)
  deepFreeze(value as object)
}

/** The containers of lists and maps belong to the backend and change in place; what is in them does not. */
export function freezeContent(kind: TableKind, content: unknown, owner: string): void {
  if (kind === 'list') for (const item of content as unknown[]) freezeStored(item, owner)
  else if (kind === 'map') for (const item of (content as Map<unknown, unknown>).values()) freezeStored(item, owner)
  else freezeStored(content, owner)
}

/**
 * Freezes the value that all keys begin with, all the way down and in production too: what one key changed in it would
 * be changed for all. Returns whether it is immutable now; with a map, a set, a date or bytes inside it cannot be, and
 * every reader needs a copy. Fails with `STATE_NOT_SERIALIZABLE`.
 */
export function freezeShared(value: unknown, owner: string): boolean {
  if (findUnserializable(value) !== undefined) throw notSerializable(value, owner)
  return freezeAll(value)
}

/** Ends, because what has a cycle has been refused. */
function freezeAll(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (ArrayBuffer.isView(value) || [Map, Set, Date, ArrayBuffer].some((kind) => value instanceof kind)) return false
  Object.freeze(value)
  const immutable = Object.values(value).map(freezeAll)
  return immutable.every(Boolean)
}

function deepFreeze(value: object): void {
  // Typed arrays and dates cannot be frozen; a Map or a Set can only be frozen inside.
  if (ArrayBuffer.isView(value) || value instanceof Date || value instanceof ArrayBuffer) return
  if (value instanceof Map || value instanceof Set) {
    value.forEach((item: unknown, key: unknown) => {
      freezeChild(item)
      freezeChild(key)
    })
    return
  }
  Object.freeze(value)
  for (const key of Object.keys(value)) freezeChild((value as Record<string, unknown>)[key])
}

const freezeChild = (child: unknown): void => {
  if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) deepFreeze(child)
}
