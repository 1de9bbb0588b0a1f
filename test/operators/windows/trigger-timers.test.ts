import { expect, it } from 'vitest'
import { endOfTime } from '../../../src/core/elements.ts'
import { globalWindows, tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import { eventTimeTrigger } from '../../../src/operators/windows/triggers.ts'
import type { Trigger, Window, WindowAssigner } from '../../../src/operators/windows/window.ts'
import { sums, WindowRun, windowed } from './window-cases.ts'

/** At each event-time timer registers the next one, `next` says when. */
const chained = (next: (timestamp: number, window: Window) => number): Trigger<unknown> => ({
  ...eventTimeTrigger(),
  description: 'chained',
  onElement(_value, timestamp, _window, ctx) {
    ctx.registerEventTime(timestamp)
    return 'continue'
  },
  onEventTime(timestamp, window, ctx) {
    ctx.registerEventTime(next(timestamp, window))
    return 'fire'
  },
})

it.each<[string, WindowAssigner<unknown>, (timestamp: number, window: Window) => number, readonly string[]]>([
  ['without end', globalWindows(), (at) => at + 10, ['a -Infinity..Infinity 1']],
  [
    'up to the end of a window',
    tumblingEventTimeWindows(25),
    (at) => at + 10,
    ['a 0..25 1', 'a 0..25 1', 'a 0..25 1', 'a 0..25 1'],
  ],
  [
    'at the end of the global window',
    globalWindows(),
    () => endOfTime,
    ['a -Infinity..Infinity 1', 'a -Infinity..Infinity 1'],
  ],
])('ends with the last watermark when a trigger registers timers %s', async (_what, assigner, next, expected) => {
  const run = new WindowRun(
    windowed(assigner, (windows) => sums(windows.trigger(chained(next)))),
    undefined,
  )
  await run.item('a', 1, 3)
  await run.watermark(endOfTime)
  expect(run.results()).toEqual(expected)
  expect(run.logged).toEqual([
    expect.stringMatching(
      /^warn The trigger of operator "windows" \(uid "w"\) registered an event-time timer at \d+ when/,
    ),
  ])
})

it.each([Number.NaN, '5', undefined])('names the operator whose trigger registers a timer at %s', async (at) => {
  const trigger = chained(() => at as number)
  const run = new WindowRun(
    windowed(tumblingEventTimeWindows(10), (windows) => sums(windows.trigger(trigger))),
    undefined,
  )
  await run.item('a', 1, 3)
  await expect(run.watermark(5)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: expect.stringContaining('The trigger of operator "windows" (uid "w") registered a timer at'),
  })
})
