/** Which records are late, in whole jobs: with punctuated watermarks the records alone decide. */
import { expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { Random } from '../../src/core/random.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { eventTimeSessionWindows, tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import type { DataStream } from '../../src/program/data-stream.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { KeyedStream } from '../../src/program/keyed-stream.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

interface Tick {
  readonly id: number
  readonly key: string
  readonly time: number
  /** No record of before this follows, or so it says. */
  readonly mark?: number
}

function randomTicks(seed: number): readonly Tick[] {
  const random = new Random(seed)
  let now = 0
  return Array.from({ length: 300 }, (_, id): Tick => {
    now += random.int(0, 20)
    const tick = { id, key: 'abc'[random.int(0, 2)]!, time: Math.max(0, now - random.int(0, 200)) }
    return random.int(0, 9) === 0 ? { ...tick, mark: now - 60 } : tick
  })
}

/** What is too late when records are taken one by one: their window, of 100, is over by the last mark. */
function expectedLate(ticks: readonly Tick[]): readonly number[] {
  let watermark = Number.NEGATIVE_INFINITY
  const late: number[] = []
  for (const { id, time, mark } of ticks) {
    if (Math.floor(time / 100) * 100 + 99 <= watermark) late.push(id)
    watermark = Math.max(watermark, mark ?? watermark)
  }
  return late
}

const byMarks = WatermarkStrategy.forGenerator<Tick>(() => ({
  onEvent: ({ mark }, _timestamp, output) => mark !== undefined && output.emitWatermark(mark),
})).withTimestampAssigner(({ time }) => time)

async function lateOf(ticks: readonly Tick[], batchRecords: number, atSource: boolean): Promise<readonly number[]> {
  const feed = new Feed(ticks)
  feed.end()
  const late: Tick[] = []
  const tag = outputTag<Tick>('late')
  const env = StreamEnvironment.create({ batchRecords, parallelism: 2 })
  const stamped = atSource
    ? env.fromSource(feed.source, byMarks)
    : env.fromSource(feed.source).assignTimestampsAndWatermarks(byMarks).setParallelism(1)
  stamped
    .keyBy(({ key }) => key)
    .window(tumblingEventTimeWindows(100))
    .sideOutputLateData(tag)
    .reduce((a) => a)
    .getSideOutput(tag)
    .sinkTo(toArray(late))
  const observed = await new SimulatedProcess({ seed: batchRecords }).submit(env)
  expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
  return late.map(({ id }) => id).toSorted((a, b) => a - b)
}

it.each([1, 2, 3])('does not depend on the size of batches (seed %i)', async (seed) => {
  const ticks = randomTicks(seed)
  const expected = expectedLate(ticks)
  expect(expected.length).toBeGreaterThan(10)
  for (const batchRecords of [1, 7, 64, 1_024]) {
    expect(await lateOf(ticks, batchRecords, true)).toEqual(expected)
    expect(await lateOf(ticks, batchRecords, false)).toEqual(expected)
  }
})

type Keyed = KeyedStream<Tick, string>

const windows = tumblingEventTimeWindows(100)
const lateTag = outputTag<Tick>('late')

/** What becomes of records, and how many of the three that are late are dropped; joins get each of them on both sides. */
const programs: Readonly<Record<string, readonly [dropped: number, program: (ticks: Keyed) => DataStream<unknown>]>> = {
  'windows with an aggregate': [3, (ticks) => ticks.window(windows).reduce((a) => a)],
  'windows with a function': [3, (ticks) => ticks.window(windows).apply((ticks) => ticks)],
  'windows with a side output': [
    0,
    (ticks) =>
      ticks
        .window(windows)
        .sideOutputLateData(lateTag)
        .reduce((a) => a),
  ],
  'windows that stay open for long': [
    0,
    (ticks) =>
      ticks
        .window(windows)
        .allowedLateness(500)
        .reduce((a) => a),
  ],
  sessions: [3, (ticks) => ticks.window(eventTimeSessionWindows(30)).reduce((a) => a)],
  'interval joins': [
    6,
    (ticks) =>
      ticks
        .intervalJoin(ticks)
        .between(-5, 5)
        .process({ element() {} }),
  ],
  'window joins': [
    6,
    (ticks) =>
      ticks
        .join(ticks)
        .where(({ key }) => key)
        .equalTo(({ key }) => key)
        .window(windows)
        .apply((one) => one),
  ],
}

it.each(Object.entries(programs))('are counted when they are dropped: %s', async (_name, [dropped, program]) => {
  const tick = (time: number, mark?: number): Tick => ({
    id: time,
    key: 'a',
    time,
    ...(mark !== undefined && { mark }),
  })
  const feed = new Feed([tick(150), tick(250, 200)])
  const env = StreamEnvironment.create()
  program(env.fromSource(feed.source, byMarks).keyBy(({ key }) => key)).sinkTo(toArray<unknown>([]))
  const process = new SimulatedProcess()
  const observed = await process.submit(env)
  const counts = () => observed.job.graph.vertices.flatMap(({ id }) => observed.job.counts().get(id)!)
  const count = () => counts().reduce((sum, { lateRecordsDropped }) => sum + lateRecordsDropped, 0)
  await process.until(() => counts().some(({ currentInputWatermark }) => currentInputWatermark === 200))
  expect(count()).toBe(0)
  feed.push(tick(10), tick(20), tick(30), tick(260))
  await process.until(() => feed.read === feed.size && count() === dropped)
  feed.end()
  expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
  expect(count()).toBe(dropped)
})
