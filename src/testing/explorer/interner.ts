/**
 * Values as small numbers: equal values get the same one. A value must be plain data, because it is told from others by
 * its text; it is frozen, so that a step that changes a state in place is found instead of believed.
 */
import { StreamError } from '../../core/errors.ts'
import { canonical } from '../canonical.ts'

export class Interner<Value = unknown> {
  /** By id: the first value of its kind. */
  readonly values: Value[] = []
  readonly #what: string
  readonly #ids = new Map<string, number>()
  readonly #byObject = new WeakMap<object, number>()

  /** `what` these values are, for the message when one is not plain. */
  constructor(what: string) {
    this.#what = what
  }

  id(value: Value): number {
    const isObject = typeof value === 'object' && value !== null
    const known = isObject ? this.#byObject.get(value) : undefined
    if (known !== undefined) return known
    requirePlain(value, this.#what, [])
    const text = canonical(value)
    let id = this.#ids.get(text)
    if (id === undefined) {
      id = this.values.length
      this.values.push(value)
      this.#ids.set(text, id)
    }
    if (isObject) this.#byObject.set(value, id)
    return id
  }
}

const nestingMax = 200

/** Refuses what text cannot tell apart (functions, dates, instances of classes with private fields), freezes the rest. */
function requirePlain(value: unknown, what: string, path: readonly string[]): void {
  if (typeof value === 'function' || typeof value === 'symbol') throw notPlain(what, path, `a ${typeof value}`)
  if (typeof value !== 'object' || value === null) return
  if (path.length > nestingMax) throw notPlain(what, path.slice(0, 5), 'something that refers to itself')
  if (value instanceof Map || value instanceof Set) {
    for (const item of value instanceof Map ? [...value].flat() : value) requirePlain(item, what, [...path, '(item)'])
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) {
    throw notPlain(what, path, `an instance of ${value.constructor?.name ?? 'a class'}`)
  }
  for (const [key, field] of Object.entries(value)) requirePlain(field, what, [...path, key])
  Object.freeze(value)
}

const notPlain = (what: string, path: readonly string[], got: string): StreamError =>
  new StreamError(
    'ARGUMENT_INVALID',
    `${what} must be plain data (text, numbers, arrays, objects, maps, sets), but ${
      path.length === 0 ? 'it' : `its \`${path.join('.')}\``
    } is ${got}.`,
    { details: { what, path: path.join('.'), got } },
  )
