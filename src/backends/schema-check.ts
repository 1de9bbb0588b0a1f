/**
 * Asks a state's schema about a value. A schema only says yes or no: what is stored is the value that was given, so that a
 * schema that fills in or converts changes nothing, and stored values pass it again when they are read.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import type { SchemaIssue, StandardSchemaV1 } from '../core/standard-schema.ts'

/**
 * What is wrong with the value, in one line; undefined when nothing is. `owner` names operator, state and key. Fails with
 * `ARGUMENT_INVALID` when the schema answers with a promise, since nothing may wait between reading state and writing it, and
 * when its answer says neither yes nor no.
 */
export function refusalOf(schema: StandardSchemaV1, value: unknown, owner: () => string): string | undefined {
  let result: unknown
  try {
    result = schema['~standard'].validate(value)
  } catch (thrown) {
    return `the schema threw ${messageOf(thrown)}`
  }
  if (result instanceof Promise) {
    result.catch(() => {}) // Refused below, whatever it says.
    throw new StreamError(
      'ARGUMENT_INVALID',
      `The schema of ${owner()} answers with a promise: expected one that validates at once. Leave out what is asynchronous ` +
        'in it, and check that before the value is stored.',
    )
  }
  if (!isAnswer(result)) throw noAnswer(result, owner())
  const { issues } = result
  if (issues === undefined) return undefined
  const [first] = issues
  if (first === undefined) return 'it was refused without a reason'
  const more = issues.length === 1 ? '' : `, and ${issues.length - 1} more`
  return `${placeOf(first)}${first.message}${more}`
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isAnswer = (result: unknown): result is { readonly issues?: readonly SchemaIssue[] } => {
  if (!isObject(result)) return false
  if (result.issues === undefined) return 'value' in result
  return Array.isArray(result.issues) && result.issues.every(isIssue)
}

const isIssue = (issue: unknown): boolean =>
  isObject(issue) && typeof issue.message === 'string' && (issue.path === undefined || isPath(issue.path))

const isPath = (path: unknown): boolean =>
  Array.isArray(path) && path.every((step) => keyTypes.includes(typeof (isObject(step) ? step.key : step)))

const keyTypes: readonly string[] = ['string', 'number', 'symbol']

function noAnswer(result: unknown, owner: string): StreamError {
  const plain = result === undefined || result === null || typeof result === 'boolean'
  const other = plain ? String(result) : `a ${typeof result}`
  const got = isObject(result) ? `an object with ${Object.keys(result).join(', ') || 'nothing in it'}` : other
  const wrong = isObject(result) && result.issues !== undefined ? ', whose issues are not such a list' : ''
  return new StreamError(
    'ARGUMENT_INVALID',
    `The schema of ${owner} answers with ${got}${wrong}: expected what a Standard Schema answers, { value } when the value ` +
      'is right and { issues: [{ message }] } when it is not. Mend its "~standard".validate.',
  )
}

const placeOf = ({ path = [] }: SchemaIssue): string =>
  path.length === 0 ? '' : `${path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')}: `
