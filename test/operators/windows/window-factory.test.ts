import { expect, it } from 'vitest'
import { mapState, valueState } from '../../../src/operators/state-descriptors.ts'
import { tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import type { WindowDefinition } from '../../../src/operators/windows/definition.ts'
import { WindowTimeOperator } from '../../../src/operators/windows/time-operator.ts'
import { windowFactory } from '../../../src/operators/windows/window-factory.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'

const definition: WindowDefinition = {
  assigner: tumblingEventTimeWindows(10),
  trigger: undefined,
  evictor: undefined,
  allowedLatenessMs: 0,
  lateTag: undefined,
  inputs: 1,
  computation: {
    type: 'elements',
    process: { state: { seen: valueState(0) }, windowState: { seen: mapState() }, process() {} },
  },
}

/** Every record is too late. */
class Refusing extends WindowTimeOperator {
  protected openWindows(): void {}

  batch(): void {
    this.tooLate('x', 5)
    this.tooLate('y', 6)
  }

  timer(): void {}
}

it('declares the states of the operator and of the window function', () => {
  const own = [{ name: 'mine', descriptor: valueState(0).descriptor }]
  const factory = windowFactory(definition, own, () => new Refusing(definition))
  expect(Object.entries(factory.states!).map(([name, { kind }]) => `${name} ${kind}`)).toEqual([
    'seen value',
    'window:seen map',
    'window-event-timers map',
    'window-processing-timers map',
    'mine value',
  ])
})

it('says once that records are dropped', () => {
  const factory = windowFactory(definition, [], () => new Refusing(definition))
  const harness = new OperatorHarness(factory, { key: () => 'a', name: 'counts' })
  harness.watermark(7)
  harness.element('x', 5)
  harness.element('y', 6)
  expect(harness.logged).toEqual([expect.stringMatching(/^warn Operator "counts" drops records .* 5 at watermark 7/)])
})
