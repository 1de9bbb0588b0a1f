/**
 * Clients that ask for a savepoint, await it and ask again, over a bounded job with periodic checkpoints, one run per
 * seed: neither keeps the other waiting, and snapshots in flight at once do not disturb each other's alignment.
 */
import { describe, expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { limits } from '../../src/core/limits.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { type ObservedJob, SimulatedProcess } from '../job/simulated-process.ts'
import { exactlyOnceProblems } from './run-problems.ts'
import { type Counted, keyOf, records } from './simulated-run.ts'

/** A job that nothing holds up ends within a tenth of this. */
const stepsMax = 150_000

/** Two sources feed both subtasks of a keyed count, so each of those aligns four channels. */
function program(output: Counted[]): StreamEnvironment {
  const env = StreamEnvironment.create({
    name: 'savepoint loops',
    parallelism: 2,
    batchRecords: 4,
    checkpoint: { intervalMs: 20, maxConcurrent: 1 },
  })
  const half = records / 2
  const from = (first: number) => generate({ count: half, ratePerSecond: 400, at: (index) => first + index })
  env
    .fromSource(from(0))
    .uid('left')
    .union(env.fromSource(from(half)).uid('right'))
    .keyBy(keyOf)
    .process({
      output: {} as Counted,
      state: { count: valueState<number>(0) },
      element(index, ctx) {
        ctx.state.count.update(ctx.state.count.value() + 1)
        ctx.emit({ key: ctx.key, index, count: ctx.state.count.value() })
      },
    })
    .uid('count')
    .rebalance()
    .sinkTo(toArray(output))
    .uid('out')
  return env
}

async function asksAgainAndAgain({ job }: ObservedJob, paths: string[]): Promise<void> {
  while (job.endedAt === undefined) {
    try {
      paths.push(await job.triggerSavepoint())
    } catch {
      // The job has no snapshots to give while it starts and ends: ask again in a moment.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
  }
}

async function run(seed: number, clients: number) {
  const output: Counted[] = []
  let mostAtOnce = 0
  const pending = new Set<number>()
  const process = new SimulatedProcess({ seed, lateness: true })
  const observed = await process.submit(program(output))
  observed.job.events.subscribe((event) => {
    if (event.type === 'checkpoint-triggered' && event.kind === 'savepoint') pending.add(event.checkpointId)
    if (event.type === 'checkpoint-completed' || event.type === 'checkpoint-aborted') pending.delete(event.checkpointId)
    mostAtOnce = Math.max(mostAtOnce, pending.size)
  })
  const paths: string[] = []
  for (let client = 0; client < clients; client++) void asksAgainAndAgain(observed, paths)
  await process.until(() => observed.job.endedAt !== undefined, stepsMax)
  const done = observed.of('checkpoint-completed')
  return {
    output,
    paths,
    mostAtOnce,
    status: (await observed.job.done).status,
    checkpoints: done.filter(({ kind }) => kind === 'checkpoint').length,
    aborted: observed.of('checkpoint-aborted'),
    crashes: process.crashes,
  }
}

describe('savepoints in loops beside periodic checkpoints', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('both go on and the job finishes (seed %i, 4 clients)', async (seed) => {
    const { output, status, paths, checkpoints, aborted, crashes } = await run(seed, 4)
    expect(status).toBe('FINISHED')
    expect(exactlyOnceProblems(output)).toEqual([])
    expect(checkpoints).toBeGreaterThan(3)
    expect(paths.length).toBeGreaterThan(3)
    expect(aborted.filter(({ reason }) => /SUPERSEDED|SUBSUMED/.test(reason))).toEqual([])
    expect(crashes).toEqual([])
  })

  it.each([1, 2])('never more of them at once than their bound (seed %i, 30 clients)', async (seed) => {
    const { output, status, mostAtOnce, checkpoints } = await run(seed, 30)
    expect([status, exactlyOnceProblems(output)]).toEqual(['FINISHED', []])
    expect(mostAtOnce).toBe(limits.savepointsInFlightMax)
    expect(checkpoints).toBeGreaterThan(3)
  })
})
