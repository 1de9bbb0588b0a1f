/**
 * From event to output: how long after it was due an event has been counted and is at the sink, at half of the highest
 * rate and at a low one, with a checkpoint to disk each second. The reference is a loop that takes portions of events,
 * counts them in a Map and gives the event loop back between two portions.
 */
import { StreamEnvironment, valueState } from 'tidemark'
import { DelayHistogram } from '../parts/delay-histogram.ts'
import { keyTable } from '../parts/key-table.ts'
import { Pace, type PacedEvent, pacedSource } from '../parts/paced-source.ts'
import { clockMs } from '../parts/stopwatch.ts'
import { TallySink } from '../parts/tally-sink.ts'
import { timeRecords } from '../parts/time-records.ts'
import { withDirectory } from '../parts/with-directory.ts'
import type { Size } from '../sizes.ts'
import { type Contender, check, type Figure, ratio, type Workload } from '../workload.ts'

/** Lets all events of a pace through, and tells the delay of each. */
type Pipe = (pace: Pace, see: (event: PacedEvent, nowMs: number) => void) => Promise<void>

const lowPerSecond = 1_000
const portion = 256

const loop: Pipe = async (pace, see) => {
  const counts = new Map<string, number>()
  while (!pace.ended) {
    for (const event of pace.take(portion)) {
      counts.set(event.key, (counts.get(event.key) ?? 0) + 1)
      see(event, clockMs())
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  let counted = 0
  for (const count of counts.values()) counted += count
  check('the sum of the counts', counted, pace.total)
}

const tidemark: Pipe = (pace, see) =>
  withDirectory(async (dir) => {
    const counted = { records: 0 }
    const sink = new TallySink<PacedEvent>((event) => see(event, clockMs()))
    const env = StreamEnvironment.create({
      freezeState: false,
      checkpoint: { intervalMs: 1_000, storage: { kind: 'filesystem', dir } },
    })
    env
      .fromSource(pacedSource(pace))
      .uid('events')
      .keyBy(({ key }) => key)
      .process({
        output: {} as PacedEvent,
        state: { count: valueState(0) },
        element(event, ctx) {
          ctx.state.count.update(ctx.state.count.value() + 1)
          ctx.emit(event)
        },
        endOfKey(ctx) {
          counted.records += ctx.state.count.value()
        },
      })
      .uid('count')
      .sinkTo(sink)
    await timeRecords(env, sink, pace.total)
    check('the sum of the counts', counted.records, pace.total)
  })

async function latencies(name: string, pipe: Pipe, { keys, flowMs }: Size): Promise<Readonly<Record<string, number>>> {
  const table = keyTable(keys)
  const highest = await highestRate(pipe, table, flowMs)
  const half = await delays(pipe, new Pace(table, highest / 2, Math.ceil((highest / 2) * (flowMs / 1_000))))
  const low = await delays(pipe, new Pace(table, lowPerSecond, Math.ceil(lowPerSecond * (flowMs / 1_000))))
  return {
    [`${name}-highest`]: highest,
    ...percentiles(`${name}-half`, half),
    ...percentiles(`${name}-low`, low),
  }
}

/** Events per second when they wait for nothing; a first, shorter flow warms up. */
async function highestRate(pipe: Pipe, table: readonly string[], flowMs: number): Promise<number> {
  let perSecond = 500_000
  for (const partMs of [flowMs / 4, flowMs]) {
    const total = Math.ceil(perSecond * (partMs / 1_000))
    const startMs = clockMs()
    let lastMs = startMs
    await pipe(new Pace(table, Number.POSITIVE_INFINITY, total), (_event, nowMs) => {
      lastMs = nowMs
    })
    perSecond = total / ((lastMs - startMs) / 1_000)
  }
  return perSecond
}

async function delays(pipe: Pipe, pace: Pace): Promise<DelayHistogram> {
  const histogram = new DelayHistogram()
  // While a job starts, events pile up that no running job would have let wait.
  const warmUp = pace.total / 4
  let seen = 0
  await pipe(pace, ({ dueMs }, nowMs) => {
    if (++seen > warmUp) histogram.add(nowMs - dueMs)
  })
  check('the number of events seen', seen, pace.total)
  return histogram
}

const percents = [50, 99, 99.9]

const percentiles = (name: string, histogram: DelayHistogram): Readonly<Record<string, number>> =>
  Object.fromEntries(percents.map((percent) => [`${name}-p${percent}`, histogram.percentileMs(percent)]))

function eventContender(name: string, about: string, pipe: Pipe, size: Size): Contender {
  const delaysAt = (load: string, rate: string) =>
    percents.map((percent) => [`${name}-${load}-p${percent}`, { about: `${about}, ${rate}, p${percent}`, unit: 'ms' }])
  return {
    name: `${name}-latency`,
    rows: {
      [`${name}-highest`]: { about: `${about}, as fast as it goes`, unit: 'records/s' },
      ...Object.fromEntries([...delaysAt('half', 'half load'), ...delaysAt('low', `${lowPerSecond}/s`)]),
    },
    run: () => latencies(name, pipe, size),
  }
}

export const eventLatency = (size: Size): Workload => ({
  name: 'event-latency',
  about: 'from the moment an event is due to its output, checkpoints each second',
  contenders: [
    eventContender('paced-loop', 'a loop', loop, size),
    eventContender('events', 'tidemark', tidemark, size),
  ],
  figures: ['half', 'low'].flatMap((load) =>
    percents.map((percent): Figure => {
      const row = `${load}-p${percent}`
      return ratio(`delay / the loop's, ${load} load, p${percent}`, `events-${row}`, `paced-loop-${row}`)
    }),
  ),
})
