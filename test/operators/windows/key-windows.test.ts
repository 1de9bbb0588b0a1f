import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import type { OperatorFactory } from '../../../src/operators/operator.ts'
import {
  eventTimeSessionWindows,
  globalWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { checkResult } from '../../../src/operators/windows/key-windows.ts'
import { triggeringDescriptors } from '../../../src/operators/windows/triggering.ts'
import {
  countTrigger,
  eventTimeTrigger,
  neverTrigger,
  purgingTrigger,
} from '../../../src/operators/windows/triggers.ts'
import type { Trigger, WindowAssigner } from '../../../src/operators/windows/window.ts'
import { generalWindowOperator } from '../../../src/operators/windows/window-operator.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { failure } from '../chain-harness.ts'
import { type Item, sums, windowed } from './window-cases.ts'

const key = ({ k }: { k: string }) => k

/** Changes of a program that a savepoint may go through. */
it.each([
  ['a longer lateness', tumblingEventTimeWindows(10), 0, tumblingEventTimeWindows(10), 5],
  ['a shorter lateness', tumblingEventTimeWindows(10), 5, tumblingEventTimeWindows(10), 0],
  ['longer windows', tumblingEventTimeWindows(10), 0, tumblingEventTimeWindows(20), 0],
  ['sliding windows', tumblingEventTimeWindows(10), 0, slidingEventTimeWindows(30, 10), 0],
] as const)(
  'still fires and forgets the windows of before, after a change to %s',
  async (_title, from, lateFrom, to, lateTo) => {
    const before = new OperatorHarness(
      windowed(from, (windows) => sums(windows.allowedLateness(lateFrom))),
      { key },
    )
    before.element({ k: 'a', n: 1 }, 5)
    before.element({ k: 'a', n: 2 }, 15)
    before.watermark(9)
    const after = new OperatorHarness(
      windowed(to, (windows) => sums(windows.allowedLateness(lateTo))),
      { key, restored: await before.snapshot() },
    )
    after.watermark(30)
    expect([...before.values, ...after.values]).toEqual(['a 0..10 1', 'a 10..20 2'])
    expect((await after.snapshot()).keyed).toEqual([])
  },
)

const plain = (windows: WindowedStream<Item, string>) => windows
const waiting = (ms: number) => (windows: WindowedStream<Item, string>) => windows.allowedLateness(ms)
const silent = (windows: WindowedStream<Item, string>) => windows.trigger(neverTrigger())
const purging = (windows: WindowedStream<Item, string>) => windows.trigger(purgingTrigger(eventTimeTrigger()))
const sessions = eventTimeSessionWindows(10)
const short = tumblingEventTimeWindows(10)

describe.each([
  ['heap', () => heapStateBackend],
  ['lmdb', () => lmdbStateBackend({ cacheEntries: 4 })],
])('gives out windows of before once (%s)', (_, backend) => {
  it.each([
    ['shorter ones that wait', tumblingEventTimeWindows(20), plain, short, waiting(1)],
    ['ones that wait', short, plain, short, waiting(10)],
    ['ones that purge', short, plain, short, purging],
    ['sessions that purge', sessions, plain, sessions, purging],
    ['sessions that fire', sessions, silent, sessions, plain],
    ['ones that fire', short, silent, short, plain],
    ['ones that neither wait nor stay silent', short, (windows) => silent(waiting(10)(windows)), short, plain],
    ['ones that wait and fire', short, (windows) => silent(waiting(10)(windows)), short, waiting(10)],
    ['ones that still wait', short, waiting(10), short, waiting(20)],
  ] satisfies [string, WindowAssigner<Item>, typeof plain, WindowAssigner<Item>, typeof plain][])(
    'in %s',
    async (_title, from, partsFrom, to, partsTo) => {
      const options = { key, backend: backend() }
      const before = new OperatorHarness(
        windowed(from, (windows) => sums(partsFrom(windows))),
        options,
      )
      for (const k of ['a', 'b']) before.element({ k, n: 1 }, 5)
      const after = new OperatorHarness(
        windowed(to, (windows) => sums(partsTo(windows))),
        { ...options, restored: await before.snapshot() },
      )
      for (let time = 1; time < 60; time++) after.watermark(time)
      expect(after.values.map((value) => String(value).split(' ')[0]).sort()).toEqual(['a', 'b'])
      expect((await after.snapshot()).keyed).toEqual([])
    },
  )
})

it('keeps windows in a state that their assigner decides on', () => {
  const names = (factory: OperatorFactory) => Object.keys(factory.states!).sort()
  const timers = ['window-event-timers', 'window-processing-timers']
  expect(names(windowed(tumblingEventTimeWindows(10), sums))).toEqual(['window-accumulators', ...timers].sort())
  expect(names(windowed(eventTimeSessionWindows(10), sums))).toEqual(['session-accumulators', ...timers].sort())
})

it('declares the state of the trigger', () => {
  const definition = {
    assigner: globalWindows(),
    trigger: countTrigger(3) as Trigger<unknown>,
    evictor: undefined,
    allowedLatenessMs: 0,
    lateTag: undefined,
    computation: { type: 'reduce', reduce: Math.max as (a: unknown, b: unknown) => unknown, finish: undefined },
    inputs: 1,
  } as const
  expect(Object.keys(triggeringDescriptors(definition))).toContain('trigger:count')
  expect(generalWindowOperator(definition).states).toMatchObject({ 'trigger:count': { kind: 'map' } })
})

it.each([
  ['separate windows', tumblingEventTimeWindows(10)],
  ['sessions', eventTimeSessionWindows(10)],
] as const)('refuses what a trigger cannot say: %s', (_title, assigner) => {
  for (const result of ['FIRE', undefined]) {
    const said: Trigger<unknown> = { ...neverTrigger(), onElement: () => result as never }
    const harness = new OperatorHarness(
      windowed(assigner, (windows) => sums(windows.trigger(said))),
      { key },
    )
    const error = failure(() => harness.element({ k: 'a', n: 1 }, 5))
    expect([error.code, error.message]).toEqual([
      'USER_FUNCTION_FAILED',
      `A function of operator "window" (no uid) failed: a trigger gave ${result}: expected "continue", "fire", "purge", "fire-and-purge"`,
    ])
  }
  expect(() => checkResult('fire')).not.toThrow()
})
