import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../src/backends/file-system.ts'
import '../../src/job/claimed-snapshot.ts'
import '../../src/job/inheritance.ts'
import { Storages } from '../../src/job/storages.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { type ProcessOptions, SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const idle = { intervalMs: 1_000_000, minPauseMs: 1_000_000 }
const onDisk = (dir: string, more: JobOptions['checkpoint'] = {}): JobOptions => ({
  checkpoint: { ...idle, retained: 1, ...more, storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') } },
  savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
  restart: { strategy: 'fixed-delay', attempts: 3, delayMs: 1 },
})

const kinds = ['pointer', 'self-contained', 'checkpoint'] as const

/** What a job that has counted the words and is gone has left: a savepoint of either format, or a retained checkpoint. */
async function left(dir: string, kind: (typeof kinds)[number], options = onDisk(dir)) {
  const process = new SimulatedProcess()
  const feed = new Feed(words)
  const { checkpoint, ...others } = options
  const retained = { ...others, checkpoint: { ...checkpoint, retention: 'retain-on-cancellation' as const } }
  const observed = await process.submit(countProgram(feed.source, [], retained))
  const { job } = observed
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  if (kind === 'checkpoint') {
    const id = await process.settle(job.triggerCheckpoint())
    await process.settle(job.cancel())
    const path = join(dir, 'checkpoints', job.id, `chk-${id}`)
    return { path, state: path, feed, owner: job.id }
  }
  const path = await process.settle(job.triggerSavepoint({ format: kind }))
  await process.settle(job.cancel())
  const state = kind === 'pointer' ? join(dir, 'checkpoints', job.id, 'chk-1') : path
  return { path, state, feed, owner: job.id }
}

async function heir(
  from: { readonly path: string; readonly feed: Feed<string> },
  options: JobOptions,
  { before, ...process }: ProcessOptions & { readonly before?: (word: string) => void } = {},
) {
  const next = new SimulatedProcess({ seed: 2, ...process })
  const output: Counted[] = []
  const program = countProgram(from.feed.source, output, options, before && { before })
  const observed = await next.submit(program, { fromSavepoint: from.path, claimMode: 'claim' })
  await observed.is('RUNNING')
  const counts = async (word: string) => {
    from.feed.push(word)
    await next.until(() => from.feed.read === from.feed.size)
  }
  return { next, observed, output, counts, job: observed.job }
}

const isThere = ({ path, state }: { readonly path: string; readonly state: string }) => [
  existsSync(join(path, '_metadata')),
  existsSync(join(state, '_metadata')),
]

describe.each(kinds)('a claimed %s', (kind) => {
  it('goes when the first checkpoint of the job has taken its place, and not before', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    const { next, job } = await heir(from, onDisk(dir))
    expect(isThere(from)).toEqual([true, true])
    await next.settle(job.triggerCheckpoint())
    await next.until(() => !existsSync(from.state), 5_000)
    expect([existsSync(from.path), existsSync(from.state)]).toEqual([false, false])
    expect(next.logged.filter((line) => line.startsWith('warn'))).toEqual([])
    const record = readFileSync(join(dir, 'checkpoints', job.id, 'job.json'), 'utf8')
    expect(JSON.parse(record)).toMatchObject({ formatVersion: 1 })
  })

  it('counts among the checkpoints that are retained', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    const { next, job } = await heir(from, onDisk(dir, { retained: 3 }))
    for (const _ of [1, 2]) await next.settle(job.triggerCheckpoint())
    expect(isThere(from)).toEqual([true, true])
    await next.settle(job.triggerCheckpoint())
    await next.until(() => !existsSync(from.state), 5_000)
  })

  it('is what the job restarts from until it has a checkpoint', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    let failures = 1
    const before = (word: string) => {
      if (word === 'fail' && failures-- > 0) throw new Error('once')
    }
    const { next, observed, output, counts } = await heir(from, onDisk(dir), { before })
    await counts('fail')
    await next.until(() => observed.of('restarting').length === 1)
    await observed.is('RUNNING')
    await counts('to')
    await next.settle(observed.job.triggerCheckpoint())
    await next.until(() => shown(output).includes('to 3'))
    await next.until(() => !existsSync(from.state), 5_000)
  })

  it.each([
    ['cancel', 'retain-on-failure', false],
    ['cancel', 'retain-on-cancellation', true],
    ['stop', 'retain-on-failure', false],
    ['suspend', 'delete', true],
  ] as const)('after a %s with retention %s: still there? %s', async (end, retention, kept) => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    const { next, job } = await heir(from, onDisk(dir, { retention }))
    if (end === 'suspend') await next.settle(next.session.close())
    else await next.settle<unknown>(job[end]())
    expect(isThere(from)).toEqual([kept, kept])
  })

  it('outlives a job that fails for good before it has a checkpoint, whatever is retained', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    const before = (word: string) => {
      if (word === 'bad') throw new Error('always')
    }
    const options = onDisk(dir, { retention: 'delete' })
    const { next, job } = await heir(from, options, { before })
    from.feed.push('bad')
    await next.until(() => job.currentStatus === 'FAILED')
    await next.settle(job.done)
    expect(isThere(from)).toEqual([true, true])
    const mended = await next.submit(countProgram(from.feed.source, [], options), { resume: true })
    await mended.is('RUNNING')
    expect(mended.job.id).toBe(job.id)
    await next.settle(mended.job.triggerCheckpoint())
    await next.until(() => !existsSync(from.state), 5_000)
  })

  it('is gone on from by a resume when the process dies before the first checkpoint', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    const { job, counts } = await heir(from, onDisk(dir))
    await counts('to')
    const next = new SimulatedProcess({ seed: 3 })
    const output: Counted[] = []
    const resumed = await next.submit(countProgram(from.feed.source, output, onDisk(dir)), { resume: true })
    expect(resumed.job.id).toBe(job.id)
    await resumed.is('RUNNING')
    await next.until(() => from.feed.read === from.feed.size)
    await next.settle(resumed.job.triggerCheckpoint())
    await next.until(() => shown(output).includes('to 3'))
    await next.until(() => !existsSync(from.state), 5_000)
  })

  it('goes when the process has died between its first checkpoint and the deletion', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    const { next, job } = await heir(from, onDisk(dir), { held: (label) => label.includes(' clean') })
    await next.settle(job.triggerCheckpoint())
    expect(isThere(from)).toEqual([true, true])
    const later = new SimulatedProcess({ seed: 3 })
    const resumed = await later.submit(countProgram(from.feed.source, [], onDisk(dir)), { resume: true })
    expect(resumed.job.id).toBe(job.id)
    expect(existsSync(from.state)).toBe(false)
  })

  it('cannot be claimed by another job, and may be started from', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    const { job } = await heir(from, onDisk(dir))
    await expect(heir(from, onDisk(dir))).rejects.toMatchObject({
      code: 'CLAIM_REFUSED',
      message: expect.stringContaining(job.id),
    })
    const guest = new SimulatedProcess({ seed: 4 })
    const started = await guest.submit(countProgram(from.feed.source, [], onDisk(dir)), { fromSavepoint: from.path })
    await started.is('RUNNING')
    expect(isThere(from)).toEqual([true, true])
  })

  it('that cannot be deleted is a warning, and goes at the end of the job', async () => {
    const dir = temporaryDir()
    const from = await left(dir, kind)
    let stuck = false
    const fs: FileSystem = {
      ...nodeFileSystem,
      async removeFile(path) {
        const ours = path.startsWith(from.path) || path.startsWith(from.state)
        if (stuck && ours) throw Object.assign(new Error('EIO: stuck'), { code: 'EIO' })
        await nodeFileSystem.removeFile(path)
      },
    }
    const { next, job, observed } = await heir(from, onDisk(dir), { storages: new Storages({ fs }) })
    stuck = true
    await next.settle(job.triggerCheckpoint())
    await next.until(() => observed.warnings.length > 0, 5_000)
    expect(observed.warnings).toEqual([expect.stringMatching(`${from.path}, which the job has claimed .* EIO: stuck`)])
    expect([job.currentStatus, existsSync(from.state)]).toEqual(['RUNNING', true])
    stuck = false
    await next.settle(job.cancel())
    expect([existsSync(from.path), existsSync(from.state)]).toEqual([false, false])
  })
})

describe('a claim', () => {
  it('is of what was there: another savepoint in its place is neither resumed from nor deleted', async () => {
    const dir = temporaryDir()
    const from = await left(dir, 'self-contained')
    const other = await left(dir, 'self-contained')
    const { next, job } = await heir(from, onDisk(dir))
    rmSync(from.path, { recursive: true })
    cpSync(other.path, from.path, { recursive: true })
    await next.settle(job.triggerCheckpoint())
    await next.settle(next.session.close())
    expect(isThere(from)).toEqual([true, true])
    expect(readdirSync(from.path).filter((name) => name.startsWith('claimed-'))).toEqual([])
  })

  it('of a checkpoint of a job that runs is refused', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const observed = await process.submit(countProgram(feed.source, [], onDisk(dir)))
    await observed.is('RUNNING')
    const id = await process.settle(observed.job.triggerCheckpoint())
    const path = join(dir, 'checkpoints', observed.job.id, `chk-${id}`)
    const claimed = process.submit(countProgram(feed.source, [], onDisk(dir)), {
      fromSavepoint: path,
      claimMode: 'claim',
    })
    await expect(claimed).rejects.toMatchObject({
      code: 'CLAIM_REFUSED',
      message: expect.stringContaining('which runs, needs it'),
    })
    expect(readdirSync(path)).not.toContain(expect.stringContaining('claimed-'))
  })

  it('in memory works as on disk', async () => {
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const first = await process.submit(countProgram(feed.source, [], {}))
    await first.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const path = await process.settle(first.job.triggerSavepoint())
    await process.settle(first.job.cancel())
    const checkpoint = { ...idle, retained: 1 }
    const program = () => countProgram(feed.source, [], { checkpoint })
    const second = await process.submit(program(), { fromSavepoint: path, claimMode: 'claim' })
    await second.is('RUNNING')
    await expect(process.submit(program(), { fromSavepoint: path, claimMode: 'claim' })).rejects.toMatchObject({
      code: 'CLAIM_REFUSED',
    })
    await process.settle(second.job.triggerCheckpoint())
    for (let turn = 0; turn < 100 && (await process.session.savepoints()).length > 0; turn++) {
      await process.simulated.step()
    }
    expect(await process.session.savepoints()).toEqual([])
  })

  it('of a savepoint that has vanished is an error, and no job starts', async () => {
    const dir = temporaryDir()
    const from = await left(dir, 'self-contained')
    rmSync(from.path, { recursive: true })
    await expect(heir(from, onDisk(dir))).rejects.toMatchObject({ code: 'SAVEPOINT_NOT_FOUND' })
  })

  it('in a mode that there is not is refused', async () => {
    const process = new SimulatedProcess()
    const submitted = process.submit(countProgram(new Feed(words).source, [], {}), { claimMode: 'legacy' as never })
    await expect(submitted).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
