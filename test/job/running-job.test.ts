import { describe, expect, it } from 'vitest'
import type { StreamError } from '../../src/core/errors.ts'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import { findRestorePoint, restorePlanOf } from '../../src/job/restore-point.ts'
import { RunningJob } from '../../src/job/running-job.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

describe('RunningJob', () => {
  it('shows counters and statuses of every subtask, in order', async () => {
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const { job, ...observed } = await process.submit(countProgram(feed.source, [], { parallelism: 2 }))
    expect(job).toBeInstanceOf(RunningJob)
    expect([...job.subtaskStatuses().values()].flat()).toEqual(['created', 'created', 'created', 'created', 'created'])
    await process.until(() => job.currentStatus === 'RUNNING' && feed.read === feed.size)
    const recordsIn = () => [...job.counts().values()].map((subtasks) => subtasks.map((counts) => counts.recordsIn))
    const total = (row: readonly number[] | undefined) => row?.reduce((sum, n) => sum + n, 0)
    await process.until(() => total(recordsIn().at(-1)) === words.length)
    expect(recordsIn()[0]).toEqual([words.length])
    expect([...job.subtaskStatuses().values()].flat()).toEqual(['running', 'running', 'running', 'running', 'running'])
    expect(job.statusTimes.RUNNING).toBe(0)
    expect([job.attempt, job.name, job.endedAt]).toEqual([0, 'count', undefined])
    expect(observed.events).toBeDefined()
  })
})

describe('a restore point', () => {
  it('is planned operator by operator before anything runs', async () => {
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const { job } = await process.submit(countProgram(feed.source, [], {}))
    await process.until(() => job.currentStatus === 'RUNNING' && feed.read === feed.size)
    const path = await process.settle(job.stop())
    const graph = buildJobGraph(countProgram(feed.source, [], {}).toProgram(), 'count')
    const storage = process.storages.checkpoints({ kind: 'jobmanager' })
    const point = await findRestorePoint(graph, 'count', { fromSavepoint: path }, process.storages, storage)
    const plan = restorePlanOf(graph, point!)
    expect(plan.operators.map(({ uid, outcome }) => `${uid} ${outcome}`)).toEqual([
      'words restored',
      'before stateless',
      'count restored',
      'out new',
    ])
    expect(plan.operators.find(({ uid }) => uid === 'count')?.bytes).toBeGreaterThan(0)
    expect(await findRestorePoint(graph, 'count', {}, process.storages, storage)).toBeUndefined()
    await expect(process.session.planRestore(countProgram(feed.source, [], {}), {})).rejects.toSatisfy(
      (error: StreamError) => error.code === 'CHECKPOINT_NOT_FOUND' && error.message.includes('"count"'),
    )
  })
})
