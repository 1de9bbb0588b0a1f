import { expect, it } from 'vitest'
import { listState, valueState } from '../../../src/operators/state-descriptors.ts'
import { eventTimeSessionWindows, tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import { checkWindows } from '../../../src/operators/windows/check-definition.ts'
import { windowOperator } from '../../../src/operators/windows/choose.ts'
import type { WindowDefinition, WindowFunction } from '../../../src/operators/windows/definition.ts'
import { countTrigger, deltaTrigger, purgingTrigger } from '../../../src/operators/windows/triggers.ts'
import { failure } from '../chain-harness.ts'

const elements = (
  fn: Partial<WindowFunction<readonly unknown[], unknown, unknown>> = {},
): WindowDefinition['computation'] => ({
  type: 'elements',
  process: { process() {}, ...fn },
})
const aggregate: WindowDefinition['computation'] = {
  type: 'aggregate',
  aggregate: { createAccumulator: () => 0, add: () => 0, getResult: () => 0 },
  finish: undefined,
}
const tumbling: WindowDefinition = {
  assigner: tumblingEventTimeWindows(10),
  trigger: undefined,
  evictor: undefined,
  allowedLatenessMs: 0,
  lateTag: undefined,
  computation: elements(),
  inputs: 1,
}
const sessions: WindowDefinition = { ...tumbling, assigner: eventTimeSessionWindows(10) }

it.each<[string, WindowDefinition, string, string]>([
  [
    'a trigger that cannot be merged, for windows that are',
    { ...sessions, trigger: purgingTrigger(deltaTrigger(1, () => 2)) },
    'ARGUMENT_INVALID',
    'A purging delta trigger of 1 is used with event-time sessions with a gap of 10 ms: expected a trigger that has onMerge.',
  ],
  [
    'an aggregate without merge, for windows that are merged',
    { ...sessions, computation: aggregate },
    'ARGUMENT_INVALID',
    'An aggregate without merge is used with event-time sessions',
  ],
  [
    'state of windows that are merged',
    { ...sessions, computation: elements({ windowState: { n: valueState(0) } }) },
    'ARGUMENT_INVALID',
    'A window function with windowState is used with',
  ],
  [
    'a time to live of state that ends with its window',
    { ...tumbling, computation: elements({ windowState: { n: listState({ ttl: { ms: 1 } }) } }) },
    'ARGUMENT_INVALID',
    'The state "n" of a window has a time to live',
  ],
  [
    'state of windows that is none',
    { ...tumbling, computation: elements({ windowState: null as never }) },
    'ARGUMENT_INVALID',
    'The windowState of a window function is null: expected states that are declared',
  ],
  [
    'state of keys that is not declared',
    { ...tumbling, computation: elements({ state: { n: 5 } as never }) },
    'ARGUMENT_INVALID',
    'The state.n of a window function is 5',
  ],
  ['a negative lateness', { ...tumbling, allowedLatenessMs: -1 }, 'ARGUMENT_INVALID', 'allowedLateness was given -1'],
  [
    'a state with a name of the operator itself',
    { ...tumbling, computation: elements({ state: { 'window-accumulators': valueState(0) } }) },
    'STATE_NAME_DUPLICATE',
    'declares the state "window-accumulators"',
  ],
])('refuses %s', (_title, definition, code, message) => {
  const error = failure(() => windowOperator(definition))
  expect(error.code).toBe(code)
  expect(error.message).toContain(message)
})

it.each<[string, WindowDefinition]>([
  ['a trigger that can be merged', { ...sessions, trigger: purgingTrigger(countTrigger(1)) }],
  ['an aggregate without merge on windows that stay', { ...tumbling, computation: aggregate }],
  ['state of keys', { ...sessions, computation: elements({ state: { n: valueState(0, { ttl: { ms: 1 } }) } }) }],
  ['state of windows that stay', { ...tumbling, computation: elements({ windowState: { n: valueState(0) } }) }],
])('takes %s', (_title, definition) => {
  expect(() => checkWindows(definition)).not.toThrow()
})
