import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const idle = { intervalMs: 1_000_000, minPauseMs: 1_000_000, retained: 1 }
const onDisk = (dir: string): JobOptions => ({
  checkpoint: {
    ...idle,
    storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') },
  },
  savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
})

/** A job that was stopped with a savepoint, and one of the same name that was started from that and is dead. */
async function diedEarly(format: 'pointer' | 'self-contained', checkpoints = 0) {
  const dir = temporaryDir()
  const feed = new Feed(words)
  const program = (output: Counted[] = []) => countProgram(feed.source, output, onDisk(dir))
  const first = new SimulatedProcess()
  const observed = await first.submit(program())
  const older = observed.job
  await observed.is('RUNNING')
  await first.until(() => feed.read === feed.size)
  const path = await first.settle(older.stop({ format }))
  const second = new SimulatedProcess({ seed: 2 })
  const started = await second.submit(program(), { fromSavepoint: path })
  await started.is('RUNNING')
  feed.push('to')
  await second.until(() => feed.read === feed.size)
  for (let made = 0; made < checkpoints; made++) await second.settle(started.job.triggerCheckpoint())
  const record = () => JSON.parse(readFileSync(join(dir, 'checkpoints', started.job.id, 'job.json'), 'utf8'))
  return { dir, feed, path, older, process: second, job: started.job, program, record }
}

describe.each(['pointer', 'self-contained'] as const)(
  'a job that was started from a %s savepoint without a claim',
  (format) => {
    it('goes back to it under its id when its process dies before its first checkpoint, as often as that happens', async () => {
      const { feed, path, older, job, program, record } = await diedEarly(format)
      expect(record()).toMatchObject({ formatVersion: 3, startedFrom: { path, job: older.id } })
      for (const seed of [3, 4]) {
        const next = new SimulatedProcess({ seed })
        const output: Counted[] = []
        const plan = await next.session.planRestore(program(), { resume: true })
        expect(plan).toMatchObject({ snapshot: { job: { id: older.id } } })
        const resumed = await next.submit(program(output), { resume: true })
        expect(resumed.job.id).toBe(job.id)
        expect(resumed.job.checkpointStats().restored).toMatchObject({ checkpointId: 1, isSavepoint: true })
        await resumed.is('RUNNING')
        await next.until(() => feed.read === feed.size)
        if (seed === 3) continue
        await next.settle(resumed.job.triggerCheckpoint())
        await next.until(() => output.length === feed.size)
        expect(shown(output)).toEqual(expectedCounts([...words, 'to']))
      }
      expect(existsSync(join(path, '_metadata'))).toBe(true)
    })

    it('does not need it any more once it has a checkpoint, whatever becomes of that', async () => {
      const { path, process, job, program, record } = await diedEarly(format, 1)
      expect(record()).toMatchObject({ formatVersion: 1 })
      expect(record()).not.toHaveProperty('startedFrom')
      renameSync(path, `${path}-moved`)
      const next = new SimulatedProcess({ seed: 3 })
      const resumed = await next.submit(program(), { resume: true })
      expect(resumed.job.checkpointStats().restored).toMatchObject({ isSavepoint: false })
      expect(resumed.job.id).toBe(job.id)
      await process.settle(process.session.close())
    })

    it('does not need it any more once a savepoint has stopped it', async () => {
      const { process, job, record, program } = await diedEarly(format)
      await process.settle(job.stop({ format: 'pointer' }))
      expect(record()).not.toHaveProperty('startedFrom')
      const resumed = await new SimulatedProcess({ seed: 3 }).submit(program(), { resume: true })
      expect(resumed.job.id).toBe(job.id)
    })

    it('needs it still when all it has made is a savepoint', async () => {
      const { process, job, path, record } = await diedEarly(format)
      await process.settle(job.triggerSavepoint({ format: 'pointer' }))
      expect(record()).toMatchObject({ startedFrom: { path } })
    })

    it('does not resume when it is gone, neither from nothing nor from the job before', async () => {
      const { path, job, program } = await diedEarly(format)
      renameSync(path, `${path}-moved`)
      const next = new SimulatedProcess({ seed: 3 })
      const told = { code: 'SAVEPOINT_NOT_FOUND', message: expect.stringMatching(`${job.id}.*${path}.*-s`) }
      await expect(next.submit(program(), { resume: true })).rejects.toMatchObject(told)
      await expect(next.session.planRestore(program(), { resume: true })).rejects.toMatchObject(told)
      renameSync(`${path}-moved`, path)
      expect((await next.submit(program(), { resume: true })).job.id).toBe(job.id)
    })

    it('does not resume from what has come to lie there', async () => {
      const { dir, feed, path, older, program } = await diedEarly(format)
      const other = new SimulatedProcess({ seed: 3 })
      const observed = await other.submit(countProgram(feed.source, [], { ...onDisk(dir), name: 'another' }))
      const { job } = observed
      await observed.is('RUNNING')
      await other.until(() => feed.read === feed.size)
      const its = await other.settle(job.stop({ format }))
      renameSync(path, `${path}-moved`)
      renameSync(its, path)
      const next = new SimulatedProcess({ seed: 4 })
      await expect(next.submit(program(), { resume: true })).rejects.toMatchObject({
        code: 'SAVEPOINT_NOT_FOUND',
        message: expect.stringMatching(`expected checkpoint 1 of job ${older.id}, got checkpoint 1 of job ${job.id}`),
      })
    })
  },
)

it('a start in memory is remembered by the session', async () => {
  const process = new SimulatedProcess()
  const feed = new Feed(words)
  const program = () => countProgram(feed.source, [], {})
  const first = await process.submit(program())
  await first.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  const path = await process.settle(first.job.triggerSavepoint())
  await process.settle(first.job.cancel())
  const second = await process.submit(program(), { fromSavepoint: path })
  await second.is('RUNNING')
  await process.settle(second.job.cancel())
  const third = await process.submit(program(), { resume: true })
  expect(third.job.id).toBe(second.job.id)
  await third.is('RUNNING')
})

describe.each(['on disk', 'in memory'])('a job that resumes from the stop of a pointer savepoint, %s,', (where) => {
  /** The job, resumed, after its savepoint has been disposed of. */
  async function resumed() {
    const options: JobOptions = where === 'on disk' ? onDisk(temporaryDir()) : { checkpoint: idle }
    const feed = new Feed(words)
    const process = new SimulatedProcess()
    let failures = 1
    const before = (word: string) => {
      if (word === 'fail' && failures-- > 0) throw new Error('once')
    }
    const restart: JobOptions['restart'] = { strategy: 'fixed-delay', attempts: 3, delayMs: 1 }
    const program = (output: Counted[] = []) => countProgram(feed.source, output, { ...options, restart }, { before })
    const first = await process.submit(program())
    await first.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const path = await process.settle(first.job.stop())
    const second = await process.submit(program(), { resume: true })
    await second.is('RUNNING')
    // The session that runs the job refuses it; another process does not know of the job.
    const elsewhere = new SimulatedProcess({ seed: 9, storages: process.storages })
    await elsewhere.settle(elsewhere.session.disposeSavepoint(path))
    const storage = process.storages.checkpoints(options.checkpoint?.storage ?? { kind: 'jobmanager' })
    return { process, feed, program, storage, observed: second, job: second.job }
  }

  it('has its checkpoint back: a disposal of the savepoint leaves it, and a failure and a resume go on from it', async () => {
    const { process, feed, program, observed, job } = await resumed()
    feed.push('fail')
    await process.until(() => observed.of('restarting').length === 1)
    await observed.is('RUNNING')
    const next = new SimulatedProcess({ seed: 2, storages: process.storages })
    const output: Counted[] = []
    const third = await next.submit(program(output), { resume: true })
    expect(third.job.id).toBe(job.id)
    await third.is('RUNNING')
    feed.push('to')
    await next.until(() => feed.read === feed.size)
    await next.settle(third.job.triggerCheckpoint())
    await next.until(() => output.length >= feed.size, 5_000)
    expect(shown(output)).toEqual(expectedCounts([...words, 'fail', 'to']))
  })

  it('lets it go when the next one has taken its place', async () => {
    const { process, storage, job } = await resumed()
    const { path } = (await storage.newest(job.name))!
    await process.settle(job.triggerCheckpoint())
    for (let turn = 0; turn < 100; turn++) await process.simulated.step()
    await expect(storage.resolve(path)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
  })
})
