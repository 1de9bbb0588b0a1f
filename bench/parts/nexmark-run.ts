/**
 * One query as the official V2 runner measures it: the first three quarters of the events build up state and end with a
 * checkpoint; the job is restarted from it, and only the rest is timed.
 */
import { createSession, type Session, type SessionJob, StreamEnvironment } from 'tidemark'
import type { NexmarkOptions } from '../../examples/nexmark/generator.ts'
import type { NexmarkQuery } from '../../examples/nexmark/query.ts'
import { inEventTime, nexmarkSource } from '../../examples/nexmark/source.ts'
import { heldSource } from '../../scripts/rescale/held-source.ts'
import { check } from '../workload.ts'
import { clockMs } from './stopwatch.ts'
import { TallySink } from './tally-sink.ts'
import { withDirectory } from './with-directory.ts'

export interface NexmarkTimes {
  readonly eventsPerSecond: number
  /** Per second of the processor time of the whole process, collector and writing of checkpoints included. */
  readonly eventsPerCore: number
  /** From the submission until all subtasks run. */
  readonly restoreMs: number
  /** Of the checkpoint that the job was restarted from. */
  readonly checkpointBytes: number
}

interface Part {
  readonly query: NexmarkQuery
  readonly load: NexmarkOptions
  readonly dir: string
  /** Stand still after so many events. */
  readonly holdAfter: number | undefined
}

interface Run {
  readonly session: Session
  readonly job: SessionJob
  readonly sink: TallySink<unknown>
  /** It stands still. */
  readonly given: Promise<void>
}

/** With a checkpoint each second to disk. One subtask of each operator: all of them in one thread. */
export const timeNexmark = (query: NexmarkQuery, load: NexmarkOptions): Promise<NexmarkTimes> =>
  withDirectory(async (dir) => {
    const before = Math.floor((load.events * 3) / 4)
    const checkpointBytes = await buildState(await begin({ query, load, dir, holdAfter: before }))
    globalThis.gc?.()

    const startMs = clockMs()
    const { session, job, sink } = await begin({ query, load, dir, holdAfter: undefined })
    await running(job)
    const runMs = clockMs()
    const cpu = process.cpuUsage()
    const { status, error } = await job.done
    const seconds = (clockMs() - runMs) / 1_000
    const { user, system } = process.cpuUsage(cpu)
    if (status !== 'FINISHED') throw new Error(`The job is ${status}: ${error?.message}`)
    await session.close()
    check('whether there are rows', Number(sink.records > 0), 1)
    const events = load.events - before
    return {
      eventsPerSecond: events / seconds,
      eventsPerCore: events / ((user + system) / 1e6),
      restoreMs: runMs - startMs,
      checkpointBytes,
    }
  })

async function begin({ query, load, dir, holdAfter }: Part): Promise<Run> {
  const env = StreamEnvironment.create({
    name: query.name,
    freezeState: false,
    checkpoint: { intervalMs: 1_000, storage: { kind: 'filesystem', dir } },
  })
  let allGiven = (): void => {}
  const given = new Promise<void>((resolve) => {
    allGiven = resolve
  })
  let left = holdAfter
  const heard = (records: number): void => {
    if (left === undefined) return
    left -= records
    if (left === 0) allGiven()
  }
  const source = heldSource(nexmarkSource(load), { after: holdAfter, parallelism: 1, heard })
  const sink = new TallySink<unknown>()
  query.build(inEventTime(env.fromSource(source).uid('events'))).sinkTo(sink)
  const session = createSession()
  return { session, job: await session.submit(env, { resume: true }), sink, given }
}

/** Gives the bytes of the checkpoint that holds it. */
async function buildState({ session, job, given }: Run): Promise<number> {
  let bytes = 0
  job.events.subscribe((event) => {
    if (event.type === 'checkpoint-completed') bytes = event.stateBytes
  })
  await Promise.race([given, job.done])
  await job.triggerCheckpoint()
  await session.close()
  return bytes
}

const running = (job: SessionJob): Promise<void> =>
  new Promise((resolve) => {
    job.status.subscribe({ next: (status) => status === 'RUNNING' && resolve(), complete: resolve })
  })
