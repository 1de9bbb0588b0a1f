/**
 * Growth by number of subtasks: the keyed count in ever more subtasks of one thread, which share nothing but its time.
 * Half of them are sources, half count; every source sends to every counter.
 */
import { StreamEnvironment } from 'tidemark'
import { keyTable } from '../parts/key-table.ts'
import { keyedCountJob } from '../parts/keyed-count-job.ts'
import { tableSource } from '../parts/table-source.ts'
import { TallySink } from '../parts/tally-sink.ts'
import { timeRecords } from '../parts/time-records.ts'
import type { Size } from '../sizes.ts'
import { check, contender, type Figure, ratio, short, type Workload } from '../workload.ts'

/** One subtask exchanges nothing, so it has no keyed state either: it counts in a variable. */
async function alone({ keys, records }: Size): Promise<number> {
  const counts = new Map<string, number>()
  const sink = new TallySink<number>()
  const env = StreamEnvironment.create()
  env
    .fromSource(tableSource(keyTable(keys), records))
    .uid('table')
    .map((key) => {
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return count
    })
    .sinkTo(sink)
  const tookMs = await timeRecords(env, sink, records)
  check('the number of counted keys', counts.size, keys)
  return records / (tookMs / 1_000)
}

const together = (subtasks: number, { keys, records }: Size): Promise<number> =>
  keyedCountJob({ table: keyTable(keys), records, options: { parallelism: subtasks / 2 } })

const nameOf = (subtasks: number): string => `subtasks-${subtasks}`

export const subtasks = (size: Size): Workload => ({
  name: 'subtasks',
  about: `keyed count by number of subtasks, ${short(size.keys)} keys, ${short(size.records)} records`,
  contenders: size.subtasks.map((n) =>
    n === 1
      ? contender(nameOf(n), '1 subtask, counts in a variable', 'records/s', () => alone(size))
      : contender(nameOf(n), `${n} subtasks`, 'records/s', () => together(n, size)),
  ),
  figures: size.subtasks.flatMap((n): Figure[] => [
    ...(n > 1 ? [ratio(`cost of a record, ${n} subtasks / 1 subtask`, nameOf(1), nameOf(n))] : []),
    ...(n > 2 ? [ratio(`cost of a record, ${n} subtasks / 2 subtasks`, nameOf(2), nameOf(n))] : []),
  ]),
})
