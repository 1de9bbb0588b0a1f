import { expect, it } from 'vitest'
import { assignedWindows } from '../../../src/operators/windows/assigned-windows.ts'
import { tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import { windowOperator } from '../../../src/operators/windows/choose.ts'
import { globalWindow, type WindowAssigner } from '../../../src/operators/windows/window.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { failure } from '../chain-harness.ts'

/** The error of an assigner that gives this for its second record. */
function refused(given: unknown, more: Partial<WindowAssigner> = {}) {
  const { assign, aligned: _, ...tumbling } = tumblingEventTimeWindows(10)
  let calls = 0
  const assigner = {
    ...tumbling,
    assign: (value: unknown, timestamp: number, context: never) =>
      ++calls === 1 ? assign(value, timestamp, context) : given,
    ...more,
  }
  const operator = windowOperator({
    assigner: assigner as WindowAssigner<unknown>,
    trigger: undefined,
    evictor: undefined,
    allowedLatenessMs: 0,
    lateTag: undefined,
    computation: { type: 'elements', process: { process() {} } },
    inputs: 1,
  })
  const harness = new OperatorHarness(operator, { key: () => 'k', name: 'visits' })
  harness.element('a', 1)
  return failure(() => harness.element('b', 2))
}

it.each<[unknown, string]>([
  [null, 'null'],
  [undefined, 'undefined'],
  [{}, '{}'],
  ['0 10', '"0 10"'],
  [{ start: 0, end: 10 }, '{"start":0,"end":10}'],
  [[0, 10], 'an array with 0'],
  [['0 10'], 'an array with "0 10"'],
  [[null], 'an array with null'],
  [[{}], 'a window from undefined to undefined'],
  [
    [
      { start: 0, end: 10 },
      { start: 5, end: 1 },
    ],
    'a window from 5 to 1',
  ],
  [[{ start: 5, end: 5 }], 'a window from 5 to 5'],
  [[{ start: Number.NaN, end: 10 }], 'a window from NaN to 10'],
  [[{ start: '0', end: '10' }], 'a window from "0" to "10"'],
  [[{ start: 0n, end: 10n }], 'a window from 0n to 10n'],
  [Promise.resolve([]), 'a promise'],
])('refuses an assigner that gives %s', (given, shown) => {
  for (const merging of [false, true]) {
    const error = refused(given, { merging })
    expect(error).toMatchObject({ code: 'USER_FUNCTION_FAILED', restartable: false })
    expect(error.message).toContain(`The assign function of operator "visits" (no uid) returned ${shown}: `)
    if (shown !== 'a promise') expect(error.message).toMatch(/expected an array of windows, each \{ start, end \}/)
  }
})

it('takes windows of any length, or none', () => {
  for (const windows of [
    [],
    [globalWindow],
    [
      { start: -0.5, end: 0 },
      { start: 0, end: 1e300 },
    ],
  ]) {
    expect(assignedWindows(windows)).toBe(windows)
  }
})
