/** Which operator carries out a windowed computation. */
import type { OperatorFactory } from '../operator.ts'
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
  return generalWindowOperator(definition)
}
