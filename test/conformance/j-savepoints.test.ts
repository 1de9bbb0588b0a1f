/** Savepoints as a person meets them: taken, moved, restored, disposed of. Stopping is in `j-stopping.test.ts`. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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
async function saved(dir: string) {
  const feed = new Feed(words)
  const process = new SimulatedProcess()
  const observed = await process.submit(countProgram(feed.source, [], onDisk(dir)))
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  const path = await process.settle(observed.job.triggerSavepoint())
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

  it('J4 that was moved is restored from its new path', async () => {
    const dir = temporaryDir()
    const { process, observed, path } = await saved(dir)
    await process.settle(observed.job.cancel())
    const moved = join(dir, 'elsewhere', 'savepoint')
    mkdirSync(join(dir, 'elsewhere'))
    renameSync(path, moved)
    expect(await countsOnFrom(moved, dir)).toEqual(countedOn)
  })

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
