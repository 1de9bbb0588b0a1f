/** How a record becomes one line of an output file. */
import { asStreamError, StreamError } from '../core/errors.ts'
import { type NamedOperator, operatorLabel } from '../core/operator-label.ts'

/** `json-lines`: JSON of the record. `text`: the record as a string. A function: what it returns. Each plus a newline. */
export type RecordFormat<T> = 'json-lines' | 'text' | ((value: T) => string)

/** The function of a format of the sink `operator`. It fails with `SINK_FAILED`, or `USER_FUNCTION_FAILED` when the program's own one throws. */
export function lineFormatter<T>(format: RecordFormat<T>, operator: NamedOperator): (value: T) => string {
  if (format === 'text') return (value) => String(value)
  const sentence = `The format function of sink ${operatorLabel(operator)} threw`
  if (typeof format === 'function')
    return guarded(format, (thrown) => asStreamError(thrown, 'USER_FUNCTION_FAILED', sentence))
  const noJson = `Sink ${operatorLabel(operator)} cannot write a record as JSON`
  const failed = (thrown: unknown) => asStreamError(thrown, 'SINK_FAILED', noJson, false)
  return guarded((value) => {
    const text = JSON.stringify(value)
    if (text !== undefined) return text
    throw new StreamError('SINK_FAILED', `${noJson}: expected a JSON value, got ${typeof value}.`)
  }, failed)
}

const guarded =
  <T>(format: (value: T) => string, failed: (thrown: unknown) => StreamError) =>
  (value: T): string => {
    try {
      return format(value)
    } catch (thrown) {
      throw failed(thrown)
    }
  }
