import { expect, it } from 'vitest'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { noTap } from '../../src/actors/tap.ts'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { fromCollection } from '../../src/connectors/collection.ts'
import { usualTarget } from '../../src/core/elements.ts'
import { makeJobId, roleAddress } from '../../src/core/ids.ts'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import { effectiveOptions } from '../../src/job/effective-options.ts'
import { startJob } from '../../src/job/start-job.ts'
import { StoredCheckpoints } from '../../src/job/stored-checkpoints.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'

it('wires a job that runs to its end and leaves no actor behind', async () => {
  const simulated = new SimulatedKernel({ seed: 1 })
  const output: Counted[] = []
  const environment = countProgram(fromCollection(['to', 'be', 'to']), output, { checkpoint: { intervalMs: 50 } })
  const effective = effectiveOptions(environment, {}, {}, true)
  const id = makeJobId(new Uint8Array(16).fill(1))
  const storage = jobmanagerCheckpointStorage()
  const stored = new StoredCheckpoints(await storage.open({ id, name: effective.name }))
  const job = startJob({
    id,
    effective,
    graph: buildJobGraph(effective.program, effective.name),
    point: undefined,
    stored,
    stateBackend: heapStateBackend,
    inherited: [],
    kernel: simulated.kernel,
    tap: noTap,
    log: () => {},
    targetOf: () => usualTarget,
  })
  await simulated.runUntil(() => job.endedAt !== undefined)
  expect(await job.done).toEqual({ id, status: 'FINISHED' })
  expect(shown(output)).toEqual(expectedCounts(['to', 'be', 'to']))
  for (const role of ['job', 'coordinator', 'client'] as const) {
    expect(simulated.kernel.has(roleAddress(id, role))).toBe(false)
  }
})
