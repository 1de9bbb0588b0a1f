import { createSession, type SessionOptions, type StreamEnvironment } from 'tidemark'
import { check } from '../workload.ts'
import { clockMs } from './stopwatch.ts'
import type { TallySink } from './tally-sink.ts'

/**
 * Runs a bounded program to its end and gives the milliseconds from its submission to the last record at its sink: what
 * comes after that, the last checkpoint and the check of the result, does not grow with the number of records.
 */
export async function timeRecords<T>(
  env: StreamEnvironment,
  sink: TallySink<T>,
  records: number,
  stateBackend?: SessionOptions['stateBackend'],
): Promise<number> {
  const session = createSession(stateBackend === undefined ? {} : { stateBackend })
  const startMs = clockMs()
  const job = await session.submit(env, { name: 'benchmark' })
  // A job that fails never gets there.
  await Promise.race([sink.reached(records), job.done])
  const tookMs = clockMs() - startMs
  const { status, error } = await job.done
  if (status !== 'FINISHED') throw new Error(`The job is ${status}: ${error?.message}`)
  await session.close()
  check('the number of records at the sink', sink.records, records)
  return tookMs
}
