import { expect, it } from 'vitest'
import type { StandardSchemaV1 } from '../../../src/core/standard-schema.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  valueState,
} from '../../../src/operators/state-descriptors.ts'
import {
  eventTimeSessionWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import type { WindowProcessContext } from '../../../src/operators/windows/definition.ts'
import type { Window } from '../../../src/operators/windows/window.ts'
import { WindowCalls, windowStatePrefix } from '../../../src/operators/windows/window-calls.ts'
import { functionOf } from '../../../src/operators/windows/window-firing.ts'
import { windowStateDescriptors } from '../../../src/operators/windows/window-states.ts'
import { failure } from '../chain-harness.ts'
import { otherItems, WindowRun, windowCase, windowed } from './window-cases.ts'

const states = {
  fired: valueState(0),
  all: listState<number>(),
  counts: mapState<string, number>(),
  most: reducingState<number>(Math.max),
  mean: aggregatingState({
    createAccumulator: (): readonly [number, number] => [0, 0],
    add: (n: number, [sum, count]: readonly [number, number]) => [sum + n, count + 1] as const,
    getResult: ([sum, count]: readonly [number, number]) => sum / count,
  }),
}

const remembering = () =>
  windowed(tumblingEventTimeWindows(10), (windows) =>
    windows.allowedLateness(5).process({
      output: '' as string,
      windowState: states,
      state: { firings: valueState(0) },
      process(items, ctx) {
        const { fired, all, counts, most, mean } = ctx.windowState
        const { n } = items.at(-1)!
        fired.update(fired.value() + 1)
        all.add(n)
        counts.put(`n${n}`, (counts.get(`n${n}`) ?? 0) + 1)
        most.add(n)
        mean.add(n)
        ctx.state.firings.update(ctx.state.firings.value() + 1)
        ctx.emit(
          `${ctx.key} ${ctx.window.start} ${fired.value()} of ${ctx.state.firings.value()}: ${all.get()} ${[...counts.keys()]} ${most.get()} ${mean.get()}`,
        )
      },
      clear({ windowState }) {
        for (const name of ['fired', 'all', 'counts', 'most', 'mean'] as const) windowState[name].clear()
      },
    }),
  )

windowCase(
  'keeps state of a window from one firing to the next, and state of a key for all',
  remembering,
  async (run) => {
    await run.item('a', 3, 1)
    await run.item('a', 5, 11)
    await run.watermark(9)
    await run.item('a', 7, 2)
    await run.watermark(19)
    expect(run.results()).toEqual(['a 0 1 of 1: 3 n3 3 3', 'a 0 2 of 2: 3,7 n3,n7 7 5', 'a 10 1 of 3: 5 n5 5 5'])
    await run.watermark(100)
    await run.item('a', 1, 101)
    await run.watermark(200)
    expect(run.results()).toEqual(['a 100 1 of 4: 1 n1 1 1'])
  },
)

it('leaves nothing of a window behind that its function clears', async () => {
  const run = new WindowRun(
    windowed(tumblingEventTimeWindows(10), (windows) =>
      windows.process({
        windowState: { n: valueState(0), all: listState<number>(), by: mapState<string, number>() },
        process(items, { windowState }) {
          windowState.n.update(items.length)
          windowState.all.addAll([1, 2])
          windowState.all.update([3])
          windowState.by.put('x', 1)
          windowState.by.put('y', 1)
          windowState.by.remove('x')
          expect([windowState.all.get(), [...windowState.by.entries()]]).toEqual([[3], [['y', 1]]])
        },
        clear({ windowState }) {
          windowState.n.clear()
          windowState.all.update([])
          windowState.by.remove('y')
          expect([windowState.by.isEmpty(), windowState.by.has('y'), [...windowState.by.values()]]).toEqual([
            true,
            false,
            [],
          ])
        },
      }),
    ),
    undefined,
  )
  await run.item('a', 1, 1)
  await run.watermark(9)
  expect(await run.entries).toBe(0)
})

windowCase(
  'gives side outputs, and the time of the watermark and the clock',
  () =>
    windowed(tumblingEventTimeWindows(10), (windows) =>
      windows.process({
        process(items, ctx) {
          ctx.sideOutput(otherItems, `${ctx.key} ${items.length} at ${ctx.currentWatermark} and ${ctx.processingTime}`)
        },
      }),
    ),
  async (run) => {
    await run.item('a', 1, 1)
    await run.clock(500)
    await run.watermark(30)
    expect(run.other()).toEqual(['a 1 at 30 and 500'])
    expect(run.results()).toEqual([])
  },
)

windowCase(
  'tells the function when a window is over, once',
  () =>
    windowed(eventTimeSessionWindows(10), (windows) =>
      windows.allowedLateness(3).process({
        process: () => {},
        clear: ({ window }) => void cleared.push(window),
      }),
    ),
  async (run) => {
    cleared.length = 0
    await run.item('a', 1, 0)
    await run.item('a', 1, 20)
    await run.item('a', 1, 10)
    await run.watermark(31)
    expect(cleared).toEqual([])
    await run.watermark(32)
    expect(cleared).toEqual([{ start: 0, end: 30 }])
  },
)
const cleared: Window[] = []

it('refuses a record that is emitted after the function has returned', async () => {
  const kept: WindowProcessContext<string, unknown>[] = []
  const run = new WindowRun(
    windowed(tumblingEventTimeWindows(10), (windows) =>
      windows.process({ process: (_items, ctx) => void kept.push(ctx) }),
    ),
    undefined,
  )
  await run.item('a', 1, 1)
  await run.watermark(9)
  expect(kept[0]).toBeInstanceOf(WindowCalls)
  expect(failure(() => kept[0]!.emit(1)).code).toBe('EMIT_INVALID')
  expect(failure(() => kept[0]!.sideOutput(otherItems, 'x')).code).toBe('EMIT_INVALID')
})

it.each([['process', (run: WindowRun) => run.watermark(9)]] as const)(
  'names the operator when the %s function throws or returns a promise',
  async (_name, step) => {
    const failing = (process: () => void) =>
      new WindowRun(
        windowed(tumblingEventTimeWindows(10), (windows) => windows.process({ process })),
        undefined,
      )
    const thrower = failing(() => {
      throw new Error('no')
    })
    await thrower.item('a', 1, 1)
    await expect(step(thrower)).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      message: 'A function of operator "windows" (uid "w") failed: no',
    })
    const slow = failing(async () => {})
    await slow.item('a', 1, 1)
    await expect(step(slow)).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED' })
  },
)

it.each([
  ['tumbling windows', tumblingEventTimeWindows(10)],
  ['sliding windows', slidingEventTimeWindows(20, 10)],
  ['sessions', eventTimeSessionWindows(10)],
] as const)('refuses an accumulator that is changed in place: %s', async (_title, assigner) => {
  const counted = {
    createAccumulator: () => ({ n: 0 }),
    add(_item: unknown, accumulator: { n: number }) {
      accumulator.n++
      return accumulator
    },
    merge: (a: { n: number }, b: { n: number }) => ({ n: a.n + b.n }),
    getResult: ({ n }: { n: number }) => n,
  }
  const run = new WindowRun(
    windowed(assigner, (windows) => windows.aggregate(counted)),
    undefined,
  )
  await run.item('a', 1, 1)
  await expect(run.item('a', 2, 2)).rejects.toMatchObject({
    code: 'USER_FUNCTION_FAILED',
    message: expect.stringContaining('must not be changed in place'),
  })
})

it('migrates each value of a state of windows', () => {
  const version = { version: 2, migrate: (old: unknown, from: number) => Number(old) * 10 + from }
  const { list, map, value } = windowStateDescriptors('', {
    list: listState<number>(version),
    map: mapState<string, number>(version),
    value: valueState(0, version),
  }) as unknown as Record<string, { readonly migrate: (old: unknown, from: number) => unknown }>
  expect(list!.migrate([1, 2], 1)).toEqual([11, 21])
  expect(map!.migrate(new Map([['x', 1]]), 1)).toEqual(new Map([['x', 11]]))
  expect(value!.migrate(1, 1)).toBe(11)
})

it('is declared with the names that a snapshot has', () => {
  const factory = remembering()
  expect(Object.keys(factory.states!).filter((name) => name.startsWith(windowStatePrefix))).toHaveLength(5)
  expect(functionOf({ type: 'reduce', reduce: () => 0, finish: undefined })).toBeUndefined()
})

it('lets state of a key expire', async () => {
  const run = new WindowRun(
    windowed(tumblingEventTimeWindows(10), (windows) =>
      windows.process({
        state: { seen: valueState(0, { ttl: { ms: 100 } }) },
        process: (items, { state }) => state.seen.update(items.length),
      }),
    ),
    undefined,
  )
  await run.item('a', 1, 1)
  await run.watermark(9)
  expect(await run.entries).toBeGreaterThan(0)
  await run.clock(300)
  expect(await run.entries).toBe(0)
})

const positive: StandardSchemaV1<number, unknown> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ((value as number) > 0 ? { value } : { issues: [{ message: 'not positive' }] }),
  },
}

it.each([
  [
    'value',
    { it: valueState(1, { schema: positive }) },
    ({ it }: { it: { update(n: number): void } }) => it.update(-1),
  ],
  ['list', { it: listState({ schema: positive }) }, ({ it }: { it: { add(n: number): void } }) => it.add(-1)],
  [
    'map',
    { it: mapState<string, number>({ schema: positive }) },
    ({ it }: { it: { put(key: string, n: number): void } }) => it.put('x', -1),
  ],
] as const)('holds state of windows against its schema: %s', async (_kind, windowState, store) => {
  const run = new WindowRun(
    windowed(tumblingEventTimeWindows(10), (windows) =>
      windows.process({ windowState, process: (_items, ctx) => store(ctx.windowState as never) }),
    ),
    undefined,
  )
  await run.item('a', 1, 1)
  await expect(run.watermark(9)).rejects.toMatchObject({ code: 'STATE_VALUE_REFUSED' })
})
