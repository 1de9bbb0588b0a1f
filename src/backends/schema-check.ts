/**
 * Asks a state's schema about a value. A schema only says yes or no: what is stored is the value that was given, so that a
 * schema that fills in or converts changes nothing, and stored values pass it again when they are read.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import type { SchemaIssue, StandardSchemaV1 } from '../core/standard-schema.ts'

/**
 * What is wrong with the value, in one line; undefined when nothing is. `owner` names the state. Fails with
 * `ARGUMENT_INVALID` when the schema answers with a promise: nothing may wait between reading state and writing it.
 */
export function refusalOf(schema: StandardSchemaV1, value: unknown, owner: string): string | undefined {
  let result: ReturnType<StandardSchemaV1['~standard']['validate']>
  try {
    result = schema['~standard'].validate(value)
  } catch (thrown) {
    return `the schema threw ${messageOf(thrown)}`
  }
  if (result instanceof Promise) {
    result.catch(() => {}) // Refused below, whatever it says.
    throw new StreamError(
      'ARGUMENT_INVALID',
      `The schema of ${owner} answers with a promise: expected one that validates at once. Leave out what is asynchronous ` +
        'in it, and check that before the value is stored.',
    )
  }
  const { issues } = result
  if (issues === undefined) return undefined
  const [first] = issues
  if (first === undefined) return 'it was refused without a reason'
  const more = issues.length === 1 ? '' : `, and ${issues.length - 1} more`
  return `${placeOf(first)}${first.message}${more}`
}

const placeOf = ({ path = [] }: SchemaIssue): string =>
  path.length === 0 ? '' : `${path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')}: `
