/** The typed name of a side output. Two tags of the same name are the same side output. */
import { StreamError } from '../core/errors.ts'

declare const element: unique symbol

export interface OutputTag<T> {
  readonly name: string
  /** Only for the compiler: the type of the records that leave through this tag. */
  readonly [element]?: T
}

/**
 * Names a side output for records of type `T`. Fails with `ARGUMENT_INVALID` when the name is empty or not a string.
 *
 * @example
 * const late = outputTag<string>('late')
 * const onTime = words.process({ element: (word, ctx) => ctx.sideOutput(late, word) })
 */
export function outputTag<T>(name: string): OutputTag<T> {
  if (typeof name !== 'string' || name.trim() === '') {
    throw new StreamError('ARGUMENT_INVALID', `An output tag needs a name: expected a non-empty string, got ${name}.`)
  }
  return { name }
}
