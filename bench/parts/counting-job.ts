/** A keyed count that stands still and goes on as told, to look at its state meanwhile. */
import { createSession, type JobOptions, type Session, type SessionJob, StreamEnvironment } from 'tidemark'
import { type Counted, countByKey } from './count-by-key.ts'
import { GatedSource } from './gated-source.ts'
import { TallySink } from './tally-sink.ts'

export interface CountingJob {
  readonly source: GatedSource<string>
  readonly sink: TallySink<number>
  readonly session: Session
  readonly job: SessionJob
  readonly counted: Counted
}

export interface CountingJobOptions {
  readonly keyAt: (index: number) => string
  readonly options?: JobOptions
  /** Go on from the newest checkpoint? */
  readonly resume?: boolean
}

export async function countingJob({ keyAt, options, resume = false }: CountingJobOptions): Promise<CountingJob> {
  const source = new GatedSource(keyAt)
  const sink = new TallySink<number>()
  const counted: Counted = { keys: 0, records: 0 }
  const env = StreamEnvironment.create({ name: 'count', freezeState: false, ...options })
  countByKey(env.fromSource(source).uid('keys'), counted).sinkTo(sink)
  const session = createSession()
  const job = await session.submit(env, { resume })
  return { source, sink, session, job, counted }
}
