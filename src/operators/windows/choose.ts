/**
 * Which operator carries out a windowed computation: one for aligned windows that keep an accumulator and fire once, or the
 * general one.
 *
 * Tumbling windows are stored alike by both, so a program may change its trigger, its lateness or its function and go on with
 * what is stored. Sliding windows are not: panes are no windows. A program that changes from one to the other is refused its
 * stored windows when it is restored, as for any state that has no place any more.
 */
import type { OperatorFactory } from '../operator.ts'
import { alignedWindowOperator, isAligned } from './aligned-operator.ts'
import { checkWindows } from './check-definition.ts'
import type { WindowDefinition } from './definition.ts'
import { generalWindowOperator } from './window-operator.ts'

/**
 * The operator for a definition. Fails with `ARGUMENT_INVALID` for parts that do not go together, with `STATE_NAME_DUPLICATE` for
 * a state with a name that windows use.
 *
 * @example
 * const counts = windowOperator(definition)
 */
export function windowOperator(definition: WindowDefinition): OperatorFactory {
  checkWindows(definition)
  return isAligned(definition) ? alignedWindowOperator(definition) : generalWindowOperator(definition)
}
