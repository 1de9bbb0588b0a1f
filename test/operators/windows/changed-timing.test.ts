/** A new version of a program finds windows open that an earlier one has opened, with timers as that one needed them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import type { KeyedStateBackend, StateBackend } from '../../../src/backends/state-backend.ts'
import { eventTimeSessionWindows, tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import { continuousEventTimeTrigger } from '../../../src/operators/windows/continuous-triggers.ts'
import { countTrigger, eventTimeTrigger, purgingTrigger } from '../../../src/operators/windows/triggers.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { harnessOf } from '../../../src/testing/harness-of.ts'
import type { HarnessSnapshot } from '../../../src/testing/operator-harness.ts'

type Windows = WindowedStream<number, string>
interface Version {
  readonly size: number
  readonly sessions?: boolean
  readonly set?: (windows: Windows) => Windows
}

let state: KeyedStateBackend | undefined
/** The state of the harness that was opened last can be looked into. */
const backend: StateBackend = {
  kind: 'heap',
  create(options) {
    state = heapStateBackend.create(options)
    return state
  },
}

const open = ({ size, sessions, set = (windows) => windows }: Version, restored?: HarnessSnapshot) =>
  harnessOf<number>(
    (numbers) => {
      const assigner = sessions ? eventTimeSessionWindows(size) : tumblingEventTimeWindows(size)
      const windows = set(numbers.keyBy((n) => (n % 2 === 0 ? 'even' : 'odd')).window(assigner))
      return windows.apply((all, key, { start, end }) => [`${key} ${start}..${end}: ${all.join()}`])
    },
    { backend, ...(restored === undefined ? {} : { restored }) },
  )

const records = (numbers: readonly number[]) => numbers.map((value) => ({ value, timestamp: value }))
const late = (ms: number) => (windows: Windows) => windows.allowedLateness(ms)

/** What `second` gives of windows that `first` has opened, and whether anything of them is left then. */
async function goOn(
  first: Version,
  second: Version,
  numbers: readonly number[],
  watermarks: readonly number[] = [1_000],
) {
  const before = open(first)
  before.feed(records(numbers))
  const after = open(second, await before.snapshot())
  for (const watermark of watermarks) after.watermark(watermark)
  // A job has to be told to leave behind what a trigger remembers.
  return { values: after.values, entries: state!.entryCount - state!.entryCountOf('trigger:next') }
}

describe('windows that are open', () => {
  it.each<[string, Version, Version, readonly number[], readonly string[]]>([
    [
      'another size, and lateness',
      { size: 20 },
      { size: 10, set: late(1) },
      [4, 14, 24],
      ['even 0..20: 4,14', 'even 20..40: 24'],
    ],
    [
      'lateness',
      { size: 10 },
      { size: 10, set: late(10) },
      [4, 14, 24],
      ['even 0..10: 4', 'even 10..20: 14', 'even 20..30: 24'],
    ],
    [
      'less lateness',
      { size: 10, set: late(10) },
      { size: 10 },
      [4, 14, 24],
      ['even 0..10: 4', 'even 10..20: 14', 'even 20..30: 24'],
    ],
    [
      'a trigger of sessions that grew',
      { size: 10, sessions: true },
      { size: 10, sessions: true, set: (windows) => windows.trigger(purgingTrigger(eventTimeTrigger())) },
      [0, 4],
      ['even 0..14: 0,4'],
    ],
  ])(
    'are given out, and forgotten, by a program that has changed: %s',
    async (_title, first, second, numbers, values) => {
      expect(await goOn(first, second, numbers)).toEqual({ values, entries: 0 })
    },
  )

  it.each([0, 5])('are given out when the usual trigger takes the place of a count, with lateness %i', async (ms) => {
    const counted: Version = { size: 10, set: (windows) => late(ms)(windows.trigger(countTrigger(100))) }
    const { values, entries } = await goOn(counted, { size: 10, set: late(ms) }, [4, 6])
    expect([values, entries, state?.entryCountOf('trigger:count')]).toEqual([['even 0..10: 4,6'], 1, 1])
  })

  const timed = (sizes: readonly number[], sessions: boolean, triggers: readonly (keyof typeof triggerings)[]) =>
    fc
      .record({
        size: fc.constantFrom(...sizes),
        lateness: fc.constantFrom(0, 3, 10, 60),
        trigger: fc.constantFrom(...triggers),
      })
      .map(({ size, lateness, trigger }): Version => {
        const set = (windows: Windows) => triggerings[trigger](windows.allowedLateness(lateness))
        return { size, sessions, set }
      })

  it.each([
    ['tumbling', [10, 20, 15], false],
    ['sessions', [7], true],
  ] as const)('are each given out once whatever changes: %s', async (_title, sizes, sessions) => {
    const first = timed(sizes, sessions, ['usual', 'purging', 'continuous'])
    const second = timed(sizes, sessions, ['usual', 'purging'])
    const numbers = fc.array(fc.nat(80), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(first, second, numbers, fc.array(fc.nat(100)), async (before, after, read, marks) => {
        const plain: Version = { size: before.size, sessions }
        const { values } = await goOn(plain, plain, read)
        const found = await goOn(before, after, read, [...marks.toSorted((a, b) => a - b), 1_000])
        expect({ ...found, values: found.values.toSorted() }).toEqual({ values: values.toSorted(), entries: 0 })
      }),
      { numRuns: 200 },
    )
  })
})

const triggerings = {
  usual: (windows: Windows) => windows,
  purging: (windows: Windows) => windows.trigger(purgingTrigger(eventTimeTrigger())),
  continuous: (windows: Windows) => windows.trigger(continuousEventTimeTrigger(1_000_000)),
}
