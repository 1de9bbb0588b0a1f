/** What the program sees of an operator of windows, whichever it is. */
import type { StateDescriptor } from '../../backends/state-backend.ts'
import type { Operator, OperatorFactory } from '../operator.ts'
import { descriptorsOf } from '../state-descriptors.ts'
import { timerNames } from '../timer-service.ts'
import type { WindowDefinition } from './definition.ts'
import { windowStatePrefix } from './window-calls.ts'
import { functionOf } from './window-firing.ts'
import { windowStateDescriptors } from './window-states.ts'

/** `states` are those of the operator, besides what the window function declares. */
export function windowFactory(
  definition: WindowDefinition,
  states: Readonly<Record<string, StateDescriptor>>,
  create: () => Operator,
): OperatorFactory {
  const { state = {}, windowState = {} } = functionOf(definition.computation) ?? {}
  return {
    kind: 'window',
    stateful: true,
    states: { ...descriptorsOf(state), ...windowStateDescriptors(windowStatePrefix, windowState), ...states },
    operatorStates: {},
    timers: timerNames,
    inputCount: definition.inputs,
    chaining: 'always',
    keyed: true,
    create,
  }
}
