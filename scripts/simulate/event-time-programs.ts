/**
 * Simulated programs in event time. What must come out follows from the indexes of all records alone: which are late, which are
 * in which window. A result that is none of those is a position of the stream `wrong`, which must bring none.
 */
import { mapState } from '../../src/operators/state-descriptors.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import {
  eventTimeSessionWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../src/operators/windows/assigners.ts'
import type { Window, WindowAssigner } from '../../src/operators/windows/window.ts'
import type { SimulatedJob, SimulationRun } from '../../src/testing/simulation/simulation-exports.ts'
import { environment } from './environment.ts'

const keys = ['a', 'b', 'c', 'd', 'e']
const keyOf = (index: number): string => keys[(index * 3 + Math.floor(index / 7)) % keys.length]!
const indexesBelow = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Numbers the results that are expected of a stream, and the others as wrong. */
function expected(run: SimulationRun, stream: string, results: readonly string[]) {
  const positions = new Map(results.map((result, at) => [result, at + 1]))
  run.expect(stream, results.length)
  return (result: string) => {
    const position = positions.get(result)
    return position === undefined ? { stream: 'wrong', position: 1 } : { stream, position }
  }
}

const stepMs = 3
/** Out of order, and every seventh by so much that it is late. */
const timeOf = (index: number): number => index * stepMs - (index % 7 === 6 ? 40 : (index * 5) % 11)
const marksEvery = 5
/** What the mark behind a record says. */
const markOf = (index: number): number | undefined =>
  index % marksEvery === marksEvery - 1 ? index * stepMs - 12 : undefined
const isLate = (index: number): boolean => index >= marksEvery && timeOf(index) <= markOf(lastMarked(index))!
const lastMarked = (index: number): number => index - (index % marksEvery) - 1

const marked = WatermarkStrategy.forGenerator<number>(() => ({
  onEvent(index, _timestamp, output) {
    const mark = markOf(index)
    if (mark !== undefined) output.emitWatermark(mark)
  },
})).withTimestampAssigner(timeOf)

const roundMs = 20
const roundOf = (index: number): number => Math.floor(timeOf(index) / roundMs) * roundMs + roundMs - 1

/** Each key says what it has got when a round of event time is over. What is late is late after a restore, too. */
export const eventTimers: SimulatedJob = (run) => {
  const indexes = indexesBelow(run.records)
  const inTime = indexes.filter((index) => !isLate(index))
  const late = expected(run, 'late', indexes.filter(isLate).map(String))
  const fired = expected(run, 'in time', inTime.map(String))
  run.expect('wrong', 0)
  const env = environment(run, 'event timers')
  env
    .fromSource(run.source({ count: run.records, ratePerSecond: 1_000, at: (index) => index }), marked)
    .setParallelism(1)
    .uid('numbers')
    .keyBy(keyOf)
    .process({
      output: {} as { readonly late: boolean; readonly indexes: readonly number[] },
      state: { waiting: mapState<number, readonly number[]>() },
      element(index, ctx) {
        run.pass('element')
        if (timeOf(index) <= ctx.currentWatermark) {
          ctx.emit({ late: true, indexes: [index] })
          return
        }
        const at = roundOf(index)
        const waiting = ctx.state.waiting.get(at)
        if (waiting === undefined) {
          ctx.timers.registerEventTime(at)
          run.userTimer('set', `${ctx.key} at ${at}`)
        }
        ctx.state.waiting.put(at, [...(waiting ?? []), index])
      },
      timer(at, ctx) {
        run.pass('timer')
        run.userTimer('fired', `${ctx.key} at ${at}`)
        ctx.emit({ late: false, indexes: ctx.state.waiting.get(at) ?? [] })
        ctx.state.waiting.remove(at)
      },
    })
    .uid('rounds')
    .rebalance()
    .sinkTo(run.sink((said) => said.indexes.map((index) => (said.late ? late : fired)(String(index)))))
    .uid('out')
  return env
}

/** A source falls behind itself by less than this. */
const outOfOrderMs = 11
/** Both sources begin at the same time, and one of them ends early. */
const shortOf = ({ records }: SimulationRun): number => Math.ceil(records / 4)
const timeIn = (run: SimulationRun, index: number): number => {
  const place = index < shortOf(run) ? index : index - shortOf(run)
  // A pause now and then, so that sessions end.
  return (place + 8 * Math.floor(place / 16)) * stepMs - ((index * 5) % outOfOrderMs)
}

const size = 30
const slide = 12
const gap = 17
const assigners = {
  tumbling: tumblingEventTimeWindows(size),
  sliding: slidingEventTimeWindows(size, slide),
  sessions: eventTimeSessionWindows(gap),
} satisfies Readonly<Record<string, WindowAssigner<number>>>

const resultOf = (key: string, { start, end }: Window, indexes: readonly number[]): string =>
  `${key} [${start}, ${end}) ${indexes.toSorted((a, b) => a - b).join()}`

/** The windows over all records of a key. */
function windowsOf(kind: keyof typeof assigners, times: readonly number[]): Window[] {
  const sorted = times.toSorted((a, b) => a - b)
  if (kind === 'sessions') {
    const starts = sorted.filter((time, at) => at === 0 || time - sorted[at - 1]! > gap)
    return starts.map((start, at) => {
      const last = sorted.findLast((time) => time < (starts[at + 1] ?? Number.POSITIVE_INFINITY))!
      return { start, end: last + gap }
    })
  }
  const step = kind === 'tumbling' ? size : slide
  const first = Math.floor((sorted[0]! - size) / step) * step
  const count = Math.ceil((sorted.at(-1)! - first) / step) + 1
  return indexesBelow(count).map((at) => ({ start: first + at * step, end: first + at * step + size }))
}

/** The windows of two sources give what a computation over the whole input gives. */
export const windows: SimulatedJob = (run) => {
  const kind = (['tumbling', 'sliding', 'sessions'] as const)[run.seed % 3]!
  const indexes = indexesBelow(run.records)
  const results = keys.flatMap((key) => {
    const own = indexes.filter((index) => keyOf(index) === key)
    return windowsOf(
      kind,
      own.map((index) => timeIn(run, index)),
    ).flatMap((window) => {
      const within = own.filter((index) => {
        const time = timeIn(run, index)
        return window.start <= time && time < window.end
      })
      return within.length === 0 ? [] : [resultOf(key, window, within)]
    })
  })
  const fired = expected(run, 'windows', results)
  run.expect('wrong', 0)
  run.action({ name: 'savepoint', most: 2, act: (job) => job.triggerSavepoint() })
  run.action({ name: 'stop', most: 1, act: (job) => job.stop() })
  const env = environment(run, 'windows', { unaligned: run.seed % 2 === 0, incremental: run.seed % 5 > 0 })
  const inTime = WatermarkStrategy.forBoundedOutOfOrderness<number>(outOfOrderMs).withTimestampAssigner((index) =>
    timeIn(run, index),
  )
  const from = (first: number, count: number) =>
    env.fromSource(run.source({ count, ratePerSecond: 1_000, at: (index) => first + index }), inTime)
  from(0, shortOf(run))
    .uid('short')
    .union(from(shortOf(run), run.records - shortOf(run)).uid('long'))
    .keyBy(keyOf)
    .window(assigners[kind])
    .aggregate(
      {
        createAccumulator: (): readonly number[] => [],
        add: (index, all) => {
          run.pass('add')
          return [...all, index]
        },
        getResult: (all) => all,
        merge: (a, b) => [...a, ...b],
      },
      (all, key, window) => resultOf(key, window, all),
    )
    .uid('windows')
    .rebalance()
    .sinkTo(run.sink((result) => [fired(result)]))
    .uid('out')
  return env
}
