import { expect, it } from 'vitest'
import {
  eventTimeSessionWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { countTrigger, eventTimeTrigger, purgingTrigger } from '../../../src/operators/windows/triggers.ts'
import type { Evictor, Trigger } from '../../../src/operators/windows/window.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { type Item, lists, WindowRun, windowed } from './window-cases.ts'

/** Its promise is rejected: refusing it must not leave a rejection that nobody hears. */
const late = (async (): Promise<never> => {
  throw new Error('too late for anyone')
}) as never

type Windows = WindowedStream<Item, string>
const aggregate = (parts: object) => ({
  createAccumulator: () => 0,
  add: (_: Item, n: number) => n + 1,
  getResult: (n: number) => n,
  merge: (a: number, b: number) => a + b,
  ...parts,
})
const trigger = (parts: Partial<Trigger>): Trigger<unknown> => ({ ...eventTimeTrigger(), ...parts }) as Trigger<unknown>
const all: Evictor<unknown> = { description: 'all', before: (elements) => elements }
const ticking = (parts: Partial<Trigger>) =>
  trigger({
    onElement(_value, _timestamp, _window, ctx) {
      ctx.registerProcessingTime(5)
      return 'continue'
    },
    ...parts,
  })

const tumbling = tumblingEventTimeWindows(10)
const sessions = eventTimeSessionWindows(10)

it.each<[string, ReturnType<typeof windowed>]>([
  ['result function of aggregate', windowed(tumbling, (w: Windows) => w.aggregate(aggregate({}), late))],
  ['getResult function of the aggregate', windowed(tumbling, (w) => w.aggregate(aggregate({ getResult: late })))],
  [
    'getResult function of the aggregate',
    windowed(tumbling, (w) => w.aggregate(aggregate({ getResult: late }), () => 1)),
  ],
  [
    'getResult function of the aggregate',
    windowed(tumbling, (w) => w.evictor(all).aggregate(aggregate({ getResult: late }))),
  ],
  [
    'createAccumulator function of the aggregate',
    windowed(tumbling, (w) => w.aggregate(aggregate({ createAccumulator: late }))),
  ],
  ['add function of the aggregate', windowed(tumbling, (w) => w.evictor(all).aggregate(aggregate({ add: late })))],
  [
    'merge function of the aggregate',
    windowed(slidingEventTimeWindows(10, 5), (w) => w.aggregate(aggregate({ merge: late }))),
  ],
  ['reduce function', windowed(tumbling, (w) => w.evictor(all).reduce(late))],
  ['before function of the evictor', windowed(tumbling, (w) => lists(w.evictor({ ...all, before: late })))],
  ['after function of the evictor', windowed(tumbling, (w) => lists(w.evictor({ ...all, after: late })))],
  ['function of the trigger', windowed(tumbling, (w) => lists(w.trigger(trigger({ onElement: late }))))],
  [
    'function of the trigger',
    windowed(tumbling, (w) => lists(w.trigger(purgingTrigger(trigger({ onEventTime: late }))))),
  ],
  ['function of the trigger', windowed(tumbling, (w) => lists(w.trigger(ticking({ onProcessingTime: late }))))],
  [
    'clear function of the trigger',
    windowed(tumbling, (w) => lists(w.trigger(purgingTrigger(trigger({ clear: late }))))),
  ],
  ['onMerge function of the trigger', windowed(sessions, (w) => lists(w.trigger(trigger({ onMerge: late }))))],
  ['gap function of session windows', windowed(eventTimeSessionWindows(late), lists)],
  ['function of sum', windowed(tumbling, (w) => w.sum(late))],
  ['function of minBy', windowed(tumbling, (w) => w.minBy(late))],
])('refuses an asynchronous %s', async (subject, factory) => {
  const run = new WindowRun(factory, undefined)
  const play = async () => {
    await run.item('a', 1, 3)
    await run.item('a', 2, 4)
    await run.item('a', 3, 7)
    await run.clock(10)
    await run.watermark(100)
  }
  await expect(play()).rejects.toThrow(
    expect.objectContaining({ message: expect.stringMatching(new RegExp(`${subject}.* returned a promise`)) }),
  )
})

it.each([[[1]], [[{ value: 1 }]], [[null]]])(
  'refuses %j from an evictor, which are none of its elements',
  async (given) => {
    const evictor: Evictor<unknown> = { description: 'rubbish', before: () => given as never }
    const run = new WindowRun(
      windowed(tumbling, (windows) => lists(windows.trigger(countTrigger(1)).evictor(evictor))),
      undefined,
    )
    await expect(run.item('a', 1, 3)).rejects.toThrow('The before function of the evictor')
  },
)
