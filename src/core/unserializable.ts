/**
 * Finds what in a value cannot be encoded, and says where. Slow and thorough: used for messages, and on every update
 * in development builds. Tests: test/core/codec.test.ts.
 */
import { isEncodablePrototype } from './codec-escape.ts'
import { limits } from './limits.ts'

export interface Unserializable {
  /** Where inside the value, for example `user.profile.onClick` or `[3].get("a")`; empty for the value itself. */
  readonly path: string
  /** What is there, for example `a function`. */
  readonly what: string
}

/**
 * The first thing in `value` that cannot be encoded, or undefined. With `trustFrozen` nothing inside of what is frozen is looked at.
 *
 * @example
 * findUnserializable({ user: { onClick() {} } }) // { path: 'user.onClick', what: 'a function' }
 */
export function findUnserializable(value: unknown, trustFrozen = false): Unserializable | undefined {
  return find(value, '', { ancestors: new Map(), trustFrozen }, 0)
}

/** `count → user.profile.onClick is a function`; `count is a function` when the value itself is. */
export const describeUnserializable = (owner: string, found: Unserializable): string =>
  `${found.path === '' ? owner : `${owner} → ${found.path}`} is ${found.what}`

interface Search {
  /** Where the objects are that lead to this place. */
  readonly ancestors: Map<object, string>
  readonly trustFrozen: boolean
}

function find(value: unknown, path: string, search: Search, depth: number): Unserializable | undefined {
  if (typeof value === 'function') return { path, what: 'a function' }
  if (typeof value === 'symbol') return { path, what: 'a symbol' }
  if (typeof value !== 'object' || value === null) return undefined
  if (search.trustFrozen && Object.isFrozen(value)) return undefined
  const { ancestors } = search
  const above = ancestors.get(value)
  if (above !== undefined) return { path, what: `a cycle, back to ${above === '' ? 'the value itself' : above}` }
  if (depth > limits.valueDepthMax) return { path, what: `nested deeper than ${limits.valueDepthMax} levels` }
  if (!isEncodablePrototype(Object.getPrototypeOf(value))) return { path, what: describeInstance(value) }
  ancestors.set(value, path)
  const found = findInside(value, path, search, depth + 1)
  ancestors.delete(value)
  return found
}

function findInside(value: object, path: string, search: Search, depth: number): Unserializable | undefined {
  if (value instanceof Map) {
    for (const [key, item] of value) {
      const found =
        find(key, `${path}.key(${show(key)})`, search, depth) ?? find(item, `${path}.get(${show(key)})`, search, depth)
      if (found !== undefined) return trimmed(found)
    }
    return undefined
  }
  if (value instanceof Set) {
    let index = 0
    for (const item of value) {
      const found = find(item, `${path}.item(${index++})`, search, depth)
      if (found !== undefined) return trimmed(found)
    }
    return undefined
  }
  if (value instanceof Date || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return undefined
  return findInProperties(value, path, search, depth)
}

function findInProperties(value: object, path: string, search: Search, depth: number): Unserializable | undefined {
  const array = Array.isArray(value)
  for (const key of Reflect.ownKeys(value)) {
    if (array && key === 'length') continue
    if (typeof key === 'symbol') return { path, what: `an object with a symbol as a key, ${String(key)}` }
    const inner = array && /^\d+$/.test(key) ? `${path}[${key}]` : joined(path, key)
    if (array && !/^\d+$/.test(key)) return { path: inner, what: 'a named property of an array' }
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (property === undefined) continue
    if (!('value' in property)) return { path: inner, what: 'an accessor (get or set)' }
    if (property.enumerable !== true) return { path: inner, what: 'a property that is not enumerable' }
    const found = find(property.value, inner, search, depth)
    if (found !== undefined) return found
  }
  return undefined
}

const trimmed = (found: Unserializable): Unserializable => ({ ...found, path: found.path.replace(/^\./, '') })

const joined = (path: string, key: string): string => {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

const show = (key: unknown): string =>
  typeof key === 'string' ? JSON.stringify(key) : typeof key === 'object' && key !== null ? '…' : String(key)

const known = ['WeakMap', 'WeakSet', 'WeakRef', 'RegExp', 'Error', 'SharedArrayBuffer', 'DataView']

function describeInstance(value: object): string {
  if (value instanceof Promise) return 'a promise'
  const name = Object.prototype.toString.call(value).slice(8, -1)
  if (known.includes(name)) return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
  const type: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof type === 'string' && type !== '' ? `an instance of class ${type}` : 'an object with its own prototype'
}
