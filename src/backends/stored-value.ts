/**
 * Checks and freezes what is put into state, in development builds: a value that a snapshot could not encode, or that
 * is changed in place after it was stored, then fails where it happens and not at the next checkpoint.
 */
import { findUnserializable, notSerializable } from '../core/codec.ts'

/** Fails with `STATE_NOT_SERIALIZABLE`, naming `owner` and the path; then freezes the value all the way down. */
export function freezeStored(value: unknown, owner: string): void {
  const type = typeof value
  if (type !== 'object' && type !== 'function' && type !== 'symbol') return
  // Frozen values were checked when they were frozen, here or, at the latest, by the encoder.
  if (value === null || (type === 'object' && Object.isFrozen(value))) return
  if (findUnserializable(value) !== undefined) throw notSerializable(value, owner)
  deepFreeze(value as object)
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
