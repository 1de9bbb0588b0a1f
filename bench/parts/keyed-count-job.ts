/** The keyed count as a job: source → keyBy → process with value state → sink. */
import { type JobOptions, type SessionOptions, StreamEnvironment } from 'tidemark'
import { check } from '../workload.ts'
import { type Counted, countByKey } from './count-by-key.ts'
import { tableSource } from './table-source.ts'
import { TallySink } from './tally-sink.ts'
import { timeRecords } from './time-records.ts'

export interface KeyedCount {
  readonly table: readonly string[]
  readonly records: number
  readonly options?: JobOptions
  /** Where state is kept; the heap, if nothing is said. */
  readonly stateBackend?: SessionOptions['stateBackend']
}

/** Records per second; checks that every key was counted, and every record once. */
export async function keyedCountJob({ table, records, options, stateBackend }: KeyedCount): Promise<number> {
  const sink = new TallySink<number>()
  const counted: Counted = { keys: 0, records: 0 }
  const env = StreamEnvironment.create({ freezeState: false, ...options })
  countByKey(env.fromSource(tableSource(table, records)).uid('table'), counted).sinkTo(sink)
  const tookMs = await timeRecords(env, sink, records, stateBackend)
  check('the number of counted keys', counted.keys, table.length)
  check('the sum of the counts', counted.records, records)
  return records / (tookMs / 1_000)
}
