/** Runs one job through the deaths of its processes, each time at the next parallelism. */
import { assert } from '../../src/core/errors.ts'
import type { SubtaskState } from '../../src/core/state-handles.ts'
import type { Storages } from '../../src/job/storages.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'
import { SimulatedProcess } from './simulated-process.ts'

export interface Fate {
  readonly seed: number
  /** After how many steps each process dies; those after the last live on. */
  readonly deaths: readonly number[]
  /** Of the processes, in turn. */
  readonly parallelisms: readonly number[]
  readonly stored?: (state: SubtaskState) => void
}

/** To its end. Gives how often it was resumed from a checkpoint. */
export async function runThroughDeaths(
  program: (parallelism: number) => StreamEnvironment,
  { seed, deaths, parallelisms, stored }: Fate,
): Promise<number> {
  let storages: Storages | undefined
  let resumed = 0
  for (let n = 0; ; n++) {
    const process = new SimulatedProcess({
      seed: seed * 100 + n,
      lateness: true,
      tap: ({ event }) => {
        if (event.type === 'snapshot.stored') stored?.((event as unknown as { state: SubtaskState }).state)
      },
      ...(storages && { storages }),
    })
    storages = process.storages
    const environment = program(parallelisms[n % parallelisms.length]!)
    const observed = await process.submit(environment, { resume: n > 0 }).catch((error: unknown) => {
      const { code } = error as { readonly code?: string }
      if (code === 'JOB_FINISHED') return undefined
      if (code === 'CHECKPOINT_NOT_FOUND') return process.submit(environment)
      throw error
    })
    if (observed === undefined) return resumed
    if (observed.job.checkpointStats().restored !== undefined) resumed++
    const death = deaths[n] ?? Number.POSITIVE_INFINITY
    await process.until(() => observed.job.endedAt !== undefined || process.simulated.steps >= death, 1_000_000)
    assert(process.crashes.length === 0, process.crashes.join())
    if (observed.job.endedAt === undefined) continue
    const { status } = await observed.job.done
    assert(status === 'FINISHED', `the job ended as ${status}: ${JSON.stringify(observed.job.failures)}`)
    return resumed
  }
}
