import { describe, expect, it } from 'vitest'
import {
  eventTimeSessionWindows,
  globalWindows,
  processingTimeSessionWindows,
  slidingEventTimeWindows,
  slidingProcessingTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { globalWindow, type WindowAssigner } from '../../../src/operators/windows/window.ts'
import { failure } from '../chain-harness.ts'

const at = { processingTime: 0 }
const assigned = (assigner: WindowAssigner<unknown>, timestamp: number) =>
  assigner.assign(undefined, timestamp, at).map(({ start, end }) => [start, end])
const times = Array.from({ length: 400 }, (_, i) => ((i * 37) % 101) - 50)

/** By the definition: every window of the grid that contains the time. */
function onGrid(size: number, slide: number, offset: number, timestamp: number) {
  const windows = []
  for (let n = -300; n <= 300; n++) {
    const start = n * slide + offset
    if (start <= timestamp && timestamp < start + size) windows.push([start, start + size])
  }
  return windows
}

describe.each([
  [10, 10, 0],
  [10, 10, 3],
  [10, 10, -3],
  [1, 1, 0],
  [10, 5, 0],
  [10, 5, -4],
  [7, 3, 1],
  [5, 3, 0],
  [3, 7, 2],
])('windows of %i every %i from %i', (size, slide, offsetMs) => {
  it('are those of the grid that contain the time, earliest first', () => {
    const assigners =
      size === slide
        ? [tumblingEventTimeWindows(size, { offsetMs }), tumblingProcessingTimeWindows(size, { offsetMs })]
        : [slidingEventTimeWindows(size, slide, { offsetMs }), slidingProcessingTimeWindows(size, slide, { offsetMs })]
    for (const assigner of assigners) {
      for (const timestamp of times) {
        expect([timestamp, assigned(assigner, timestamp)]).toEqual([
          timestamp,
          onGrid(size, slide, offsetMs, timestamp),
        ])
      }
      expect(assigner.aligned).toEqual({ size, slide, offset: offsetMs })
    }
  })
})

it('gives the same array while windows are the same', () => {
  const assigner = slidingEventTimeWindows(10, 5)
  expect(assigner.assign(1, 5, at)).toBe(assigner.assign(2, 9, at))
  expect(assigner.assign(1, 5, at)).not.toBe(assigner.assign(2, 10, at))
})

it('makes sessions of a gap, of every record or of each', () => {
  expect(assigned(eventTimeSessionWindows(10), 5)).toEqual([[5, 15]])
  const byRecord = processingTimeSessionWindows((value: { gap: number }) => value.gap)
  expect(byRecord.assign({ gap: 3 }, 5, at)).toEqual([{ start: 5, end: 8 }])
  for (const gap of [0, -1, 1.5, Number.NaN]) {
    expect(() => byRecord.assign({ gap }, 5, at)).toThrow(`gave ${gap}: expected whole milliseconds from 1`)
  }
})

it('has one global window', () => {
  expect(globalWindows().assign(1, 5, at)).toEqual([globalWindow])
})

it.each<[() => unknown, string]>([
  [
    () => tumblingEventTimeWindows(0),
    'tumblingEventTimeWindows was given the size 0: expected whole milliseconds from 1.',
  ],
  [() => tumblingProcessingTimeWindows(1.5), 'the size 1.5'],
  [
    () => tumblingEventTimeWindows(10, { offsetMs: 10 }),
    'the offset 10: expected whole milliseconds between -10 and 10.',
  ],
  [() => slidingEventTimeWindows(10, 0), 'the slide 0'],
  [() => slidingProcessingTimeWindows(10, 5, { offsetMs: -5 }), 'the offset -5'],
  [() => eventTimeSessionWindows(0), 'eventTimeSessionWindows was given the gap 0'],
  [() => processingTimeSessionWindows(Number.NaN), 'the gap NaN'],
])('refuses what cannot be a window: %s', (make, message) => {
  const error = failure(make)
  expect(error.code).toBe('ARGUMENT_INVALID')
  expect(error.message).toContain(message)
})
