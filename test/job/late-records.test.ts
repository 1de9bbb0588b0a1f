/** Which records are late, in whole jobs: with punctuated watermarks the records alone decide. */
import { expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { Random } from '../../src/core/random.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
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
