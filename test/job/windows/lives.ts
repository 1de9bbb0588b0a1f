/** Runs a job through several processes, each ended by a kill, a stop with a savepoint or the end of the input, and gives what came out. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import { StreamError } from '../../../src/core/errors.ts'
import type { SubmitOptions } from '../../../src/job/session.ts'
import { Storages } from '../../../src/job/storages.ts'
import type { Sink } from '../../../src/operators/endpoints.ts'
import type { StreamEnvironment } from '../../../src/program/environment.ts'
import type { JobOptions } from '../../../src/program/options.ts'
import { PortionSink } from '../divided-endpoints.ts'
import { type ObservedJob, SimulatedProcess } from '../simulated-process.ts'
import type { JobSpec, Life } from './window-case.ts'

export interface Lived {
  /** Sorted. */
  readonly lines: readonly string[]
  /** What happened, so that a test can see that it did. */
  readonly came: ReadonlySet<string>
}

export async function live(
  spec: JobSpec,
  program: (options: JobOptions, sink: Sink<string>) => StreamEnvironment,
): Promise<Lived> {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-windows-'))
  const storages = new Storages()
  const output = new PortionSink<string>()
  const came = new Set<string>()
  let from: SubmitOptions = {}
  // Time goes on from process to process: the newest job is told by it.
  let startMs = 0
  try {
    for (const [index, life] of spec.lives.entries()) {
      const stateBackend = spec.backend === 'heap' ? heapStateBackend : lmdbStateBackend({ dir, cacheEntries: 4 })
      const process = new SimulatedProcess({ seed: life.seed, startMs, storages, stateBackend, lateness: true })
      const observed = await submit(process, program(optionsOf(spec, life), output.sink), from)
      if (observed === undefined) break
      const last = index === spec.lives.length - 1
      const next = last ? undefined : await endEarly(process, observed, life)
      if (next === undefined) await observed.done()
      expect(process.crashes).toEqual([])
      if (next === undefined) break
      came.add(life.end)
      if (spec.lives[index + 1]!.parallelism !== life.parallelism) came.add('rescaled')
      from = next
      startMs = process.simulated.clock.now() + 1
    }
    return { lines: output.shown.toSorted(), came }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Undefined: the job had noted its end before it was killed. */
async function submit(
  process: SimulatedProcess,
  env: StreamEnvironment,
  from: SubmitOptions,
): Promise<ObservedJob | undefined> {
  try {
    return await process.submit(env, from)
  } catch (error) {
    if (error instanceof StreamError && error.code === 'JOB_FINISHED') return undefined
    throw error
  }
}

const optionsOf = ({ unaligned, incremental }: JobSpec, { parallelism, batchRecords }: Life): JobOptions => ({
  name: 'windows',
  parallelism,
  batchRecords,
  checkpoint: { intervalMs: 4, unaligned, incremental, inlineStateBytes: 0, tolerableFailures: 1_000 },
})

/** How the next process goes on; undefined when the job has ended before. */
async function endEarly(
  process: SimulatedProcess,
  observed: ObservedJob,
  { end, steps }: Life,
): Promise<SubmitOptions | undefined> {
  const over = () => observed.job.endedAt !== undefined
  await process.until(() => over() || observed.completed.length > 0)
  for (let left = steps; left > 0 && !over(); left--) await process.simulated.step()
  if (over()) return undefined
  if (end === 'kill') return { resume: true }
  try {
    return { fromSavepoint: await process.settle(observed.job.stop()) }
  } catch {
    // It had ended, or was about to.
    return over() ? undefined : { resume: true }
  }
}
