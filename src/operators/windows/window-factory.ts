/** What the program sees of an operator of windows, whichever it is. */
import type { Operator, OperatorFactory } from '../operator.ts'
import { descriptorsOf } from '../state-descriptors.ts'
import { timerNames } from '../timer-service.ts'
import { describeContents, type NamedState } from './contents-states.ts'
import type { WindowDefinition } from './definition.ts'
import { triggeringDescriptors } from './triggering.ts'
import { windowStatePrefix } from './window-calls.ts'
import { functionOf } from './window-firing.ts'
import { windowStateDescriptors } from './window-states.ts'

/** `contents` are the states of what windows contain, besides what the trigger and the window function declare. */
export function windowFactory(
  definition: WindowDefinition,
  contents: readonly NamedState[],
  create: () => Operator,
): OperatorFactory {
  const { state = {}, windowState = {} } = functionOf(definition.computation) ?? {}
  return {
    kind: 'window',
    stateful: true,
    states: {
      ...descriptorsOf(state),
      ...windowStateDescriptors(windowStatePrefix, windowState),
      ...triggeringDescriptors(definition),
      ...Object.fromEntries(contents.map(({ name, descriptor }) => [name, descriptor])),
    },
    describeState: describeContents,
    operatorStates: {},
    timers: timerNames,
    inputCount: definition.inputs,
    chaining: 'always',
    keyed: true,
    create,
  }
}
