import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SubmitOptions } from '../../src/job/session.ts'
import '../../src/job/submission-warnings.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const onDisk = (dir: string) => ({ checkpointStorage: { kind: 'filesystem' as const, dir } })
const submit = (process: SimulatedProcess, options: SubmitOptions = {}) =>
  process.submit(countProgram(new Feed<string>().source, [], {}), options)

describe('a resume that finds nothing', () => {
  it('is refused where checkpoints are in memory, naming the key to set', async () => {
    const process = new SimulatedProcess()
    await expect(submit(process, { resume: true })).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      message: expect.stringMatching(/^Job "count" cannot resume: .*"state\.checkpoints\.dir"/),
    })
    expect(process.session.jobs()).toEqual([])
  })

  it('starts from the beginning where a directory has none, and says so', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess(onDisk(dir))
    const first = await submit(process, { resume: true })
    await first.is('RUNNING')
    const sentence = `There is nothing to resume: ${dir} has no checkpoint of job "count", so it starts from the beginning.`
    expect(first.warnings).toEqual([`${sentence} No other job has been checkpointed there.`])
    expect(first.job.warnings).toEqual(first.warnings)
    expect(process.logged).toContain(`warn: ${first.warnings[0]}`)
    expect(first.job.checkpointStats().restored).toBeUndefined()
    expect(readdirSync(dir)).toEqual([first.job.id])
  })

  it('names other jobs of the directory, some of many', async () => {
    const process = new SimulatedProcess(onDisk(temporaryDir()))
    for (const name of ['f', 'e', 'd', 'c', 'b', 'a']) await submit(process, { name })
    const { job } = await submit(process, { resume: true })
    expect(job.warnings[0]).toMatch(/Other jobs there: "a", "b", "c", "d", "e" and 1 more\.$/)
  })

  it('is silent when nobody asked to resume', async () => {
    const { job } = await submit(new SimulatedProcess(onDisk(temporaryDir())))
    expect(job.warnings).toEqual([])
  })
})

describe('two jobs of one name', () => {
  it('are told apart by id to whoever starts the second', async () => {
    const process = new SimulatedProcess()
    const first = await submit(process)
    const other = await submit(process, { name: 'other' })
    const second = await submit(process)
    expect([first.job.warnings, other.job.warnings]).toEqual([[], []])
    expect(second.job.warnings).toEqual([
      expect.stringMatching(new RegExp(`^Job "count" runs already, as ${first.job.id}: --resume goes by`)),
    ])
    await process.settle(first.job.cancel())
    await process.settle(second.job.cancel())
    expect((await submit(process)).job.warnings).toEqual([])
  })
})

describe('a savepoint in memory', () => {
  it('is warned of once when checkpoints are on disk', async () => {
    const process = new SimulatedProcess(onDisk(temporaryDir()))
    const observed = await submit(process)
    await observed.is('RUNNING')
    expect(observed.warnings).toEqual([])
    const path = await process.settle(observed.job.triggerSavepoint())
    await process.settle(observed.job.stop())
    expect(observed.warnings).toEqual([
      expect.stringMatching(/^Savepoint jobmanager:\/\/savepoints\/1 is in the memory/),
    ])
    expect(observed.warnings[0]).toContain('"savepoints.state.backend"')
    expect(path).toBe('jobmanager://savepoints/1')
    expect(process.logged.filter((line) => line.includes('is in the memory'))).toHaveLength(1)
  })

  it('is not when it was asked for on disk, or when checkpoints are in memory as well', async () => {
    const process = new SimulatedProcess(onDisk(temporaryDir()))
    const observed = await submit(process)
    await observed.is('RUNNING')
    await process.settle(observed.job.triggerSavepoint(temporaryDir()))
    expect(observed.warnings).toEqual([])
    const inMemory = new SimulatedProcess()
    const other = await submit(inMemory)
    await other.is('RUNNING')
    await inMemory.settle(other.job.triggerSavepoint())
    expect(other.warnings).toEqual([])
  })
})
