/**
 * One simulated run of a job to its end, through faults and the deaths of its processes, from one seed.
 *
 * Owns the program and what is kept for the checks. The faults are in `fault-plan.ts`, the checks in `run-problems.ts`.
 */

import { createHash } from 'node:crypto'
import type { StepSeen } from '../../src/actors/tap.ts'
import { generate } from '../../src/connectors/generate.ts'
import { StreamError } from '../../src/core/errors.ts'
import type { Sink } from '../../src/operators/endpoints.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { CheckpointOptions } from '../../src/program/options.ts'
import { type ObservedJob, SimulatedProcess } from '../job/simulated-process.ts'
import { WatchedStorages } from './changed-storages.ts'
import { type FaultOptions, FaultPlan } from './fault-plan.ts'

export interface Counted {
  readonly key: string
  readonly index: number
  readonly count: number
}

export interface RunOptions extends Partial<FaultOptions> {
  readonly seed: number
  readonly sink: Sink<Counted>
  readonly mode?: 'exactly-once' | 'at-least-once'
  readonly storage?: CheckpointOptions['storage']
  readonly storages?: WatchedStorages
}

export interface Run {
  readonly restarts: number
  readonly deaths: number
  /** Over the address, event and states of every step of every machine, in their order. */
  readonly tapHash: string
  /** What went wrong besides the output. */
  readonly problems: readonly string[]
}

export const records = 160
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
export const keyOf = (index: number): string => keys[index % keys.length]!

/** Two sources of different length, a keyed count in two subtasks, and sinks that each get a share of every key. */
function program({ sink, mode = 'exactly-once', storage }: RunOptions, faults: FaultPlan): StreamEnvironment {
  const env = StreamEnvironment.create({
    name: 'simulated',
    parallelism: 2,
    batchRecords: 4,
    checkpoint: { intervalMs: 20, mode, tolerableFailures: 1_000, retained: 2, ...(storage && { storage }) },
    restart: { strategy: 'fixed-delay', attempts: 1_000, delayMs: 10 },
  })
  const short = records / 4
  const from = (first: number, count: number) => generate({ count, ratePerSecond: 1_000, at: (index) => first + index })
  env
    .fromSource(from(0, short))
    .uid('short')
    .union(env.fromSource(from(short, records - short)).uid('long'))
    .map((index) => {
      faults.pass('map')
      return index
    })
    .uid('map')
    .keyBy(keyOf)
    .process({
      output: {} as Counted,
      state: { count: valueState<number>(0) },
      element(index, ctx) {
        faults.pass('count')
        ctx.state.count.update(ctx.state.count.value() + 1)
        ctx.emit({ key: ctx.key, index, count: ctx.state.count.value() })
      },
    })
    .uid('count')
    .rebalance()
    .sinkTo(sink)
    .uid('out')
  return env
}

export async function simulate(options: RunOptions): Promise<Run> {
  const { seed, storages = new WatchedStorages() } = options
  const { throws = 2, deaths = 1, storeFailsOneIn = 0 } = options
  const faults = new FaultPlan(seed, { throws, deaths, storeFailsOneIn }, records)
  const environment = program(options, faults)
  const hash = createHash('sha256')
  const problems: string[] = []
  const onRestore = () => {
    const from = [...storages.restoredFrom]
    if (from.length > 1) problems.push(`one attempt restored from ${from.length} checkpoints: ${from.join(', ')}`)
    storages.restoredFrom.clear()
  }
  const tap = ({ address, attempt, event, from, to, effects }: StepSeen) => {
    hash.update(JSON.stringify([address, attempt, event.type, from, to]))
    if (effects.some(({ type }) => type === 'deploy')) onRestore()
  }
  let restarts = 0
  for (let n = 0; ; n++) {
    const fault = (label: string) => faults.operation(label)
    const process = new SimulatedProcess({ seed: seed * 100 + n, storages, fault, tap, lateness: true })
    onRestore()
    const death = faults.deathOf(n)
    let observed: ObservedJob
    try {
      observed = await resumeOrBegin(process, environment, n > 0)
    } catch (error) {
      // It died when it had noted its end and was cleaning up.
      if (error instanceof StreamError && error.code === 'JOB_FINISHED') {
        return { restarts, deaths: n, tapHash: hash.digest('hex'), problems }
      }
      throw error
    }
    await process.until(() => observed.job.endedAt !== undefined || process.simulated.steps >= death, 1_000_000)
    restarts += observed.of('restarting').length
    problems.push(...process.crashes)
    if (observed.job.endedAt === undefined) continue
    onRestore()
    const { status, error } = await observed.job.done
    if (status !== 'FINISHED') problems.push(`the job ended ${status}: ${error?.message}`)
    return { restarts, deaths: n, tapHash: hash.digest('hex'), problems }
  }
}

/** A process that died before its first checkpoint left nothing to resume: the next one begins. */
async function resumeOrBegin(process: SimulatedProcess, environment: StreamEnvironment, resume: boolean) {
  try {
    return await process.submit(environment, { resume })
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'CHECKPOINT_NOT_FOUND') throw error
    return process.submit(environment)
  }
}
