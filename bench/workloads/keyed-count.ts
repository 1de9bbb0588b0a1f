/**
 * Keyed count: how often each of so many string keys occurs. The same input for every contender, and the table of
 * growth by number of keys.
 */
import { toArray as collect, from, groupBy, lastValueFrom, mergeMap, scan, takeLast } from 'rxjs'
import type { JobOptions } from 'tidemark'
import { type KeyOrder, keyTable } from '../parts/key-table.ts'
import { keyedCountJob } from '../parts/keyed-count-job.ts'
import { clockMs, rateSince } from '../parts/stopwatch.ts'
import { withDirectory } from '../parts/with-directory.ts'
import type { Size } from '../sizes.ts'
import { type Contender, check, contender, type Figure, ratio, short, type Workload } from '../workload.ts'

interface Input {
  readonly records: number
  readonly keys: number
  readonly order: KeyOrder
}

/** With a million groups RxJS needs gigabytes, and with many records minutes. */
const rxjsRecordsMax = 5_000_000

async function loop({ records, keys, order }: Input): Promise<number> {
  const table = keyTable(keys, order)
  const counts = new Map<string, number>()
  const startMs = clockMs()
  for (let i = 0, at = 0; i < records; i++) {
    const key = table[at]!
    counts.set(key, (counts.get(key) ?? 0) + 1)
    if (++at === table.length) at = 0
  }
  const rate = rateSince(startMs, records)
  check('the sum of the counts', sum(counts.values()), records)
  return rate
}

async function rxjs({ records, keys, order }: Input): Promise<number> {
  const table = keyTable(keys, order)
  const used = Math.min(records, rxjsRecordsMax)
  const input = (function* () {
    for (let i = 0, at = 0; i < used; i++) {
      yield table[at]!
      if (++at === table.length) at = 0
    }
  })()
  const countOf = scan((count: number) => count + 1, 0)
  const startMs = clockMs()
  const last = await lastValueFrom(
    from(input).pipe(
      groupBy((key) => key),
      mergeMap((group) => group.pipe(countOf, takeLast(1))),
      collect(),
    ),
  )
  const rate = rateSince(startMs, used)
  check('the sum of the counts', sum(last), used)
  return rate
}

const sum = (counts: Iterable<number>): number => {
  let total = 0
  for (const count of counts) total += count
  return total
}

/** `options` are those of the job: checkpoints, and a state backend when there is a choice of them. */
const tidemark = ({ records, keys, order }: Input, options: JobOptions = {}): Promise<number> =>
  keyedCountJob({ table: keyTable(keys, order), records, options })

const withCheckpoints = (input: Input): Promise<number> =>
  withDirectory((dir) => tidemark(input, { checkpoint: { intervalMs: 1_000, storage: { kind: 'filesystem', dir } } }))

/** The three that are measured at every number of keys. */
function contendersOf(input: Input): readonly Contender[] {
  const suffix = suffixOf(input)
  const inOrder = input.order === 'shuffled' ? ', shuffled' : ''
  const about = (what: string) => `${what}, ${short(input.keys)} keys${inOrder}`
  return [
    contender(`loop-${suffix}`, about('a loop over a Map'), 'records/s', () => loop(input)),
    contender(`tidemark-${suffix}`, about('tidemark'), 'records/s', () => tidemark(input)),
    contender(`checkpoints-${suffix}`, about('tidemark, checkpoints'), 'records/s', () => withCheckpoints(input)),
  ]
}

const suffixOf = ({ keys, order }: Input): string => (order === 'shuffled' ? `${short(keys)}-shuffled` : short(keys))

/** `wanted` only where the targets were set: at 100,000 keys. */
function figuresOf(input: Input, wanted: boolean): readonly Figure[] {
  const suffix = suffixOf(input)
  const least = (atLeast: number) => (wanted ? { atLeast } : undefined)
  return [
    ratio(`with checkpoints / loop, ${suffix}`, `checkpoints-${suffix}`, `loop-${suffix}`, least(0.6)),
    ratio(`with checkpoints / without, ${suffix}`, `checkpoints-${suffix}`, `tidemark-${suffix}`, least(0.95)),
    ratio(`cost of a record / of the loop's, ${suffix}`, `loop-${suffix}`, `tidemark-${suffix}`),
  ]
}

export function keyedCount({ records, keys, otherKeys, growthRecords }: Size): Workload {
  const input: Input = { records, keys, order: 'cyclic' }
  const shuffled: Input = { ...input, order: 'shuffled' }
  const others = otherKeys.map((keys): Input => ({ records: growthRecords, keys, order: 'cyclic' }))
  const suffix = suffixOf(input)
  const rxjsName = `rxjs-${suffix}`
  return {
    name: 'keyed-count',
    about: `keyed count, ${short(records)} records; ${short(growthRecords)} at other numbers of keys`,
    contenders: [
      ...contendersOf(input),
      contender(rxjsName, `RxJS groupBy + scan, ${short(keys)} keys`, 'records/s', () => rxjs(input)),
      ...contendersOf(shuffled),
      ...others.flatMap(contendersOf),
    ],
    figures: [
      ...figuresOf(input, true),
      ratio(`with checkpoints / RxJS, ${suffix}`, `checkpoints-${suffix}`, rxjsName, { atLeast: 5 }),
      ...figuresOf(shuffled, true),
      ...others.flatMap((other) => figuresOf(other, false)),
    ],
  }
}
