/** Ten maps, one after the other: what a stage costs that does next to nothing. */
import { StreamEnvironment } from 'tidemark'
import { clockMs, rateSince } from '../parts/stopwatch.ts'
import { tableSource } from '../parts/table-source.ts'
import { TallySink } from '../parts/tally-sink.ts'
import { timeRecords } from '../parts/time-records.ts'
import type { Size } from '../sizes.ts'
import { check, contender, ratio, short, type Workload } from '../workload.ts'

type Stage = (x: number) => number

/** Ten functions and not one ten times, as in a program. */
const stages: readonly Stage[] = [
  (x) => x + 3,
  (x) => x ^ 0x55,
  (x) => x * 3,
  (x) => x - 7,
  (x) => x & 0xfffff,
  (x) => x << 1,
  (x) => x | 1,
  (x) => x >> 2,
  (x) => x + 11,
  (x) => x % 9_973,
]

const table = Array.from({ length: 100_000 }, (_, i) => i)

/** What the results of so many records add up to. */
function expectedSum(records: number): number {
  const results = table.map((x) => stages.reduce((value, stage) => stage(value), x))
  const all = results.reduce((a, b) => a + b, 0)
  const rest = results.slice(0, records % table.length).reduce((a, b) => a + b, 0)
  return all * Math.floor(records / table.length) + rest
}

async function loop(records: number): Promise<number> {
  // Called one by one: a loop over a list of functions would cost as much as what it is the reference for.
  const [a, b, c, d, e, f, g, h, i, j] = stages as Ten
  let sum = 0
  const startMs = clockMs()
  for (let n = 0, at = 0; n < records; n++) {
    sum += j(i(h(g(f(e(d(c(b(a(table[at]!))))))))))
    if (++at === table.length) at = 0
  }
  const rate = rateSince(startMs, records)
  check('the sum of the results', sum, expectedSum(records))
  return rate
}

type Ten = [Stage, Stage, Stage, Stage, Stage, Stage, Stage, Stage, Stage, Stage]

async function tidemark(records: number): Promise<number> {
  let sum = 0
  const sink = new TallySink<number>((value) => {
    sum += value
  })
  const env = StreamEnvironment.create()
  let stream = env.fromSource(tableSource(table, records)).uid('table')
  for (const stage of stages) stream = stream.map(stage)
  stream.sinkTo(sink)
  const tookMs = await timeRecords(env, sink, records)
  check('the sum of the results', sum, expectedSum(records))
  return records / (tookMs / 1_000)
}

export const mapChain = ({ records }: Size): Workload => ({
  name: 'map-chain',
  about: `a chain of ten maps, ${short(records)} records`,
  contenders: [
    contender('ten-calls', 'a loop that calls ten functions', 'records/s', () => loop(records)),
    contender('ten-maps', 'tidemark, ten maps', 'records/s', () => tidemark(records)),
  ],
  figures: [ratio('ten maps / ten calls', 'ten-maps', 'ten-calls')],
})
