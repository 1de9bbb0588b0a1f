/** Whole jobs that go on at another parallelism: with keyed state of every kind, timers, splits and pending output. */
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import type { StateBackend } from '../../src/backends/state-backend.ts'
import type { SubmitOptions } from '../../src/job/session.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram } from './count-program.ts'
import { PartitionedFeed, PortionSink, wholeSink } from './divided-endpoints.ts'
import { everyKind, expectedLines, timersDue } from './every-kind-program.ts'
import { type ObservedJob, SimulatedProcess } from './simulated-process.ts'

const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`)
const parallelisms = [1, 3, 2, 7, 4]

interface Way {
  readonly title: string
  readonly backends: readonly (() => StateBackend)[]
  readonly incremental: boolean
  /** Leaves the job so that the next phase goes on from what it returns. */
  readonly leave: (process: SimulatedProcess, observed: ObservedJob) => Promise<SubmitOptions>
}

const heap = () => heapStateBackend
const lmdb = () => lmdbStateBackend({ dir: temporaryDir(), cacheEntries: 4 })

const stopped = async (process: SimulatedProcess, observed: ObservedJob): Promise<SubmitOptions> => ({
  fromSavepoint: await process.settle(observed.job.stop({ savepoint: temporaryDir() })),
})

/** The process is not stepped any more: what it had not written is gone. */
const killed = async (_process: SimulatedProcess, observed: ObservedJob): Promise<SubmitOptions> => {
  await observed.completes(3)
  return { resume: true }
}

const ways: readonly Way[] = [
  { title: 'by savepoints, on the heap', backends: [heap], incremental: false, leave: stopped },
  { title: 'by savepoints, in lmdb', backends: [lmdb], incremental: false, leave: stopped },
  { title: 'by savepoints of incremental checkpoints', backends: [heap], incremental: true, leave: stopped },
  { title: 'killed and resumed, on the heap', backends: [heap], incremental: false, leave: killed },
  { title: 'killed and resumed, incremental, in lmdb', backends: [lmdb], incremental: true, leave: killed },
  { title: 'killed and resumed, from backend to backend', backends: [heap, lmdb], incremental: true, leave: killed },
]

describe('a job with every kind of state', () => {
  it.each(ways)('goes on at parallelism 1, 3, 2, 7 and 4: $title', async ({ backends, incremental, leave }) => {
    const dir = temporaryDir()
    const feed = new PartitionedFeed<string>(5)
    const output = new PortionSink<string>()
    const pushed: string[] = []
    let from: SubmitOptions = {}
    for (const [phase, parallelism] of parallelisms.entries()) {
      const last = phase === parallelisms.length - 1
      const process = new SimulatedProcess({ seed: phase + 1, stateBackend: backends[phase % backends.length]!() })
      const env = everyKind(feed.source, output.sink, {
        parallelism,
        checkpoint: { intervalMs: last ? 600_000 : 100, incremental, storage: { kind: 'filesystem', dir } },
      })
      const observed = await process.submit(env, from)
      const more = keys.filter((_, i) => (i + phase) % 3 !== 0)
      pushed.push(...more)
      feed.push(...more)
      await process.until(() => feed.drained)
      await observed.is('RUNNING')
      if (!last) from = await leave(process, observed)
      else {
        await process.pass(timersDue - process.simulated.clock.now())
        feed.end()
        expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
      }
      expect(process.crashes).toEqual([])
    }
    expect(output.shown.toSorted()).toEqual(expectedLines(pushed))
  })
})

describe('a job that goes on at another parallelism', () => {
  const words = ['to', 'be', 'or', 'not', 'to', 'be']

  async function saved(sink = new PortionSink<Counted>().sink) {
    const feed = new PartitionedFeed<string>(2)
    feed.push(...words)
    const process = new SimulatedProcess()
    const program = (parallelism: number, maxParallelism?: number) =>
      countProgram(feed.source, [], { parallelism, ...(maxParallelism && { maxParallelism }) }, { sink })
    const observed = await process.submit(program(2))
    await process.until(() => feed.drained)
    await observed.is('RUNNING')
    return { process, program, path: await process.settle(observed.job.stop()) }
  }

  it('may have one subtask for each key group, and no more', async () => {
    const { process, program, path } = await saved()
    await expect(process.submit(program(129), { fromSavepoint: path })).rejects.toMatchObject({
      code: 'RESTORE_MAX_PARALLELISM_MISMATCH',
      message: expect.stringContaining(
        'Operator "count" (uid "count") has parallelism 129, but its state has 128 key groups',
      ),
    })
    await expect(process.submit(program(3, 64), { fromSavepoint: path })).rejects.toMatchObject({
      code: 'RESTORE_MAX_PARALLELISM_MISMATCH',
    })
    const observed = await process.submit(program(128), { fromSavepoint: path })
    await observed.is('RUNNING')
  })

  it('keeps its number of key groups, where its new parallelism would have another', async () => {
    const { process, program, path } = await saved()
    const observed = await process.submit(program(100), { fromSavepoint: path })
    expect(observed.job.graph.vertices.map(({ maxParallelism }) => maxParallelism)).toEqual([256, 128])
  })

  it('is refused by name when a sink keeps one value per subtask, and nothing starts', async () => {
    const { process, program, path } = await saved(wholeSink)
    await expect(process.submit(program(3), { fromSavepoint: path })).rejects.toMatchObject({
      code: 'RESTORE_PARALLELISM_MISMATCH',
      message: expect.stringContaining('Operator "out" (uid "out") has parallelism 3'),
    })
    expect(process.session.jobs()).toHaveLength(1)
    const observed = await process.submit(program(2), { fromSavepoint: path })
    await observed.is('RUNNING')
  })
})
