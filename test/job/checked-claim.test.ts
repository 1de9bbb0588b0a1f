import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { makeJobId } from '../../src/core/ids.ts'
import { Random } from '../../src/core/random.ts'
import '../../src/job/checked-claim.ts'
import type { SubmitOptions } from '../../src/job/session.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { suiteJob } from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const onDisk = (dir: string, more: JobOptions['checkpoint'] = {}): JobOptions => ({
  checkpoint: {
    ...{ intervalMs: 1_000_000, minPauseMs: 1_000_000, retained: 1 },
    ...more,
    storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') },
  },
  savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
  restart: { strategy: 'fixed-delay', attempts: 3, delayMs: 1 },
})

/** A process with a job that has counted the words and runs. */
async function counting(dir = temporaryDir(), more: JobOptions['checkpoint'] = {}) {
  const process = new SimulatedProcess()
  const feed = new Feed(words)
  const program = () => countProgram(feed.source, [], onDisk(dir, more))
  const observed = await process.submit(program())
  const { job } = observed
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  const jobs = () => readdirSync(join(dir, 'checkpoints')).length
  return { dir, process, program, job, jobs }
}

const claim = (fromSavepoint: string): SubmitOptions => ({ fromSavepoint, claimMode: 'claim' })
const refused = { code: 'CLAIM_REFUSED' }

describe('a claim that is refused', () => {
  it('is foretold by the plan, and leaves nothing behind', async () => {
    const { dir, process, program, job, jobs } = await counting()
    const id = await process.settle(job.triggerCheckpoint())
    const checkpoint = join(dir, 'checkpoints', job.id, `chk-${id}`)
    const ofRunning = await process.session.planRestore(program(), claim(checkpoint))
    expect(ofRunning).toMatchObject({ verdict: 'impossible', starts: false, problems: [refused] })
    await expect(process.submit(program(), claim(checkpoint))).rejects.toMatchObject(refused)
    const savepoint = await process.settle(job.stop({ format: 'self-contained' }))
    expect(await process.session.planRestore(program(), claim(savepoint))).toMatchObject({ starts: true, problems: [] })
    const heir = await process.submit(program(), claim(savepoint))
    await heir.is('RUNNING')
    const before = jobs()
    expect(await process.session.planRestore(program(), claim(savepoint))).toMatchObject({ problems: [refused] })
    await expect(process.submit(program(), claim(savepoint))).rejects.toMatchObject(refused)
    expect(jobs()).toBe(before)
    // Without a claim the plan is as it was.
    expect(await process.session.planRestore(program(), { fromSavepoint: savepoint })).toMatchObject({ starts: true })
  })

  it('does not hide the job of that name which has claimed the snapshot', async () => {
    const { process, program, job } = await counting()
    const savepoint = await process.settle(job.stop({ format: 'self-contained' }))
    const heir = await process.submit(program(), claim(savepoint))
    await heir.is('RUNNING')
    await process.settle(process.session.close())
    const next = new SimulatedProcess({ seed: 2 })
    await expect(next.submit(program(), claim(savepoint))).rejects.toMatchObject(refused)
    expect((await next.submit(program(), { resume: true })).job.id).toBe(heir.job.id)
  })
})

let time = 0
const clock = { now: () => ++time }
describe.each([
  ['on disk', filesystemCheckpointStorage({ dir: temporaryDir(), clock })],
  ['in memory', jobmanagerCheckpointStorage()],
])('a job that was opened %s and does not start', (_, storage) => {
  it('is not the last opened one of its name', async () => {
    await (await storage.open(suiteJob)).finish()
    const other = await storage.open({ ...suiteJob, id: makeJobId(new Random(1).bytes(16)) })
    expect(await storage.finishedJob(suiteJob.name)).toBeUndefined()
    await other.withdraw!()
    expect(await storage.finishedJob(suiteJob.name)).toBe(suiteJob.id)
    const again = await storage.open(suiteJob)
    await again.withdraw!()
    expect([again.hadFinished, await storage.finishedJob(suiteJob.name)]).toEqual([true, suiteJob.id])
    await expect(storage.open(suiteJob).then(() => again.withdraw!())).rejects.toMatchObject({ code: 'LEASE_LOST' })
  })
})
