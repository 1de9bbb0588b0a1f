import { beforeEach, describe, expect, it } from 'vitest'
import { CoordinatorActor } from '../../src/actors/coordinator-actor.ts'
import { savepointsAddress } from '../../src/actors/savepoint-actor.ts'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import type { StepSeen } from '../../src/actors/tap.ts'
import type { CheckpointStorage, JobCheckpoints } from '../../src/backends/checkpoint-storage.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import {
  type CheckpointId,
  type OperatorId,
  roleAddress,
  subtaskAddress,
  subtaskId,
  type VertexId,
} from '../../src/core/ids.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import type { CoordinatorConfig } from '../../src/machines/checkpoint-coordinator/protocol.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf } from './descriptors.ts'
import { ck, jobId, type Probe, spawnProbe } from './probe.ts'

const vertex = '1'.repeat(32) as VertexId
const subtasks = [subtaskId(vertex, 0), subtaskId(vertex, 1)]
const graph: JobGraph = {
  name: 'job',
  vertices: [
    {
      id: vertex,
      name: 'map',
      parallelism: 2,
      maxParallelism: 128,
      maxParallelismExplicit: false,
      operators: chainOf(['map', mapOperator((x) => x)]).map((one) => ({ ...one, id: '2'.repeat(32) as OperatorId })),
    },
  ],
  edges: [],
  warnings: [],
}
const config: CoordinatorConfig = {
  intervalMs: undefined,
  timeoutMs: 60_000,
  minPauseMs: 0,
  maxConcurrent: 1,
  savepointsMax: 8,
  unaligned: undefined,
  tolerableFailures: 0,
  retained: 1,
  queueMax: 10,
  afterTasksFinish: true,
}
const metrics = { startDelayMs: 0, alignmentMs: 0, syncMs: 0, asyncMs: 0, bytes: 0 }

let simulation: SimulatedKernel
let storage: CheckpointStorage
let checkpoints: JobCheckpoints
let job: Probe
let client: Probe
let savepoints: Probe
let tasks: Probe[]
let steps: StepSeen[]
let logged: string[]
let failing: string | undefined

const address = roleAddress(jobId, 'coordinator')
const send = async (...messages: object[]) => {
  for (const message of messages) simulation.kernel.send(address, message)
  await simulation.settle()
}
const request = (requestId: string, kind = 'checkpoint', directory?: string) => ({
  type: 'checkpoint.requested',
  requestId,
  kind,
  target: { directory, format: 'pointer' },
})
const acknowledge = (id: number, index: number, attempt = 0) => ({
  type: 'subtask.acknowledged',
  checkpointId: ck(id),
  subtask: subtasks[index]!,
  attempt,
  state: { operators: [], bytes: 0, finished: false },
  metrics,
})
const running = (attempt = 0) => ({
  type: 'job.running',
  attempt,
  plan: { tasks: subtasks.map((subtask) => ({ subtask, predecessors: [], finished: false })) },
})
const answers = () => client.received.filter(({ type }) => type === 'request.answered')

async function start(changes: Partial<CoordinatorConfig> = {}, lastId: CheckpointId | 0 = 0) {
  failing = undefined
  steps = []
  logged = []
  storage = jobmanagerCheckpointStorage()
  checkpoints = await storage.open({ id: jobId, name: 'job' })
  simulation = new SimulatedKernel({
    seed: 1,
    startMs: 10_000,
    log: (_level, message) => void logged.push(message),
    fault: (label) => (failing !== undefined && label.includes(failing) ? new Error('disk full') : undefined),
  })
  const { kernel } = simulation
  job = spawnProbe(kernel, roleAddress(jobId, 'job'))
  client = spawnProbe(kernel, roleAddress(jobId, 'client'))
  savepoints = spawnProbe(kernel, savepointsAddress)
  tasks = subtasks.map((id) => spawnProbe(kernel, subtaskAddress(jobId, id)))
  kernel.spawn(
    address,
    (self) =>
      new CoordinatorActor(self, jobId, {
        config: { ...config, ...changes },
        plan: { job: { id: jobId, name: 'job' }, graph },
        checkpoints,
        completed: [],
        lastId,
        tap: (step) => void steps.push(step),
      }),
  )
}

beforeEach(() => start())

describe('the actor of the coordinator', () => {
  it('triggers every source in the order of the ids, whatever was asked for', async () => {
    await send(running(), request('s1', 'savepoint'), request('c1'), request('s2', 'savepoint'), request('c2'))
    await send(acknowledge(2, 0), acknowledge(2, 1), request('s3', 'savepoint'))
    const triggered = (task: Probe) => task.take().filter(({ type }) => type === 'checkpoint.triggered')
    const [first, ...others] = tasks.map(triggered)
    expect(first).toMatchObject([1, 2, 3, 4, 5].map((checkpointId) => ({ checkpointId })))
    for (const other of others) expect(other).toEqual(first)
  })

  it('triggers the sources, stores the manifest, tells everyone, and answers', async () => {
    await send(running(), request('r'))
    const triggered = { type: 'checkpoint.triggered', checkpointId: 1, timestamp: 10_000, kind: 'checkpoint' }
    expect(tasks.map((task) => task.take())).toEqual([[triggered], [triggered]])
    await send(acknowledge(1, 0))
    expect(answers()).toEqual([])
    await send(acknowledge(1, 1))
    const { path, manifest } = await checkpoints.load(ck(1))
    expect(manifest).toMatchObject({
      checkpointId: 1,
      timestamp: 10_000,
      kind: 'checkpoint',
      operators: [{ name: 'map' }],
    })
    expect(tasks.map(({ types }) => types)).toEqual([['checkpoint.completed'], ['checkpoint.completed']])
    expect(answers()).toEqual([
      { type: 'request.answered', requestId: 'r', outcome: { type: 'completed', checkpointId: 1, path } },
    ])
    const announced = client.received.flatMap((message) =>
      'announcement' in message ? [(message.announcement as { type: string }).type] : [],
    )
    expect(announced).toEqual(['triggered', 'acknowledged', 'acknowledged', 'completed'])
  })

  it('stamps what it hears with its own time, and shows the attempt to the tap', async () => {
    await send(running(3))
    simulation.clock.advance(5)
    await send(request('r'))
    expect(
      steps.map(({ event, attempt, address: at }) => [event.type, (event as { at?: number }).at, attempt, at]),
    ).toEqual([
      ['job.running', 10_000, 3, address],
      ['checkpoint.requested', 10_005, 3, address],
    ])
  })

  it('goes on after the highest id ever used', async () => {
    await start({}, ck(41))
    await send(running(), request('r'))
    expect(tasks[0]!.received).toMatchObject([{ checkpointId: 42 }])
  })

  it('triggers by itself when its interval is over', async () => {
    await start({ intervalMs: 1_000 })
    await send(running())
    simulation.clock.advance(1_000)
    await simulation.settle()
    expect(tasks[0]!.types).toEqual(['checkpoint.triggered'])
  })

  it.each([-5_000, 5_000])('keeps its interval and pause when the clock is set by %i ms', async (ms) => {
    await start({ intervalMs: 1_000, minPauseMs: 400 })
    await send(running())
    const triggeredAfter = async (passed: number) => {
      simulation.clock.advance(passed)
      await simulation.settle()
      return tasks[0]!.received.filter(({ type }) => type === 'checkpoint.triggered').length
    }
    expect(await triggeredAfter(1_000)).toBe(1)
    simulation.clock.setForward(ms)
    await send(acknowledge(1, 0), acknowledge(1, 1))
    expect([await triggeredAfter(999), await triggeredAfter(1)]).toEqual([1, 2])
    await send(acknowledge(2, 0), acknowledge(2, 1))
    expect((await checkpoints.load(ck(2))).manifest.timestamp).toBe(12_000 + ms)
    const completed = { type: 'completed', at: 12_000 + ms, durationMs: 0 }
    expect(client.received.findLast((message) => 'announcement' in message)).toMatchObject({ announcement: completed })
  })

  it('gives up after its time-out: tells everyone, and removes the files', async () => {
    await start({ timeoutMs: 500 })
    await send(running(), request('r'))
    const writer = checkpoints.openWriter(ck(1), subtasks[0]!)
    writer.beginSegment()
    writer.append(new Uint8Array(1))
    writer.endSegment()
    await writer.close()
    simulation.clock.advance(500)
    await simulation.settle()
    expect(tasks[0]!.types).toEqual(['checkpoint.triggered', 'checkpoint.aborted'])
    expect(answers()).toMatchObject([{ outcome: { type: 'failed', reason: 'CHECKPOINT_EXPIRED' } }])
    expect(await checkpoints.sweep([])).toEqual([])
  })

  it('lets an old checkpoint go when a new one is stored', async () => {
    await send(running(), request('r'), acknowledge(1, 0), acknowledge(1, 1))
    await send(request('s'), acknowledge(2, 0), acknowledge(2, 1))
    await expect(checkpoints.load(ck(1))).rejects.toThrow('checkpoints')
    expect((await checkpoints.load(ck(2))).manifest.checkpointId).toBe(2)
  })

  it('logs files that it could not remove, and goes on', async () => {
    await send(running(), request('r'), acknowledge(1, 0), acknowledge(1, 1))
    failing = 'clean'
    await send(request('s'), acknowledge(2, 0), acknowledge(2, 1))
    expect(logged).toEqual(['Checkpoint files could not be removed and stay until the next sweep: disk full'])
    expect(answers()).toHaveLength(2)
  })

  it('ends the job for good when the pin of a stop-savepoint that was not published keeps its files', async () => {
    await send(running(), request('s', 'stop-suspend'), acknowledge(1, 0), acknowledge(1, 1))
    await storage.pin(`jobmanager://checkpoints/${jobId}/1`, 'a savepoint')
    const failed = { type: 'savepoint.failed', checkpointId: 1, code: 'STORAGE_FAILED', message: 'No pointer.' }
    await send(failed)
    expect(answers()).toMatchObject([{ outcome: { code: 'SAVEPOINT_NOT_WITHDRAWN' } }])
    expect(job.received.at(-1)).toMatchObject({
      type: 'job.crashed',
      failure: { code: 'SAVEPOINT_NOT_WITHDRAWN', restartable: false, message: expect.stringContaining('keeps them') },
    })
  })

  it('fails the checkpoint whose manifest cannot be stored, and the job when that is once too often', async () => {
    failing = 'store checkpoint'
    await send(running(), request('r'), acknowledge(1, 0), acknowledge(1, 1))
    expect(answers()).toMatchObject([{ outcome: { type: 'failed', message: expect.stringContaining('disk full') } }])
    expect(tasks[0]!.types).toEqual(['checkpoint.triggered', 'checkpoint.aborted'])
  })

  it('ends the job for good when the lease is lost, however many failures it tolerates', async () => {
    await start({ tolerableFailures: 100 })
    await send(running(), request('r'))
    await storage.open({ id: jobId, name: 'job' })
    await send(acknowledge(1, 0), acknowledge(1, 1))
    const crashes = job.received.filter(({ type }) => type === 'job.crashed')
    expect(crashes).toMatchObject([{ failure: { code: 'LEASE_LOST', restartable: false } }])
    expect(answers()).toMatchObject([{ outcome: { type: 'failed' } }])
  })

  it('says nothing more of a lease that it hears of after its end', async () => {
    await send(running(), request('r'))
    await storage.open({ id: jobId, name: 'job' })
    for (const index of [0, 1]) simulation.kernel.send(address, acknowledge(1, index))
    while (simulation.kernel.readyCount > 0) simulation.kernel.stepAt(0)
    simulation.kernel.stop(address)
    await simulation.settle()
    expect(job.received).toEqual([])
  })

  it('settles when the attempt ends, with the newest completed checkpoint', async () => {
    await send(running(), request('r'), acknowledge(1, 0), acknowledge(1, 1), request('s'))
    await send({ type: 'job.stopping', message: 'The job fails.' })
    expect(job.received).toEqual([{ type: 'checkpoints.settled', latest: 1 }])
    expect(answers()).toMatchObject([{ outcome: { type: 'completed' } }, { outcome: { type: 'failed' } }])
  })

  it('has a savepoint published where it is stored, and answers with the path of the savepoint', async () => {
    await send(running(), request('r', 'savepoint', '/dir'), acknowledge(1, 0), acknowledge(1, 1))
    const { path } = await checkpoints.load(ck(1))
    expect(savepoints.received).toEqual([
      {
        type: 'savepoint.create',
        jobId,
        checkpointId: 1,
        checkpointPath: path,
        target: { directory: '/dir', format: 'pointer' },
      },
    ])
    expect(answers()).toEqual([])
    await send({ type: 'savepoint.published', checkpointId: ck(1), path: 'savepoint path' })
    expect(answers()).toMatchObject([{ outcome: { type: 'completed', path: 'savepoint path' } }])
  })

  it('refuses what is asked for while no attempt runs', async () => {
    await send(request('r'))
    expect(answers()).toMatchObject([{ outcome: { type: 'failed', reason: 'NOT_ALL_REQUIRED_TASKS_RUNNING' } }])
  })
})
