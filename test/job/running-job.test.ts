import { describe, expect, it } from 'vitest'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import { effectiveOptions } from '../../src/job/effective-options.ts'
import { findRestoreCandidate, restorePointOf } from '../../src/job/restore-point.ts'
import { RunningJob } from '../../src/job/running-job.ts'
import type { SubmitOptions } from '../../src/job/session.ts'
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
    const effective = effectiveOptions(countProgram(feed.source, [], {}), {}, {}, true)
    const find = (submit: SubmitOptions) => findRestoreCandidate(graph, effective, submit, process.storages, storage)
    const candidate = await find({ fromSavepoint: path })
    const { operators, verdict } = candidate!.plan
    expect(operators.map(({ uid, outcome }) => `${uid} ${outcome}`)).toEqual([
      'words as-is',
      'before stateless',
      'count as-is',
      'out new',
    ])
    expect(operators.find(({ uid }) => uid === 'count')?.bytes).toBeGreaterThan(0)
    expect([verdict, restorePointOf(candidate!).assignment.dropped]).toEqual(['lossless', []])
    expect(await find({})).toBeUndefined()
    expect(await process.session.planRestore(countProgram(feed.source, [], {}), {})).toBeUndefined()
    const mapped = find({ stateMapping: [{ from: 'a', to: 'b' }] })
    await expect(mapped).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
