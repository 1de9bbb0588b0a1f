import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeJobId } from '../../src/core/ids.ts'
import { Random } from '../../src/core/random.ts'
import type { SubmitOptions } from '../../src/job/session.ts'
import { SnapshotUses } from '../../src/job/snapshot-uses.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const [one, two] = [1, 2].map((seed) => makeJobId(new Random(seed).bytes(16))) as [never, never]
const refused = { code: 'CLAIM_REFUSED' }
const inUse = { code: 'SAVEPOINT_IN_USE' }
const claim = (fromSavepoint: string): SubmitOptions => ({ fromSavepoint, claimMode: 'claim' })

const words = ['to', 'be', 'or', 'not', 'to', 'be']

async function counting(dir = temporaryDir()) {
  const options: JobOptions = {
    checkpoint: {
      ...{ intervalMs: 1_000_000, minPauseMs: 1_000_000, retained: 1 },
      storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') },
    },
    savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
  }
  const process = new SimulatedProcess()
  const feed = new Feed(words)
  const program = (name: string) => countProgram(feed.source, [], { ...options, name })
  const observed = await process.submit(program('first'))
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  return { dir, process, program, job: observed.job }
}

describe('what a job of the session needs', () => {
  it('is needed from its submission on, until it has a checkpoint of its own or has ended', () => {
    const uses = new SnapshotUses()
    uses.begin(one, 'starts', '/s')
    expect(() => uses.begin(two, 'claims', '/s')).toThrow(expect.objectContaining(refused))
    uses.begin(two, 'starts', '/s')
    uses.end(two)
    const stored = { hasOwn: false, claimedPath: undefined }
    uses.started(one, '/s', stored)
    expect([uses.needing('/s'), uses.needing('/other')]).toEqual([one, undefined])
    stored.hasOwn = true
    expect(uses.needing('/s')).toBeUndefined()
    uses.begin(two, 'claims', '/s')
    expect(() => uses.begin(one, 'goes on', '/s')).toThrow(expect.objectContaining(refused))
    uses.end(two)
    uses.begin(one, 'goes on', '/s')
  })

  it('cannot be claimed through a savepoint that points to it', async () => {
    const { process, program, job } = await counting()
    const savepoint = await process.settle(job.stop({ format: 'pointer' }))
    const resumed = await process.submit(program('first'), { resume: true })
    await resumed.is('RUNNING')
    expect(await process.session.planRestore(program('other'), claim(savepoint))).toMatchObject({ problems: [refused] })
    await expect(process.submit(program('other'), claim(savepoint))).rejects.toMatchObject(refused)
    await process.settle(resumed.job.triggerCheckpoint())
    await process.submit(program('other'), claim(savepoint))
  })

  it.each([0, 1])('goes to one of a claim and a resume that come at once (%i first)', async (first) => {
    const { dir, process, program, job } = await counting()
    const id = await process.settle(job.triggerCheckpoint())
    await process.settle(process.session.close())
    const next = new SimulatedProcess({ seed: 2 })
    const path = join(dir, 'checkpoints', job.id, `chk-${id}`)
    const asked = [
      () => next.submit(program('first'), { resume: true }),
      () => next.submit(program('other'), claim(path)),
    ]
    const order = first === 0 ? asked : asked.toReversed()
    const settled = await Promise.allSettled(order.map((submit) => submit()))
    expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(settled.find(({ status }) => status === 'rejected')).toMatchObject({ reason: refused })
  })

  it('is no checkpoint of its own that another job has claimed', async () => {
    const { dir, process, program, job } = await counting()
    const id = await process.settle(job.triggerCheckpoint())
    await process.settle(process.session.close())
    const path = join(dir, 'checkpoints', job.id, `chk-${id}`)
    const other = new SimulatedProcess({ seed: 2 })
    const heir = await other.submit(program('other'), claim(path))
    await heir.is('RUNNING')
    const next = new SimulatedProcess({ seed: 3 })
    await expect(next.submit(program('first'), { resume: true })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(`job ${heir.job.id} has claimed ${path}`),
    })
  })

  it.each(['pointer', 'self-contained'] as const)('is not disposed of: a claimed %s', async (format) => {
    const { process, program, job } = await counting()
    const savepoint = await process.settle(job.stop({ format }))
    const heir = await process.submit(program('other'), claim(savepoint))
    await heir.is('RUNNING')
    await expect(process.settle(process.session.disposeSavepoint(savepoint))).rejects.toMatchObject({
      ...inUse,
      message: expect.stringMatching(new RegExp(`${savepoint} .* job ${heir.job.id}`)),
    })
    expect(existsSync(join(savepoint, '_metadata'))).toBe(true)
  })

  it('may be disposed of when the job that has started from it has a checkpoint', async () => {
    const { process, program, job } = await counting()
    const savepoint = await process.settle(job.stop({ format: 'self-contained' }))
    const next = await process.submit(program('other'), { fromSavepoint: savepoint })
    await next.is('RUNNING')
    await expect(process.settle(process.session.disposeSavepoint(savepoint))).rejects.toMatchObject(inUse)
    await process.settle(next.job.triggerCheckpoint())
    await process.settle(process.session.disposeSavepoint(savepoint))
    expect(existsSync(savepoint)).toBe(false)
  })
})
