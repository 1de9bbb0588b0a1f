/** A keyed count that stands still and goes on as told, to look at its state meanwhile. */
import { createSession, type JobOptions, type Session, type SessionJob, StreamEnvironment, valueState } from 'tidemark'
import { GatedSource } from './gated-source.ts'
import { TallySink } from './tally-sink.ts'

export interface CountingJob {
  readonly source: GatedSource<string>
  readonly sink: TallySink<number>
  readonly session: Session
  readonly job: SessionJob
  /** Filled at the end of the input. */
  readonly counted: { keys: number; records: number }
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
  const counted = { keys: 0, records: 0 }
  const env = StreamEnvironment.create({ name: 'count', freezeState: false, ...options })
  env
    .fromSource(source)
    .uid('keys')
    .keyBy((key) => key)
    .process({
      output: 0 as number,
      state: { count: valueState(0) },
      element(_key, ctx) {
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        ctx.emit(count)
      },
      endOfKey(ctx) {
        counted.keys++
        counted.records += ctx.state.count.value()
      },
    })
    .uid('count')
    .sinkTo(sink)
  const session = createSession()
  const job = await session.submit(env, { resume })
  return { source, sink, session, job, counted }
}
