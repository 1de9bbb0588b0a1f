/**
 * What becomes of a name that nobody reads: a misspelt option must not go unheard.
 *
 * Objects that are options alone have no other names. A definition with functions may be an object with a life of its own, as
 * those of process functions may: of it only what looks like a misspelt option is refused.
 */
import { StreamError } from '../core/errors.ts'
import { editDistance } from '../core/nearest-name.ts'

/** Fails with `ARGUMENT_INVALID` for what is no object, or has another name than these. `what` begins a sentence: `The options of ttl`. */
export function checkNames(options: unknown, names: readonly string[], what: string): void {
  if (typeof options !== 'object' || options === null) {
    const got = typeof options === 'function' ? 'a value of type function' : String(options)
    throw new StreamError('ARGUMENT_INVALID', `${what} are ${got}: expected an object.`)
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new StreamError('ARGUMENT_INVALID', `${what} have "${unknown}": expected only ${names.join(', ')}.`)
}

/** Fails with `ARGUMENT_INVALID` for a name that is nearly one of these. */
export function checkSpelling(definition: object, names: readonly string[], what: string): void {
  for (const name of Object.keys(definition)) {
    if (names.includes(name)) continue
    const meant = names.find((known) => isNear(name.toLowerCase(), known.toLowerCase()))
    if (meant === undefined) continue
    throw new StreamError('ARGUMENT_INVALID', `${what} has "${name}", which is not an option: did you mean "${meant}"?`)
  }
}

const isNear = (name: string, known: string): boolean => editDistance(name, known) <= Math.max(1, name.length / 3)
