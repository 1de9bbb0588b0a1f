/**
 * Reads a JSON request body and checks each field. Every mistake is `REQUEST_INVALID`, naming the field, what was
 * expected and what came. Owns no route's fields.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import { nearest } from '../core/nearest-name.ts'

export interface FieldKind<T> {
  readonly expected: string
  accepts(value: unknown): value is T
}

const kind = <T>(expected: string, accepts: (value: unknown) => boolean): FieldKind<T> => ({
  expected,
  accepts: accepts as (value: unknown) => value is T,
})

export const string = kind<string>('a string', (value) => typeof value === 'string' && value !== '')
export const boolean = kind<boolean>('true or false', (value) => typeof value === 'boolean')
export const positiveInteger = kind<number>(
  'an integer from 1',
  (value) => Number.isSafeInteger(value) && (value as number) >= 1,
)
export const strings = kind<readonly string[]>(
  'a list of strings',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
)
export const scalars = kind<Readonly<Record<string, string | number | boolean>>>(
  'an object of strings, numbers and booleans',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => ['string', 'number', 'boolean'].includes(typeof item)),
)
export const oneOf = <const T extends string>(...allowed: readonly T[]): FieldKind<T> =>
  kind<T>(`one of ${allowed.join(', ')}`, (value) => allowed.includes(value as T))

type FieldKinds = Readonly<Record<string, FieldKind<unknown>>>
type FieldsOf<Kinds extends FieldKinds> = {
  readonly [Name in keyof Kinds]: (Kinds[Name] extends FieldKind<infer T> ? T : never) | undefined
}

/** The fields of a request; null counts as absent, an empty body as `{}`. Fails with `REQUEST_INVALID`. */
export async function readFields<const Kinds extends FieldKinds>(
  request: Request,
  kinds: Kinds,
): Promise<FieldsOf<Kinds>> {
  const body = parseObject(await request.text())
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) {
    const expected = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (expected === undefined) throw unknownField(name, Object.keys(kinds))
    if (value === null) continue
    if (!expected.accepts(value)) throw wrongField(name, value, expected.expected)
    fields[name] = value
  }
  return fields as FieldsOf<Kinds>
}

/** A field without which the request means nothing. */
export function needed<T>(name: string, value: T | undefined, expected: string): T {
  if (value === undefined) throw new StreamError('REQUEST_INVALID', `Field "${name}" is missing: expected ${expected}.`)
  return value
}

const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype'])

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = text.trim() === '' ? {} : JSON.parse(text, refuseForbidden)
  } catch (error) {
    if (error instanceof StreamError) throw error
    throw new StreamError('REQUEST_INVALID', `The request body is not JSON: ${messageOf(error)}.`, { cause: error })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new StreamError('REQUEST_INVALID', `The request body is ${shown(value)}: expected a JSON object.`)
}

function refuseForbidden(name: string, value: unknown): unknown {
  if (!forbiddenNames.has(name)) return value
  throw new StreamError('REQUEST_INVALID', `Field "${name}" is not allowed anywhere in a request.`)
}

const wrongField = (name: string, value: unknown, expected: string): StreamError =>
  new StreamError('REQUEST_INVALID', `Field "${name}" is ${shown(value)}: expected ${expected}.`)

function unknownField(name: string, known: readonly string[]): StreamError {
  const guess = nearest(name, known)
  const hint = guess === undefined ? `expected ${known.join(', ')}` : `did you mean "${guess}"?`
  return new StreamError('REQUEST_INVALID', `There is no field "${name.slice(0, 80)}" here: ${hint}.`)
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
