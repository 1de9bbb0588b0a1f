import { describe, expect, it } from 'vitest'
import type { Actor, Self } from '../../src/actors/kernel.ts'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import type { SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { type JobId, roleAddress, subtaskAddress } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import { deploySubtasks } from '../../src/deployment/deployer.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { sinkOperator, sourceOperator } from '../../src/operators/endpoint-operators.ts'
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import { edge, graph, hex, operator, subtask, vertex } from './graphs.ts'

const jobId = hex(99) as JobId

/** Counts up to `last`, one record per poll. */
const counting = (last: number, polled: number[] = []): Source<number> => ({
  kind: 'counting',
  bounded: true,
  replayable: true,
  createReader() {
    let next = 1
    return {
      poll() {
        if (next > last) return { type: 'end' }
        polled.push(next)
        return { type: 'records', values: [next++] }
      },
      snapshot: () => next,
      close() {},
    }
  },
})

const collecting = (seen: unknown[]): Sink<unknown> => ({
  kind: 'collecting',
  stateful: false,
  createWriter: () => ({
    write: (values) => void seen.push(...values),
    endOfData() {},
    snapshot: () => ({ state: undefined }),
    notifyCompleted() {},
    close() {},
  }),
})

const pipeline = (sources: number, sinks: number, source: Source<number>, seen: unknown[]): JobGraph =>
  graph(
    [
      vertex(1, sources, { operators: [operator(1, { operator: sourceOperator(source) })] }),
      vertex(2, sinks, { operators: [operator(2, { operator: sinkOperator(collecting(seen)) })] }),
    ],
    [edge(1, 2)],
  )

/** The job's actor: deploys an attempt when told, and hears what the subtasks report. */
class Supervisor implements Actor {
  readonly self: Self
  readonly statuses: string[] = []

  constructor(self: Self) {
    this.self = self
  }

  receive(message: unknown): void {
    const { subtask: id, status } = message as { subtask: string; status: string }
    this.statuses.push(`${id.replace(/^0+/, '')} ${status}`)
  }
}

async function make(job: JobGraph) {
  const simulation = new SimulatedKernel({ seed: 1 })
  const supervisor = simulation.kernel.spawn(roleAddress(jobId, 'job'), (self) => new Supervisor(self))
  const checkpoints = await jobmanagerCheckpointStorage().open({ id: jobId, name: 'job' })
  const settings = {
    jobId,
    mode: 'exactly-once',
    checkpointing: false,
    batchRecords: 10,
    autoWatermarkIntervalMs: 0,
    freezeState: true,
    incremental: false,
  } as const
  const plan = (attempt: number): SubtaskDescriptor[] => planDeployment(job, settings, attempt, new Map())
  const deploy = (attempt = 0) =>
    deploySubtasks(supervisor.self, plan(attempt), {
      stateBackend: heapStateBackend,
      checkpoints,
      restoreFrom: undefined,
      tap: () => {},
    })
  return { simulation, supervisor, deploy }
}

describe('a deployment', () => {
  it('wires every subtask and lets all of them run to their end', async () => {
    const seen: unknown[] = []
    const { simulation, supervisor, deploy } = await make(pipeline(2, 3, counting(5), seen))
    const actors = deploy()
    expect([...actors.keys()]).toEqual([subtask(1, 0), subtask(1, 1), subtask(2, 0), subtask(2, 1), subtask(2, 2)])
    await simulation.settle()
    expect(seen.toSorted()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    expect(supervisor.statuses.filter((status) => status.endsWith('finished')).toSorted()).toEqual([
      '1/0 finished',
      '1/1 finished',
      '2/0 finished',
      '2/1 finished',
      '2/2 finished',
    ])
    const counts = [...actors.values()].map((actor) => actor.counts())
    expect(counts.reduce((sum, { recordsOut }) => sum + recordsOut, 0)).toBe(10)
  })

  it('starts nothing before everyone is there', async () => {
    const { supervisor, deploy } = await make(pipeline(1, 1, counting(1), []))
    deploy()
    expect(supervisor.statuses).toEqual([])
  })

  it('stops a producer whose consumer does not take, and wakes it when it does', async () => {
    const polled: number[] = []
    const seen: unknown[] = []
    const { simulation, deploy } = await make(pipeline(1, 1, counting(50, polled), seen))
    deploy()
    const { kernel } = simulation
    // Both are ready; the sink, which is second, is left alone.
    kernel.stepAt(0)
    for (let turn = 0; turn < 100 && kernel.readyCount > 1; turn++) kernel.stepAt(kernel.readyCount - 1)
    expect(polled.length).toBeLessThanOrEqual(limits.channelCapacity)
    await simulation.settle()
    expect([polled.length, seen.length]).toEqual([50, 50])
  })

  it('of the next attempt has channels of its own', async () => {
    const seen: unknown[] = []
    const { simulation, supervisor, deploy } = await make(pipeline(1, 1, counting(3), seen))
    deploy()
    simulation.kernel.stepAt(0)
    for (const id of [subtask(1, 0), subtask(2, 0)]) supervisor.self.stop(subtaskAddress(jobId, id))
    seen.length = 0
    const actors = deploy(1)
    await simulation.settle()
    expect([seen, [...actors.values()].map(({ descriptor }) => descriptor.attempt)]).toEqual([
      [1, 2, 3],
      [1, 1],
    ])
  })
})
