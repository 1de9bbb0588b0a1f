/**
 * Counts per key in sliding windows, against tumbling ones of the same input: what a record costs, and what a result does.
 *
 * Every key is there in every second, and no window fires after the last record, so all contenders give as many results:
 * one per key and second. Measured is the time to the last of them.
 */
import {
  createSession,
  StreamEnvironment,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  WatermarkStrategy,
} from 'tidemark'
import { keyTable } from '../parts/key-table.ts'
import { recordsIn, type Seconds, secondSource } from '../parts/second-source.ts'
import { clockMs } from '../parts/stopwatch.ts'
import { TallySink } from '../parts/tally-sink.ts'
import type { Size } from '../sizes.ts'
import { type Contender, check, contender, type Figure, ratio, short, type Workload } from '../workload.ts'

const count = {
  createAccumulator: () => 0,
  add: (_key: string, n: number) => n + 1,
  merge: (a: number, b: number) => a + b,
  getResult: (n: number) => n,
}

/** Microseconds per record, and what it costs that windows fire. Windows of `size` seconds end every second. */
async function counts(size: number, input: Seconds): Promise<number> {
  const { table, perSecond, seconds } = input
  let sum = 0
  const sink = new TallySink<number>((n) => {
    sum += n
  })
  const env = StreamEnvironment.create({ freezeState: false, autoWatermarkIntervalMs: 0 })
  env
    .fromSource(secondSource(input))
    .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps())
    .keyBy((key) => key)
    .window(size === 1 ? tumblingEventTimeWindows(1_000) : slidingEventTimeWindows(size * 1_000, 1_000))
    .aggregate(count)
    .sinkTo(sink)
  // The last second is not over, as far as the watermark knows.
  const results = table.length * (seconds - 1)
  const session = createSession()
  const startMs = clockMs()
  const job = await session.submit(env, { name: 'benchmark' })
  await Promise.race([sink.reached(results), job.done])
  const tookMs = clockMs() - startMs
  await job.cancel()
  await session.close()
  check('the number of results', sink.records, results)
  check('the sum of the counts', sum, table.length * perSecond * countsOfOneKey(size, seconds - 1))
  return (tookMs * 1_000) / recordsIn(input)
}

/** In how many windows the seconds are, of those that end with one of them. */
function countsOfOneKey(size: number, seconds: number): number {
  let sum = 0
  for (let end = 1; end <= seconds; end++) sum += Math.min(end, size)
  return sum
}

const nameOf = (size: number): string =>
  size === 1 ? 'tumbling-1s' : size === 3_600 ? 'sliding-1h' : `sliding-${size}s`

interface Group {
  /** Behind the names of its contenders. */
  readonly suffix: string
  readonly about: string
  readonly keys: number
  readonly perSecond: number
  readonly seconds: number
  /** Of the windows, in seconds. */
  readonly sizes: readonly number[]
}

const contendersOf = ({ suffix, about, keys, perSecond, seconds, sizes }: Group): readonly Contender[] =>
  sizes.map((size) =>
    contender(`${nameOf(size)}-${suffix}`, `${nameOf(size)}, ${about}`, 'µs', () =>
      counts(size, { table: keyTable(keys), perSecond, seconds }),
    ),
  )

const figuresOf = ({ suffix, sizes }: Group): readonly Figure[] =>
  sizes
    .filter((size) => size > 1)
    .map((size) =>
      ratio(`${nameOf(size)} / tumbling-1s, ${suffix}`, `${nameOf(size)}-${suffix}`, `tumbling-1s-${suffix}`),
    )

/** Windows of all lengths cost the same. */
const growthOf = ({ suffix }: Group): Figure =>
  ratio(`sliding-1h / sliding-10s, ${suffix}`, `sliding-1h-${suffix}`, `sliding-10s-${suffix}`, { atMost: 1.5 })

export function sliding({ windowKeys, windowSeconds, hourKeys, hourSeconds, hotRecords }: Size): Workload {
  const hotKeys = 1_000
  const hotSeconds = 20
  const records: Group = {
    suffix: 'records',
    about: `${short(hotKeys)} keys with ${hotRecords} records a second`,
    keys: hotKeys,
    perSecond: hotRecords,
    seconds: hotSeconds,
    sizes: [1, 10, 60, 3_600],
  }
  const results: Group = {
    suffix: 'results',
    about: `${short(windowKeys)} keys with one record a second`,
    keys: windowKeys,
    perSecond: 1,
    seconds: windowSeconds,
    sizes: [1, 10, 60, 3_600],
  }
  const hour: Group = {
    suffix: 'past-the-hour',
    about: `${short(hourKeys)} keys for ${hourSeconds} s`,
    keys: hourKeys,
    perSecond: 1,
    seconds: hourSeconds,
    sizes: [1, 3_600],
  }
  const groups = [records, results, hour]
  return {
    name: 'sliding',
    about: 'counts in sliding windows, microseconds per record with its share of the results',
    contenders: groups.flatMap(contendersOf),
    figures: [...groups.flatMap(figuresOf), growthOf(records), growthOf(results)],
  }
}
