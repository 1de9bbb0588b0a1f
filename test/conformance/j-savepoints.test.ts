/** Savepoints as a person meets them: taken, moved, restored, disposed of. Stopping is in `j-stopping.test.ts`. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SavepointFormat } from '../../src/core/elements.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { makeCli } from '../cli/cli.ts'
import { type Counted, countProgram, expectedCounts, shown } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { makeApi } from '../rest/api.ts'
import { countingAround, savedCount, words } from './saved-count.ts'

/** Checkpoints only when asked for. */
const onDisk = (dir: string): JobOptions => ({
  checkpoint: {
    intervalMs: 1_000_000,
    minPauseMs: 1_000_000,
    retained: 1,
    storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') },
  },
  savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
})

/** A job that has counted the words, with a savepoint, and runs on. */
async function saved(dir: string, format: SavepointFormat = 'pointer', options = onDisk(dir)) {
  const feed = new Feed(words)
  const process = new SimulatedProcess()
  const observed = await process.submit(countProgram(feed.source, [], options))
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  const path = await process.settle(observed.job.triggerSavepoint({ format }))
  const checkpoint = join(dir, 'checkpoints', observed.job.id, `chk-${observed.completed.at(-1)}`)
  return { feed, process, observed, path, checkpoint }
}

/** What a job that starts from this path counts of one word more, in a process of its own. */
async function countsOnFrom(path: string, dir: string) {
  const output: Counted[] = []
  const process = new SimulatedProcess({ seed: 2 })
  const feed = new Feed([...words, 'to'])
  const observed = await process.submit(countProgram(feed.source, output, onDisk(dir)), { fromSavepoint: path })
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  await process.settle(observed.job.triggerCheckpoint())
  await process.until(() => output.length === 7)
  await process.settle(observed.job.cancel())
  return shown(output)
}
const countedOn = expectedCounts([...words, 'to'])

describe('a savepoint', () => {
  it('J1 that is self-contained is a directory with its metadata and one file for each subtask with state', async () => {
    const dir = temporaryDir()
    const { checkpoint, ...options } = onDisk(dir)
    const inFiles = { ...options, parallelism: 2, checkpoint: { ...checkpoint, inlineStateBytes: 0 } }
    const { process, observed, path, checkpoint: pinned } = await saved(dir, 'self-contained', inFiles)
    const files = readdirSync(path).filter((name) => name !== '_metadata')
    const counting = observed.job.graph.vertices.find(({ name }) => name.includes('count'))!
    expect(files.filter((name) => name.startsWith(counting.id))).toEqual([0, 1].map((n) => `${counting.id}-${n}.state`))
    expect(files.every((name) => /^[0-9a-f]{32}-\d\.state$/.test(name))).toBe(true)
    await process.until(() => !existsSync(pinned))
    await process.settle(observed.job.cancel())
  })

  it('J1 is a directory with one file, the pointer, and pins the checkpoint that has the state', async () => {
    const { process, observed, path, checkpoint } = await saved(temporaryDir())
    expect(readdirSync(path)).toEqual(['_metadata'])
    expect(readdirSync(checkpoint).filter((name) => !name.startsWith('_')).length).toBeGreaterThan(0)
    await process.settle(observed.job.triggerCheckpoint())
    await process.settle(observed.job.cancel())
    expect(existsSync(join(checkpoint, '_metadata'))).toBe(true)
  })

  it('J2 is gone on from with its state, and disposing of it removes its directory', async () => {
    const dir = temporaryDir()
    const { process, observed, path, checkpoint } = await saved(dir)
    await process.settle(observed.job.cancel())
    expect(await countsOnFrom(path, dir)).toEqual(countedOn)
    await process.settle(process.session.disposeSavepoint(path))
    expect([existsSync(path), existsSync(checkpoint)]).toEqual([false, false])
  })

  it('J3 is never deleted by a job that started from it, at no end of that job', async () => {
    const dir = temporaryDir()
    const { process, observed, path } = await saved(dir)
    await process.settle(observed.job.cancel())
    for (const end of ['cancel', 'stop', 'fail'] as const) {
      const next = new SimulatedProcess({ seed: 3 })
      const feed = new Feed(words)
      const before = (word: string) => {
        if (word === 'fail') throw new Error('for good')
      }
      const options: JobOptions = { ...onDisk(dir), restart: { strategy: 'none' } }
      const job = await next.submit(countProgram(feed.source, [], options, { before }), { fromSavepoint: path })
      await job.is('RUNNING')
      await next.settle(job.job.triggerCheckpoint())
      if (end === 'fail') feed.push('fail')
      else await next.settle<unknown>(job.job[end]())
      await job.done()
    }
    expect(await countsOnFrom(path, dir)).toEqual(countedOn)
  })

  it.each(['pointer', 'self-contained'] as const)(
    'J3 that is claimed is gone when the job that started from it is canceled (%s)',
    async (format) => {
      const dir = temporaryDir()
      const { process, observed, path, checkpoint } = await saved(dir, format)
      await process.settle(observed.job.cancel())
      const next = new SimulatedProcess({ seed: 3 })
      const program = countProgram(new Feed(words).source, [], onDisk(dir))
      const heir = await next.submit(program, { fromSavepoint: path, claimMode: 'claim' })
      await heir.is('RUNNING')
      expect(existsSync(path)).toBe(true)
      await next.settle(heir.job.cancel())
      expect([existsSync(path), existsSync(checkpoint)]).toEqual([false, false])
    },
  )

  it.each(['pointer', 'self-contained'] as const)(
    'J3 that nobody claims is started from by two jobs at once, and each goes on (%s)',
    async (format) => {
      const dir = temporaryDir()
      const { process, observed, path } = await saved(dir, format)
      await process.settle(observed.job.cancel())
      const session = new SimulatedProcess({ seed: 3 })
      const started = async (name: string) => {
        const [feed, output]: [Feed<string>, Counted[]] = [new Feed([...words, 'to']), []]
        const { job } = await session.submit(countProgram(feed.source, output, onDisk(dir)), {
          name,
          fromSavepoint: path,
        })
        return { job, feed, output }
      }
      const jobs = [await started('one'), await started('two')]
      await session.until(() => jobs.every(({ job }) => job.currentStatus === 'RUNNING'))
      await session.until(() => jobs.every(({ feed }) => feed.read === feed.size))
      for (const { job, feed, output } of jobs) {
        await session.settle(job.triggerCheckpoint())
        feed.push('to')
        await session.until(() => feed.read === feed.size)
        await session.settle(job.stop())
        expect(shown(output)).toEqual(expectedCounts([...words, 'to', 'to']))
      }
      expect(await countsOnFrom(path, dir)).toEqual(countedOn)
    },
  )

  it('J3 is not started from in the mode that left open who owns it', async () => {
    const cli = makeCli()
    expect(await cli.run('run', '-s', '/s', '-cm', 'LEGACY', 'job.ts')).toBe(1)
    expect(cli.out()).toContain('Claim mode "LEGACY" is not supported')
  })

  it('J3 may be deleted once the job that started from it has a checkpoint of its own', async () => {
    const dir = temporaryDir()
    const { process, observed, path } = await saved(dir)
    await process.settle(observed.job.cancel())
    const [output, feed, next]: [Counted[], Feed<string>, SimulatedProcess] = [
      [],
      new Feed([...words, 'to']),
      new SimulatedProcess({ seed: 3 }),
    ]
    let failures = 1
    const before = (word: string) => {
      if (word === 'again' && failures-- > 0) throw new Error('once')
    }
    const options: JobOptions = { ...onDisk(dir), restart: { strategy: 'fixed-delay', attempts: 1, delayMs: 1 } }
    const job = await next.submit(countProgram(feed.source, output, options, { before }), { fromSavepoint: path })
    await job.is('RUNNING')
    await next.until(() => feed.read === feed.size)
    const own = await next.settle(job.job.triggerCheckpoint())
    await next.settle(next.session.disposeSavepoint(path))
    feed.push('again')
    await next.until(() => job.of('restarting').length === 1)
    // Or from a periodic one that has completed since.
    expect(job.of('restarting')[0]?.fromCheckpoint).toBeGreaterThanOrEqual(own)
    await job.is('RUNNING')
    await next.settle(job.job.stop())
    expect(shown(output)).toEqual(expectedCounts([...words, 'to', 'again']))
  })

  it('J4 that was moved is restored from its new path, and disposed of there', async () => {
    const dir = temporaryDir()
    const { process, observed, path, checkpoint } = await saved(dir)
    await process.settle(observed.job.cancel())
    const moved = join(dir, 'elsewhere', 'savepoint')
    mkdirSync(join(dir, 'elsewhere'))
    renameSync(path, moved)
    expect(await countsOnFrom(moved, dir)).toEqual(countedOn)
    await process.settle(process.session.disposeSavepoint(moved))
    expect([existsSync(moved), existsSync(checkpoint)]).toEqual([false, false])
  })

  it.each([false, true])(
    'J4 that is self-contained is restored from anywhere, without what it was made of (incremental: %s)',
    async (incremental) => {
      const dir = temporaryDir()
      const { checkpoint, ...options } = onDisk(dir)
      const made = await saved(dir, 'self-contained', { ...options, checkpoint: { ...checkpoint, incremental } })
      await made.process.settle(made.observed.job.cancel())
      const moved = join(temporaryDir(), 'renamed', 'twice')
      cpSync(made.path, moved, { recursive: true })
      rmSync(dir, { recursive: true })
      expect(await countsOnFrom(moved, temporaryDir())).toEqual(countedOn)
    },
  )

  it('J4 that was moved together with the checkpoints is restored from its new path', async () => {
    const [dir, other] = [temporaryDir(), join(temporaryDir(), 'moved')]
    const { process, observed, path } = await saved(dir)
    await process.settle(observed.job.cancel())
    cpSync(dir, other, { recursive: true })
    rmSync(dir, { recursive: true })
    expect(await countsOnFrom(path.replace(dir, other), other)).toEqual(countedOn)
  })

  it('J8 needs no periodic checkpoints', async () => {
    const process = new SimulatedProcess()
    const feed = new Feed(words)
    const output: Counted[] = []
    const observed = await process.submit(countProgram(feed.source, output, {}))
    await observed.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const path = await process.settle(observed.job.triggerSavepoint())
    await process.settle(observed.job.cancel())
    const resumed = await process.submit(countProgram(new Feed([...words, 'to']).source, output, {}), {
      fromSavepoint: path,
    })
    await process.until(() => output.length === 7)
    expect(shown(output)).toEqual(countedOn)
    expect(resumed.completed).toEqual([])
  })

  it('J9 of an unknown path is refused at submission: no job starts, and none restarts', async () => {
    const process = new SimulatedProcess()
    const missing = join(temporaryDir(), 'savepoint-missing')
    const restart = { strategy: 'fixed-delay', attempts: 5, delayMs: 1 } as const
    const submitted = process.submit(countProgram(new Feed(words).source, [], { restart }), { fromSavepoint: missing })
    await expect(submitted).rejects.toMatchObject({
      code: 'SAVEPOINT_NOT_FOUND',
      message: expect.stringContaining(missing),
    })
    expect(process.session.jobs()).toEqual([])
  })

  it('J10 is restored by a program whose operators without state have changed around the count', async () => {
    const { process, feed, path } = await savedCount()
    feed.push('never', 'to')
    const output: Counted[] = []
    const program = countingAround(feed.source, output, { added: true, removed: true })
    const plan = await process.session.planRestore(program, { fromSavepoint: path })
    expect(plan?.operators.map(({ uid, outcome }) => [uid, outcome])).toEqual([
      ['words', 'as-is'],
      [undefined, 'stateless'],
      ['count', 'as-is'],
      [undefined, 'stateless'],
      ['out', 'as-is'],
    ])
    await process.submit(program, { fromSavepoint: path })
    await process.until(() => output.length === 7)
    expect(shown(output)).toEqual(countedOn)
  })
})

describe('a savepoint of a job that does not exist', () => {
  const id = '0123456789abcdef0123456789abcdef'

  it('J6 fails with its id, for a program', () => {
    const { session } = new SimulatedProcess()
    expect(() => session.job(id as never)).toThrow(expect.objectContaining({ code: 'JOB_NOT_FOUND' }))
    expect(() => session.job(id as never)).toThrow(id)
  })

  it('J6 fails with its id, over HTTP and on the command line', async () => {
    const { status, body } = await makeApi().post(`/jobs/${id}/savepoints`, {})
    expect([status, body.errors]).toEqual([404, [expect.stringContaining(id)]])
    for (const command of [['savepoint'], ['stop']]) {
      const cli = makeCli()
      cli.serve()
      expect(await cli.run(...command, id)).toBe(1)
      expect(cli.err()).toMatch(new RegExp(`^error\\[JOB_NOT_FOUND\\]: .*${id}`))
    }
  })
})
