import { describe, expect, it } from 'vitest'
import { fromCollection } from '../../src/connectors/collection.ts'
import { StreamError } from '../../src/core/errors.ts'
import '../../src/job/look-again.ts'
import { Storages } from '../../src/job/storages.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { changed } from '../../src/testing/simulation/changed.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not']

/** Storages in which something happens after a process has looked what there is to resume, and before it takes the lease. */
class Interrupted extends Storages {
  readonly #happens: () => Promise<void>
  readonly #withdraws: boolean

  /** A storage need not be able to take an opening back. */
  constructor(happens: () => Promise<void>, withdraws = true) {
    super()
    this.#happens = happens
    this.#withdraws = withdraws
  }

  override checkpoints(options: Parameters<Storages['checkpoints']>[0]) {
    return changed(super.checkpoints(options), {
      open: (open) => async (job) => {
        await this.#happens()
        const opened = await open(job)
        return this.#withdraws ? opened : Object.assign(opened, { withdraw: undefined })
      },
    })
  }
}

const optionsIn = (dir: string): JobOptions => ({
  checkpoint: { storage: { kind: 'filesystem', dir }, retention: 'retain-on-cancellation' },
})

async function running(dir: string) {
  const feed = new Feed(words)
  const first = new SimulatedProcess()
  const observed = await first.submit(countProgram(feed.source, [], optionsIn(dir)))
  await observed.is('RUNNING')
  await first.until(() => feed.read === feed.size)
  await first.settle(observed.job.triggerCheckpoint())
  return { feed, first, observed }
}

describe('a job that another process takes over', () => {
  it('goes on from what the old owner completed last, between the look and the lease', async () => {
    const dir = temporaryDir()
    const { feed, first, observed } = await running(dir)
    const storages = new Interrupted(async () => {
      feed.push('to')
      await first.until(() => feed.read === feed.size)
      await first.settle(observed.job.triggerCheckpoint())
    })
    const output: Counted[] = []
    const next = new SimulatedProcess({ seed: 2, storages })
    const taken = await next.submit(countProgram(feed.source, output, optionsIn(dir)), { resume: true })
    await taken.is('RUNNING')
    expect(taken.job.checkpointStats().restored?.checkpointId).toBe(2)
    feed.push('to')
    feed.end()
    await taken.done()
    expect(output.filter(({ word }) => word === 'to')).toEqual([{ word: 'to', count: 3 }])
  })

  it.each([
    ['', true],
    [', also where an opening cannot be taken back', false],
  ])('is not run again when it has finished in between, now and later%s', async (_, withdraws) => {
    const dir = temporaryDir()
    const { feed, first, observed } = await running(dir)
    const storages = new Interrupted(async () => {
      feed.end()
      await first.settle(observed.job.done)
    }, withdraws)
    const resume = (process: SimulatedProcess) =>
      process.submit(countProgram(fromCollection(words), [], optionsIn(dir)), { resume: true })
    await expect(resume(new SimulatedProcess({ seed: 2, storages }))).rejects.toMatchObject({ code: 'JOB_FINISHED' })
    await expect(resume(new SimulatedProcess({ seed: 3 }))).rejects.toMatchObject({ code: 'JOB_FINISHED' })
  })

  it('is not begun anew when it is gone in between', async () => {
    const dir = temporaryDir()
    const { feed, first, observed } = await running(dir)
    const options: JobOptions = { checkpoint: { ...optionsIn(dir).checkpoint!, retention: 'delete' } }
    const storages = new Interrupted(async () => {
      const { checkpointId } = observed.of('checkpoint-completed')[0]!
      await first.settle(observed.job.cancel())
      const storage = new Storages().checkpoints(options.checkpoint!.storage!)
      await (await storage.open({ id: observed.job.id, name: 'count' })).discard(checkpointId)
    })
    const next = new SimulatedProcess({ seed: 2, storages })
    const error = await next.submit(countProgram(feed.source, [], options), { resume: true }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(StreamError)
    expect([error.code, error.restartable]).toEqual(['CHECKPOINT_NOT_FOUND', true])
  })
})
