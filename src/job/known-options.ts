/** The names in options of callers without types: one that is misspelt must not be passed over in silence. */
import { StreamError } from '../core/errors.ts'
import { nearest } from '../core/nearest-name.ts'

/** `what` has the options, for messages. Fails with `ARGUMENT_INVALID`. */
export function knownOptions<T extends object>(
  options: unknown,
  what: string,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const expected = `an object with ${known.join(', ')}`
    throw new StreamError(
      'ARGUMENT_INVALID',
      `${shownValue(options)} says nothing about ${what}: expected ${expected}.`,
    )
  }
  for (const name of Object.keys(options)) {
    if ((known as readonly string[]).includes(name)) continue
    const guess = nearest(name, known)
    const hint = guess === undefined ? `expected ${known.join(', ')}.` : `did you mean ${guess}?`
    throw new StreamError('ARGUMENT_INVALID', `${name} is not an option of ${what}: ${hint}`)
  }
  return options as Partial<T>
}

/** As a message quotes what was given; a value of any kind, in a bounded length. */
export function shownValue(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A cycle, or a big integer.
  }
  const whole = text ?? (typeof value === 'object' ? 'an object' : String(value))
  return whole.length > shownChars ? `${whole.slice(0, shownChars)}…` : whole
}

const shownChars = 100
