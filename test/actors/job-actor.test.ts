import { beforeEach, describe, expect, it } from 'vitest'
import { JobActor, type JobDeployment } from '../../src/actors/job-actor.ts'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { StreamError } from '../../src/core/errors.ts'
import { roleAddress, type SubtaskId, subtaskAddress } from '../../src/core/ids.ts'
import type { JobMachineInput } from '../../src/machines/job/protocol.ts'
import type { SubtaskStatus } from '../../src/machines/subtask/protocol.ts'
import { ck, jobId, type Probe, spawnProbe } from './probe.ts'

const subtasks = ['v/0', 'v/1'] as SubtaskId[]
const address = roleAddress(jobId, 'job')
const failure = { code: 'USER_FUNCTION_FAILED', message: 'unlucky', restartable: true }

let simulation: SimulatedKernel
let client: Probe
let coordinator: Probe
let tasks: Map<SubtaskId, Probe>
let calls: string[]
let logged: string[]
let held: (label: string) => boolean
let deployment: { -readonly [Name in keyof JobDeployment<string>]: JobDeployment<string>[Name] }
let actor: JobActor<string>

const send = async (...messages: object[]) => {
  for (const message of messages) {
    simulation.kernel.send(address, message)
    await simulation.settle()
  }
}
const report = (subtask: SubtaskId, status: SubtaskStatus, attempt = 0, why?: typeof failure) => ({
  type: 'subtask.reported',
  subtask,
  attempt,
  status,
  ...(why && { failure: why }),
})
const all = (status: SubtaskStatus, attempt = 0) => subtasks.map((subtask) => report(subtask, status, attempt))
const statuses = () =>
  client.received.flatMap((message) =>
    message.type === 'status.changed' ? [(message as { status?: string }).status] : [],
  )
const settled = (latest?: number) => ({
  type: 'checkpoints.settled',
  latest: latest === undefined ? undefined : ck(latest),
})
const heard = (subtask: SubtaskId) => tasks.get(subtask)?.types

function start(restart: JobMachineInput['restart'] = { strategy: 'none' }) {
  calls = []
  logged = []
  tasks = new Map()
  held = () => false
  simulation = new SimulatedKernel({
    seed: 1,
    log: (_level, message) => void logged.push(message),
    held: (label) => held(label),
  })
  const { kernel } = simulation
  client = spawnProbe(kernel, roleAddress(jobId, 'client'))
  coordinator = spawnProbe(kernel, roleAddress(jobId, 'coordinator'))
  deployment = {
    async prepare(latest) {
      calls.push(`prepare ${latest}`)
      return `state ${latest}`
    },
    deploy(_self, attempt, prepared) {
      calls.push(`deploy ${attempt} with ${prepared}`)
      for (const id of subtasks) tasks.set(id, spawnProbe(kernel, subtaskAddress(jobId, id)))
    },
    taskPlan: (finished) => ({ tasks: finished.map((subtask) => ({ subtask, predecessors: [], finished: true })) }),
    async release(status) {
      calls.push(`release ${status}`)
    },
  }
  actor = kernel.spawn(
    address,
    (self) => new JobActor(self, jobId, { input: { restart, subtasks, firstAttempt: 0 }, deployment, tap: () => {} }),
  )
}

beforeEach(() => start())
const fixed = { strategy: 'fixed-delay', attempts: 2, delayMs: 100 } as const

describe('the actor of a job', () => {
  it('prepares, deploys, starts checkpoints when all run, and ends when all have finished', async () => {
    await send({ type: 'job.submitted' })
    expect([calls, statuses()]).toEqual([['prepare undefined', 'deploy 0 with state undefined'], ['CREATED']])
    await send(...all('running'))
    expect(coordinator.take()).toEqual([{ type: 'job.running', attempt: 0, plan: { tasks: [] } }])
    await send(...all('finished'))
    expect(coordinator.types.toSorted()).toEqual(['job.stopping', 'subtask.finished', 'subtask.finished'])
    coordinator.take()
    await send(settled(3))
    expect([calls.at(-1), coordinator.types, statuses()]).toEqual([
      'release FINISHED',
      ['job.ended'],
      ['CREATED', 'RUNNING', 'FINISHED'],
    ])
    expect(client.received.at(-1)).toEqual({ type: 'job.completed', status: 'FINISHED' })
    expect(subtasks.map((id) => simulation.kernel.has(subtaskAddress(jobId, id)))).toEqual([false, false])
  })

  it('tells the coordinator of ends only after it knows the attempt', async () => {
    await send({ type: 'job.submitted' })
    await send(report(subtasks[0]!, 'running'), report(subtasks[0]!, 'ended'))
    expect(coordinator.types).toEqual([])
    await send(report(subtasks[1]!, 'running'))
    expect(coordinator.types).toEqual(['job.running', 'subtask.ended'])
    await send(report(subtasks[1]!, 'ended'))
    expect(coordinator.received.at(-1)).toEqual({ type: 'subtask.ended', subtask: 'v/1', attempt: 0 })
  })

  it('restarts from the newest checkpoint after a delay, with actors of its own', async () => {
    start(fixed)
    await send({ type: 'job.submitted' }, ...all('running'))
    const old = tasks.get(subtasks[0]!)
    await send(report(subtasks[1]!, 'failed', 0, failure))
    expect(client.received).toContainEqual({ type: 'task.failed', subtask: 'v/1', attempt: 0, failure })
    expect(heard(subtasks[0]!)).toEqual(['subtask.canceled'])
    await send(report(subtasks[0]!, 'canceled'), settled(7))
    expect(client.received).toContainEqual({ type: 'job.restarting', attempt: 1, delayMs: 100, failure })
    expect(calls).toHaveLength(2)
    simulation.clock.advance(100)
    await simulation.settle()
    expect([calls.slice(2), actor.attempt]).toEqual([['prepare 7', 'deploy 1 with state 7'], 1])
    expect(tasks.get(subtasks[0]!)).not.toBe(old)
  })

  it('counts the failures of an interval as long as it lasts, also when the clock is set back', async () => {
    start({ strategy: 'failure-rate', maxFailuresPerInterval: 1, failureRateIntervalMs: 1_000, delayMs: 100 })
    await send({ type: 'job.submitted' })
    const fails = async (attempt: number) => {
      await send(...all('running', attempt))
      await send(report(subtasks[0]!, 'failed', attempt, failure))
      await send(report(subtasks[1]!, 'canceled', attempt), settled())
      simulation.clock.advance(100)
      await simulation.settle()
    }
    await fails(0)
    simulation.clock.setForward(-3_600_000)
    simulation.clock.advance(1_000)
    await fails(1)
    expect(actor.attempt).toBe(2)
    await fails(2)
    expect(statuses().at(-1)).toBe('FAILED')
    const last = client.received.findLast(({ type }) => type === 'status.changed')
    expect(last).toMatchObject({ at: simulation.clock.now() - 100 })
  })

  it('fails for good when its strategy allows no restart', async () => {
    await send({ type: 'job.submitted' }, ...all('running'), report(subtasks[1]!, 'failed', 0, failure))
    await send(report(subtasks[0]!, 'canceled'), settled())
    expect(client.received.at(-1)).toEqual({ type: 'job.completed', status: 'FAILED', failure })
    expect(calls.at(-1)).toBe('release FAILED')
  })

  it('cancels its subtasks and ends when they are', async () => {
    await send({ type: 'job.submitted' }, ...all('running'), { type: 'cancel.requested' })
    expect(subtasks.map(heard)).toEqual([['subtask.canceled'], ['subtask.canceled']])
    await send(...all('canceled'), settled())
    expect(statuses()).toEqual(['CREATED', 'RUNNING', 'CANCELLING', 'CANCELED'])
  })

  it('that is canceled while its state is read deploys nothing, and ends', async () => {
    held = (label) => label.includes('prepare')
    await send({ type: 'job.submitted' }, { type: 'cancel.requested' }, settled())
    expect([statuses().at(-1), calls]).toEqual(['CANCELED', ['release CANCELED']])
    held = () => false
    await simulation.settle()
    expect(calls.filter((call) => call.startsWith('deploy'))).toEqual([])
  })

  it('that is canceled while it waits to restart ends at once', async () => {
    start(fixed)
    await send({ type: 'job.submitted' }, ...all('running'), report(subtasks[1]!, 'failed', 0, failure))
    await send(report(subtasks[0]!, 'canceled'), settled(), { type: 'cancel.requested' })
    expect(statuses().at(-1)).toBe('CANCELED')
    simulation.clock.advance(10_000)
    await simulation.settle()
    expect(calls.filter((call) => call.startsWith('deploy'))).toHaveLength(1)
  })

  it('fails when the state to restore cannot be read, with the code that says why', async () => {
    deployment.prepare = () => Promise.reject(new StreamError('STATE_FILE_MISSING', 'gone'))
    await send({ type: 'job.submitted' }, settled())
    expect(client.received.at(-1)).toMatchObject({ status: 'FAILED', failure: { code: 'STATE_FILE_MISSING' } })
    start()
    deployment.prepare = () => Promise.reject(new Error('no disk'))
    await send({ type: 'job.submitted' }, settled())
    expect(client.received.at(-1)).toMatchObject({
      failure: { code: 'STORAGE_FAILED', message: 'The state to restore could not be read: no disk' },
    })
  })

  it('is not told by an attempt that was given up what its restore came to', async () => {
    start(fixed)
    held = (label) => label.includes('prepare attempt 0')
    deployment.prepare = (latest) =>
      latest === undefined ? Promise.reject(new Error('too late')) : Promise.resolve('state')
    await send({ type: 'job.submitted' }, { type: 'job.crashed', failure }, settled(1))
    held = (label) => label.includes('prepare')
    simulation.clock.advance(100)
    await simulation.settle()
    held = (label) => label.includes('prepare attempt 1')
    await simulation.settle()
    expect([actor.attempt, statuses().at(-1)]).toEqual([1, 'CREATED'])
    held = () => false
    await simulation.settle()
    expect(calls).toEqual(['deploy 1 with state'])
  })

  it('fails when it cannot be deployed', async () => {
    deployment.deploy = () => {
      throw new Error('no room')
    }
    await send({ type: 'job.submitted' }, settled())
    expect(client.received.at(-1)).toMatchObject({
      status: 'FAILED',
      failure: { code: 'JOB_FAILED', message: 'The job could not be deployed: no room' },
    })
  })

  it('ends all the same when its housekeeping fails, and says so', async () => {
    deployment.release = () => Promise.reject(new Error('disk full'))
    await send({ type: 'job.submitted' }, ...all('running'), ...all('finished'), settled())
    expect(logged).toEqual(['Cleaning up after the job failed: Error: disk full'])
    expect(statuses().at(-1)).toBe('FINISHED')
  })

  it('names who has finished already when it starts the checkpoints', async () => {
    await send({ type: 'job.submitted' }, report(subtasks[0]!, 'finished'), report(subtasks[1]!, 'running'))
    expect(coordinator.received[0]).toMatchObject({ plan: { tasks: [{ subtask: 'v/0', finished: true }] } })
  })
})
