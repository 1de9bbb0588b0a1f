/**
 * Checked reading of JSON that came from a file: every field is asked for by name, and the first one that is not what
 * it should be fails with its path, what was expected and what is there. A field that nobody knows fails too.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import { jsonShapeProblem } from './json-shape.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export class JsonFields {
  /** The file, for messages. */
  readonly #where: string
  readonly #what: string

  constructor(what: string, where: string) {
    this.#what = what
    this.#where = where
  }

  damaged(path: string, expected: string, got: unknown): StreamError {
    const field = path === '' ? 'the content' : path
    return this.fail(`${field}: expected ${expected}, got ${show(got)}`)
  }

  fail(reason: string, cause?: unknown): StreamError {
    return new StreamError('MANIFEST_DAMAGED', `${this.#what} ${this.#where} is damaged: ${reason}.`, {
      cause,
      details: { file: this.#where },
    })
  }

  parse(text: string): JsonObject {
    const problem = jsonShapeProblem(text)
    if (problem !== undefined) throw this.fail(problem)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      // The parser's message quotes the text, which may be that of a file that is none of ours.
      throw this.fail(`it is not JSON (${String(messageOf(error).split(/, "|, \.\.\./)[0])})`)
    }
    return this.object(value, '')
  }

  object(value: unknown, path: string, known?: readonly string[]): JsonObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.damaged(path, 'an object', value)
    const unknownKey = known && Object.keys(value).find((key) => !known.includes(key))
    if (unknownKey !== undefined) throw this.fail(`${path === '' ? '' : `${path}.`}${unknownKey}: unknown field`)
    return value as JsonObject
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (!Array.isArray(value)) throw this.damaged(path, 'a list', value)
    return value
  }

  string(value: unknown, path: string): string {
    if (typeof value !== 'string') throw this.damaged(path, 'a string', value)
    return value
  }

  boolean(value: unknown, path: string): boolean {
    if (typeof value !== 'boolean') throw this.damaged(path, 'true or false', value)
    return value
  }

  matching(value: unknown, path: string, pattern: RegExp, expected: string): string {
    if (typeof value !== 'string' || !pattern.test(value)) throw this.damaged(path, expected, value)
    return value
  }

  integer(value: unknown, path: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw this.damaged(path, `an integer from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}`, value)
    }
    return value
  }

  oneOf<T extends string>(value: unknown, path: string, options: readonly T[]): T {
    const option = options.find((candidate) => candidate === value)
    if (option === undefined) throw this.damaged(path, `one of ${options.join(', ')}`, value)
    return option
  }
}

const show = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}
