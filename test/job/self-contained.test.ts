import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { type ObservedJob, SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']
const idle = { intervalMs: 1_000_000, minPauseMs: 1_000_000 }
const onDisk = (dir: string, more: JobOptions['checkpoint'] = {}): JobOptions => ({
  checkpoint: { ...idle, ...more, retained: 1, storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') } },
})

/** A job that has counted the words. */
async function counting(process: SimulatedProcess, options: JobOptions, output: Counted[] = []) {
  const feed = new Feed(words)
  const observed = await process.submit(countProgram(feed.source, output, options))
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  return { feed, observed }
}

/** What a job in a process of its own, with nothing but this path, says of one word more. */
async function countsOnFrom(path: string): Promise<string | undefined> {
  const output: Counted[] = []
  const process = new SimulatedProcess({ seed: 2 })
  const feed = new Feed([...words, 'to'])
  await process.submit(countProgram(feed.source, output, {}), { fromSavepoint: path })
  await process.until(() => feed.read === feed.size && output.length > 0 && output.at(-1)?.word === 'to')
  return shown(output).at(-1)
}

const checkpointsOf = (dir: string, { job }: ObservedJob) =>
  readdirSync(join(dir, 'checkpoints', job.id)).filter((name) => name.startsWith('chk-'))

describe('a self-contained savepoint', () => {
  it.each([{}, { incremental: true, inlineStateBytes: 0 }])(
    'of a job with %j needs nothing but its directory, which may go anywhere',
    async (checkpoint) => {
      const dir = temporaryDir()
      const process = new SimulatedProcess()
      const { feed, observed } = await counting(process, onDisk(dir, checkpoint))
      await process.settle(observed.job.triggerCheckpoint())
      feed.push('be')
      await process.until(() => feed.read === feed.size)
      const path = await process.settle(
        observed.job.triggerSavepoint({ dir: join(dir, 'savepoints'), format: 'self-contained' }),
      )
      // Nothing holds its checkpoint, which goes like that of any savepoint; that of the job stays.
      await process.until(() => !checkpointsOf(dir, observed).includes('chk-2'))
      await process.settle(observed.job.cancel())
      const moved = join(temporaryDir(), 'anything')
      cpSync(path, moved, { recursive: true })
      rmSync(dir, { recursive: true })
      const output: Counted[] = []
      const next = new SimulatedProcess({ seed: 2 })
      const more = new Feed([...words, 'be', 'be', 'to'])
      await next.submit(countProgram(more.source, output, {}), { fromSavepoint: moved })
      await next.until(() => shown(output).includes('to 3'))
      expect(shown(output)).toEqual(['be 3', 'be 4', 'to 3'])
    },
  )

  it('is made in a directory although checkpoints are in memory, and outlives the process', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess()
    const { observed } = await counting(process, {})
    const path = await process.settle(observed.job.triggerSavepoint({ dir, format: 'self-contained' }))
    expect(await countsOnFrom(path)).toBe('to 3')
    // That it is needed is said to whoever asks for a pointer.
    await expect(observed.job.triggerSavepoint(dir)).rejects.toMatchObject({
      code: 'SAVEPOINT_BACKEND_INCOMPATIBLE',
      message: expect.stringContaining('--self-contained'),
    })
  })

  it('is what is made when it is configured, by the program or the session, unless a pointer is asked for', async () => {
    const dir = temporaryDir()
    const savepoint = { kind: 'filesystem', dir: join(dir, 'savepoints'), format: 'self-contained' } as const
    const inMemory = await counting(new SimulatedProcess(), { savepoint })
    expect(inMemory.observed.job.currentStatus).toBe('RUNNING')
    const process = new SimulatedProcess({ savepoints: savepoint })
    const { observed } = await counting(process, onDisk(dir))
    const [copy, pointer] = [
      await process.settle(observed.job.triggerSavepoint()),
      await process.settle(observed.job.triggerSavepoint({ format: 'pointer' })),
    ]
    const listed = await process.session.savepoints()
    expect(listed.map(({ path, checkpointPath }) => [path, checkpointPath !== undefined]).toSorted()).toEqual(
      [
        [copy, false],
        [pointer, true],
      ].toSorted(),
    )
    await process.settle(process.session.disposeSavepoint(copy))
    expect([existsSync(copy), existsSync(pointer)]).toEqual([false, true])
  })

  it('needs a directory', async () => {
    const process = new SimulatedProcess()
    const { observed } = await counting(process, {})
    const refused = { code: 'SAVEPOINT_DIR_MISSING', message: expect.stringContaining('state.savepoints.dir') }
    await expect(observed.job.triggerSavepoint({ format: 'self-contained' })).rejects.toMatchObject(refused)
    await expect(observed.job.stop({ format: 'self-contained' })).rejects.toMatchObject(refused)
    expect(observed.job.currentStatus).toBe('RUNNING')
  })

  it('that cannot be written leaves nothing, and the job goes on', async () => {
    const dir = temporaryDir()
    const process = new SimulatedProcess({
      fault: (label) => (label.includes(' copy ') ? new Error('no room') : undefined),
    })
    const { observed } = await counting(process, onDisk(dir))
    const asked = observed.job.triggerSavepoint({ dir: join(dir, 'savepoints'), format: 'self-contained' })
    await expect(process.settle(asked)).rejects.toMatchObject({ message: expect.stringContaining('no room') })
    expect(readdirSync(join(dir, 'savepoints'))).toEqual([])
    expect(observed.job.currentStatus).toBe('RUNNING')
    await process.until(() => checkpointsOf(dir, observed).length === 0)
  })
})

describe('a stop with a self-contained savepoint', () => {
  it('leaves the savepoint alone: the job has ended, and is gone on from by its path', async () => {
    const dir = temporaryDir()
    const options = onDisk(dir)
    const process = new SimulatedProcess()
    const output: Counted[] = []
    const { observed, feed } = await counting(process, options, output)
    const path = await process.settle(
      observed.job.stop({ savepoint: join(dir, 'savepoints'), format: 'self-contained' }),
    )
    // Its output is committed, as with any stop.
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(checkpointsOf(dir, observed)).toEqual([])
    const resumed = new SimulatedProcess({ seed: 2 }).submit(countProgram(feed.source, [], options), { resume: true })
    await expect(resumed).rejects.toMatchObject({ code: 'JOB_FINISHED', message: expect.stringContaining('-s') })
    const moved = join(dir, 'moved')
    renameSync(path, moved)
    expect(await countsOnFrom(moved)).toBe('to 3')
  })
})
