/** What all simulated programs have in common: checkpoints that come often and may fail often, and restarts without end. */
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { CheckpointOptions } from '../../src/program/options.ts'
import type { SimulationRun } from '../../src/testing/simulation/simulation-exports.ts'

const checkpoint = {
  intervalMs: 20,
  timeoutMs: 300,
  tolerableFailures: 1_000,
  retained: 2,
  // All of this state would fit into manifests, and nothing would be torn.
  inlineStateBytes: 0,
} as const
const restart = { strategy: 'fixed-delay', attempts: 1_000, delayMs: 10 } as const

export function environment(run: SimulationRun, name: string, more: CheckpointOptions = {}): StreamEnvironment {
  return StreamEnvironment.create({
    name,
    parallelism: run.parallelism,
    batchRecords: 4,
    autoWatermarkIntervalMs: 0,
    checkpoint: { ...checkpoint, storage: run.storage, ...more },
    savepoint: run.savepoint,
    restart,
  })
}
